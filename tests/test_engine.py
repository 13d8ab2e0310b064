"""The recording against the real engine, where there is one: the same resources under the same URNs."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import STACKS, planned_stack

ROOT = STACKS.parent
NOBODY = """\
apiVersion: v1
kind: Config
clusters: [{name: nobody, cluster: {server: "http://127.0.0.1:9"}}]
contexts: [{name: kind-llm, context: {cluster: nobody, user: nobody}}]
users: [{name: nobody, user: {}}]
"""


@pytest.mark.skipif(shutil.which("pulumi") is None, reason="needs the Pulumi CLI on PATH")
def test_a_first_preview_creates_what_is_recorded(tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    for name in ("__main__.py", "Pulumi.yaml", "infra", "components", "stacks", "requirements.txt"):
        (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, project / name)
    (project / ".venv").symlink_to(Path(sys.prefix))
    (tmp_path / "kubeconfig").write_text(NOBODY, encoding="utf-8")
    (tmp_path / "state").mkdir()
    env = os.environ | {
        "PULUMI_BACKEND_URL": (tmp_path / "state").as_uri(),
        "PULUMI_CONFIG_PASSPHRASE": "test",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "KUBECONFIG": str(tmp_path / "kubeconfig"),
    }
    env.pop("PULUMI_ERROR_OUTPUT_STRING", None)
    for command in (["stack", "init", "local"], ["preview", "-s", "local", "--json"]):
        run = subprocess.run(["pulumi", *command], cwd=project, env=env, capture_output=True, text=True, timeout=90)
        assert run.returncode == 0, run.stdout + run.stderr
    created = {step["urn"] for step in json.loads(run.stdout)["steps"] if step["op"] == "create"}
    recorded = {resource.urn for resource in planned_stack("local").recording.resources}
    assert created == recorded
