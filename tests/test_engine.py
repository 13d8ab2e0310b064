"""The recording and the diff against the real engine, where there is one: the same resources under the same URNs."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from infra.diff.difference import compare
from tests.conftest import STACKS
from tests.diff.changes import CHANGES
from tests.diff.stacks import base, edited, side
from tests.engine import NEEDS_CLI, OPERATIONS, Project, kubectl
from tests.example_stacks import planned_stack

NOBODY = """\
apiVersion: v1
kind: Config
clusters: [{name: nobody, cluster: {server: "http://127.0.0.1:9"}}]
contexts: [{name: kind-llm, context: {cluster: nobody, user: nobody}}]
users: [{name: nobody, user: {}}]
"""
# Changes that need no AWS and break no rule: a broken rule is refused before the engine sees a resource.
OWN = [name for name, case in CHANGES.items() if case.stack == "own" and (case.guarded or not case.fails)]

pytestmark = [pytest.mark.programs, NEEDS_CLI]


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


def test_the_engine_agrees_with_the_diff(deployed: Project, tmp_path: Path) -> None:
    def preview(name: str) -> dict[str, set[str]]:
        folder = tmp_path / str(OWN.index(name))
        return deployed.changed(folder, edited("own", CHANGES[name].edit)).preview()

    with ThreadPoolExecutor(4) as pool:
        engine = dict(zip(OWN, pool.map(preview, OWN), strict=True))
    assert engine == {name: by_the_diff(name) for name in OWN}


def by_the_diff(name: str) -> dict[str, set[str]]:
    resources = compare("own", base("own"), side("own", edited("own", CHANGES[name].edit))).resources
    return {kind: set(getattr(resources, kind)) for kind in OPERATIONS.values()}
