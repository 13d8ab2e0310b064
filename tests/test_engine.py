"""The recording and the diff against the real engine, where there is one: the same resources under the same URNs."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from infra.diff.difference import compare
from tests.conftest import HANGS_SECONDS, STACKS, planned_stack
from tests.diff.changes import CHANGES
from tests.diff.stacks import base, edited, side

ROOT = STACKS.parent
NOBODY = """\
apiVersion: v1
kind: Config
clusters: [{name: nobody, cluster: {server: "http://127.0.0.1:9"}}]
contexts: [{name: kind-llm, context: {cluster: nobody, user: nobody}}]
users: [{name: nobody, user: {}}]
"""
# What needs no AWS, and breaks no rule: the program refuses that before the engine sees a resource.
OWN = [name for name, case in CHANGES.items() if case.stack == "own" and (case.guarded or not case.fails)]
OPERATIONS = {"create": "added", "delete": "removed", "update": "changed", "replace": "replaced"}

pytestmark = pytest.mark.skipif(shutil.which("pulumi") is None, reason="needs the Pulumi CLI on PATH")


class Project:
    """A copy of this project with one stack and a state of its own, in a folder."""

    def __init__(self, folder: Path, stack: str, kubeconfig: Path) -> None:
        self.folder, self.stack, self.kubeconfig = folder, stack, kubeconfig
        self.stack_file = folder / "project" / "stacks" / f"Pulumi.{stack}.yaml"

    def init(self, text: str) -> None:
        self.stack_file.parent.mkdir(parents=True)
        (self.folder / "state").mkdir()
        project = self.folder / "project"
        for name in ("__main__.py", "Pulumi.yaml", "infra", "components", "requirements.txt"):
            (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, project / name)
        (project / ".venv").symlink_to(Path(sys.prefix))
        self.stack_file.write_text(text, encoding="utf-8")
        self.pulumi("stack", "init", self.stack)

    def changed(self, folder: Path, text: str) -> "Project":
        """A copy with another stack file; the salt stays, by which the state's secrets are read."""
        shutil.copytree(self.folder, folder, symlinks=True)
        copy = Project(folder, self.stack, self.kubeconfig)
        salt = YAML(typ="safe").load(self.stack_file)["encryptionsalt"]
        copy.stack_file.write_text(json.dumps({"encryptionsalt": salt, **json.loads(text)}), encoding="utf-8")
        return copy

    def pulumi(self, *arguments: str) -> str:
        environment = os.environ | {
            "PULUMI_BACKEND_URL": (self.folder / "state").as_uri(),
            "PULUMI_CONFIG_PASSPHRASE": "test",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "KUBECONFIG": str(self.kubeconfig),
        }
        environment.pop("PULUMI_ERROR_OUTPUT_STRING", None)
        run = subprocess.run(
            ["pulumi", *arguments, "--non-interactive"],
            cwd=self.folder / "project",
            env=environment,
            capture_output=True,
            text=True,
            timeout=HANGS_SECONDS,
        )
        assert run.returncode == 0, run.stdout + run.stderr
        return run.stdout

    def preview(self) -> dict[str, set[str]]:
        """URNs by what the engine would do to them."""
        found: dict[str, set[str]] = {kind: set() for kind in OPERATIONS.values()}
        steps = json.loads(self.pulumi("preview", "-s", self.stack, "--json", "--refresh=false"))["steps"]
        for step in steps:
            if step["op"] in OPERATIONS:
                found[OPERATIONS[step["op"]]].add(step["urn"])
        return found


def test_a_first_preview_creates_what_is_recorded(tmp_path: Path) -> None:
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(NOBODY, encoding="utf-8")
    project = Project(tmp_path, "local", kubeconfig)
    project.init((STACKS / "Pulumi.local.yaml").read_text(encoding="utf-8"))
    assert project.preview()["added"] == {resource.urn for resource in planned_stack("local").recording.resources}


@pytest.fixture
def deployed(tmp_path: Path) -> Iterator[Project]:
    """The base of the changes, on a cluster whose pods become ready without a GPU (its kubelet is a fake)."""
    found = kubectl("--context", "kind-llm", "get", "nodes", "-l", "nvidia.com/gpu.present=true", "-o", "name")
    if not found:
        pytest.skip("needs a cluster in the context kind-llm with nodes that say nvidia.com/gpu.present")
    kubeconfig = tmp_path / "kubeconfig"
    # Under a second name the same cluster is another one to Pulumi.
    text = kubectl("--context", "kind-llm", "config", "view", "--raw", "--flatten", "--minify")
    document = YAML(typ="safe").load(text)
    document["contexts"].append({**document["contexts"][0], "name": "kind-other"})
    kubeconfig.write_text(json.dumps(document), encoding="utf-8")
    project = Project(tmp_path / "base", "own", kubeconfig)
    project.init(edited("own", {}))
    try:
        project.pulumi("up", "-s", "own", "--yes", "--skip-preview")
        yield project
    finally:
        project.pulumi("destroy", "-s", "own", "--yes", "--skip-preview")


def kubectl(*arguments: str) -> str:
    """What it prints; nothing where it isn't there or fails."""
    if shutil.which("kubectl") is None:
        return ""
    return subprocess.run(
        ["kubectl", *arguments], capture_output=True, text=True, timeout=HANGS_SECONDS, check=False
    ).stdout


def test_the_engine_agrees_with_the_diff(deployed: Project, tmp_path: Path) -> None:
    def preview(name: str) -> dict[str, set[str]]:
        folder = tmp_path / str(OWN.index(name))
        return deployed.changed(folder, edited("own", CHANGES[name].edit)).preview()

    with ThreadPoolExecutor(4) as pool:
        engine = dict(zip(OWN, pool.map(preview, OWN), strict=True))
    assert engine == {name: told(name) for name in OWN}


def told(name: str) -> dict[str, set[str]]:
    resources = compare("own", base("own"), side("own", edited("own", CHANGES[name].edit))).resources
    return {kind: set(getattr(resources, kind)) for kind in OPERATIONS.values()}
