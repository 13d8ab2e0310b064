"""A machine whose pulumi, kubectl and aws answer from a file, in the format of the real programs."""

import base64
import gzip
import json
import os
import stat
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

_PROGRAM = """\
#!{python}
import json, pathlib, sys
here = pathlib.Path(__file__).parent
called = [pathlib.Path(__file__).name, *sys.argv[1:]]
with open(here / "calls", "a") as calls:
    calls.write(json.dumps(called) + "\\n")
if "import" in called:
    (here / "imported").write_text(pathlib.Path(called[-1]).read_text())
if "--patch-file" in called:
    (here / "patched").write_text(pathlib.Path(called[-1]).read_text())
for words, answer in json.loads((here / "answers").read_text()):
    if all(word in called for word in words):
        if "--show-managed-fields" not in called and isinstance(answer, dict) and "metadata" in answer:
            answer["metadata"].pop("managedFields", None)  # kubectl leaves them out unless it is asked
        sys.exit(answer["fails"]) if isinstance(answer, dict) and "fails" in answer else print(
            answer if isinstance(answer, str) else json.dumps(answer))
        break
"""
RELEASE = "kubernetes:helm.sh/v3:Release"
STACK = """\
config:
  llm-platform:platform:
    cluster: {existing: {context: kind-llm}}
    addons: {keda: install}
    models: {llama-1b: {model: "llama3.2:1b", engine: ollama, gpus: 0}}
"""
FIRST = "2026-11-26T07:31:00.123456789+01:00"
LATER = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)  # later than the end of any installation from that time
URN = "urn:pulumi:local::llm-platform::"
KUBECONFIG = """\
apiVersion: v1
kind: Config
clusters: [{name: nobody, cluster: {server: "http://127.0.0.1:9"}}]
contexts: [{name: kind-llm, context: {cluster: nobody, user: nobody}}, {name: prod, context: {cluster: nobody}}]
users: [{name: nobody, user: {}}]
"""


class Machine:
    """Asked for something that no rule names, kubectl finds nothing."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._answers: list[tuple[list[str], Any]] = []
        for name in ("pulumi", "kubectl", "aws"):
            program = folder / name
            program.write_text(_PROGRAM.format(python=sys.executable), encoding="utf-8")
            program.chmod(program.stat().st_mode | stat.S_IXUSR)
        (folder / "kubeconfig").write_text(KUBECONFIG, encoding="utf-8")
        self.environment = {
            "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}",
            "KUBECONFIG": str(folder / "kubeconfig"),
        }
        self.answer(["storageclass"], {"items": [storage_class("standard", default=True)]}, last=True)
        self.answer(["secrets"], {"items": []}, last=True)
        self.answer(["export"], {"version": 3, "deployment": {}}, last=True)

    def answer(self, words: list[str], answer: Any, *, last: bool = False) -> None:
        """To a command with all these words; the newest rule counts."""
        self._answers.insert(len(self._answers) if last else 0, (words, answer))
        (self.folder / "answers").write_text(json.dumps(self._answers), encoding="utf-8")

    def state(self, *resources: dict[str, Any], cut_off: tuple[dict[str, Any], ...] = ()) -> None:
        pending = [{"type": "creating", "resource": each} for each in cut_off]
        self.answer(["export"], {"deployment": {"resources": list(resources), "pending_operations": pending}})

    @property
    def calls(self) -> list[list[str]]:
        path = self.folder / "calls"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    @property
    def imported(self) -> dict[str, str]:
        """Ids by URN in the state that was written."""
        deployment = json.loads((self.folder / "imported").read_text())["deployment"]
        assert "pending_operations" not in deployment
        return {each["urn"]: each["id"] for each in deployment["resources"]}

    @property
    def patched(self) -> dict[str, Any]:
        return json.loads((self.folder / "patched").read_text())

    @property
    def changes(self) -> list[str]:
        """The commands that it got, without those that only read."""
        verbs = {"refresh", "import", "delete", "patch"}
        return [" ".join(call) for call in self.calls if verbs & set(call)]


def storage_class(name: str, *, default: bool = False) -> dict[str, Any]:
    annotations = {"storageclass.kubernetes.io/is-default-class": "true"} if default else {}
    return {"metadata": {"name": name, "annotations": annotations}}


def held(type_: str, logical_name: str, *, id: str = "there", **inputs: Any) -> dict[str, Any]:
    """One resource as the state has it."""
    urn = f"{URN}{type_}::{logical_name}"
    return {"urn": urn, "type": type_, "id": id, "custom": True, "inputs": inputs}


def record(name: str, chart: str, version: str, status: str, values: dict[str, Any], revision: int = 1) -> Any:
    """Helm's Secret of one revision."""
    content = {
        "name": name,
        "info": {"status": status, "first_deployed": FIRST, "last_deployed": FIRST},
        "chart": {"metadata": {"name": chart, "version": version}},
        "config": values,
    }
    packed = base64.b64encode(base64.b64encode(gzip.compress(json.dumps(content).encode()))).decode()
    labels = {"owner": "helm", "name": name, "version": str(revision), "status": status}
    return {
        "metadata": {"name": f"sh.helm.release.v1.{name}.v{revision}", "labels": labels},
        "data": {"release": packed},
    }


def unpacked(text: str) -> dict[str, Any]:
    """The content of Helm's record."""
    return json.loads(gzip.decompress(base64.b64decode(base64.b64decode(text))))
