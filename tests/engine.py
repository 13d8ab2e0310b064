"""A copy of the project, run by the real engine with a real API server, if both are available."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.conftest import HALF_COMPILED, HANGS_SECONDS, STACKS

ROOT = STACKS.parent
OPERATIONS = {"create": "added", "delete": "removed", "update": "changed", "replace": "replaced"}
NEEDS_CLI = pytest.mark.skipif(shutil.which("pulumi") is None, reason="needs the Pulumi CLI on PATH")


class Project:
    """A copy of this project with one stack and a separate state, in a folder."""

    def __init__(self, folder: Path, stack: str, kubeconfig: Path) -> None:
        self.folder, self.stack, self.kubeconfig = folder, stack, kubeconfig
        self.stack_file = folder / "project" / "stacks" / f"Pulumi.{stack}.yaml"

    def init(self, text: str) -> None:
        self.stack_file.parent.mkdir(parents=True)
        (self.folder / "state").mkdir()
        project = self.folder / "project"
        for name in ("__main__.py", "Pulumi.yaml", "infra", "components", "requirements.txt"):
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, project / name, ignore=HALF_COMPILED)
            else:
                shutil.copy(ROOT / name, project / name)
        (project / ".venv").symlink_to(Path(sys.prefix))
        self.stack_file.write_text(text, encoding="utf-8")
        self.pulumi("stack", "init", self.stack)

    def changed(self, folder: Path, text: str) -> "Project":
        """A copy with another stack file. It keeps the salt, without which the state's secrets can't be read."""
        shutil.copytree(self.folder, folder, symlinks=True)
        copy = Project(folder, self.stack, self.kubeconfig)
        salt = YAML(typ="safe").load(self.stack_file)["encryptionsalt"]
        copy.stack_file.write_text(json.dumps({"encryptionsalt": salt, **json.loads(text)}), encoding="utf-8")
        return copy

    @property
    def environment(self) -> dict[str, str]:
        clean = {name: value for name, value in os.environ.items() if name != "PULUMI_ERROR_OUTPUT_STRING"}
        return clean | {
            "PULUMI_BACKEND_URL": (self.folder / "state").as_uri(),
            "PULUMI_CONFIG_PASSPHRASE": "test",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "KUBECONFIG": str(self.kubeconfig),
        }

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """In the project's folder; it may fail."""
        folder = self.folder / "project"
        return subprocess.run(
            command, cwd=folder, env=self.environment, capture_output=True, text=True, timeout=HANGS_SECONDS
        )

    def killed(self, *command: str, when: Callable[[], bool]) -> None:
        """Started, and ended without a chance to tidy up; providers, which outlive their CLI, are ended after it."""
        options = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "start_new_session": True}
        process = subprocess.Popen(command, cwd=self.folder / "project", env=self.environment, **options)
        while not when():
            assert process.poll() is None, f"{command} ended before it was killed"
        started = _session(process.pid)
        process.kill()
        process.wait()
        for each in started:
            with suppress(ProcessLookupError):
                os.kill(each, signal.SIGKILL)

    def pulumi(self, *arguments: str) -> str:
        run = self.run("pulumi", *arguments, "--non-interactive")
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


def _session(leader: int) -> list[int]:
    """The processes of a session; a provider has a process group different from its CLI's."""
    listed = subprocess.run(["ps", "-axo", "pid="], capture_output=True, text=True, check=True).stdout
    return [each for each in map(int, listed.split()) if each != leader and _is_in(each, leader)]


def _is_in(process: int, session: int) -> bool:
    try:
        return os.getsid(process) == session
    except (ProcessLookupError, PermissionError):
        return False


def kubectl(*arguments: str) -> str:
    """What it prints; nothing where it isn't there or fails."""
    if shutil.which("kubectl") is None:
        return ""
    return subprocess.run(
        ["kubectl", *arguments], capture_output=True, text=True, timeout=HANGS_SECONDS, check=False
    ).stdout
