"""The life of a stack on the real engine, if it is available: refused, killed, repaired, adopted, destroyed."""

import io
import tarfile
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine import NEEDS_CLI, Project, kubectl

pytestmark = [pytest.mark.programs, NEEDS_CLI]
CONTEXT = ("--context", "kind-llm")
KEDA = "2.20.2"
STACK = """\
config:
  llm-platform:platform:
    cluster: {existing: {context: kind-llm}}
    namespace: {name: lived}
    models: {tiny: {model: "llama3.2:1b", engine: ollama, gpus: 0}}
    cache: {kind: storageClass, storageClass: standard, size: 20Gi}
    addons: {keda: install}
    mirror: {charts: charts}
"""
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: keda-operator, namespace: {{ .Release.Namespace }}}
spec:
  selector: {matchLabels: {app: keda}}
  template:
    metadata: {labels: {app: keda}, annotations: {values: {{ .Values | toJson | quote }}}}
    spec: {containers: [{name: keda, image: "registry.k8s.io/pause:3.10"}]}
"""
PENDING = ("get", "secret", "-n", "keda", "-l", "owner=helm,name=keda,status=pending-install", "-o", "name")
ANNOTATION = "jsonpath={.spec.template.metadata.annotations.values}"
UPGRADING = (*PENDING[:5], "owner=helm,name=keda,status=pending-upgrade", *PENDING[6:])
JOB = ("get", "job", "-n", "lived", "tiny-prefetch", "--ignore-not-found", "-o", "name")


def tiny_chart(folder: Path, name: str, version: str) -> None:
    """What Helm needs to install something under that name."""
    folder.mkdir()
    files = {"Chart.yaml": f"apiVersion: v2\nname: {name}\nversion: {version}\n", "templates/operator.yaml": DEPLOYMENT}
    with tarfile.open(folder / f"{name}-{version}.tgz", "w:gz") as archive:
        for path, text in files.items():
            member = tarfile.TarInfo(f"{name}/{path}")
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    if not kubectl(*CONTEXT, "get", "storageclass", "standard", "-o", "name"):
        pytest.skip("needs a cluster in the context kind-llm with a storage class standard")
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(kubectl(*CONTEXT, "config", "view", "--raw", "--flatten", "--minify"), encoding="utf-8")
    made = Project(tmp_path / "own", "own", kubeconfig)
    made.init(STACK)
    made.pulumi("config", "set", "--secret", "llm-platform:apiKey", "a" * 43)
    tiny_chart(made.folder / "project" / "charts", "keda", KEDA)
    yield made
    made.run("pulumi", "cancel", "-s", "own", "--yes")
    made.run(".venv/bin/python", "-m", "infra", "repair", "own", "--yes")
    made.pulumi("destroy", "-s", "own", "--yes", "--skip-preview")
    kubectl(*CONTEXT, "delete", "namespace", "lived", "keda", "--ignore-not-found")


UP = ("pulumi", "up", "-s", "own", "--yes", "--skip-preview", "--non-interactive")


def refused(project: Project, old: str, new: str) -> str:
    """What `preview` says of a stack file with that edit."""
    text = project.stack_file.read_text(encoding="utf-8")
    assert old in text
    project.stack_file.write_text(text.replace(old, new), encoding="utf-8")
    run = project.run("pulumi", "preview", "-s", "own", "--non-interactive")
    project.stack_file.write_text(text, encoding="utf-8")
    assert run.returncode != 0
    return run.stdout + run.stderr


def test_what_stands_in_the_way_is_refused_in_preview(project: Project) -> None:
    kubectl(*CONTEXT, "create", "namespace", "lived")
    assert "namespace: {name: lived, create: false}" in refused(project, "name: lived", "name: lived")
    kubectl(*CONTEXT, "delete", "namespace", "lived")
    assert "the cluster has no storage class nfs; it has: standard" in refused(
        project, "storageClass: standard", "storageClass: nfs"
    )
    assert "no context kind-lm in" in refused(project, "context: kind-llm", "context: kind-lm")


@pytest.mark.parametrize("moment", [PENDING, JOB], ids=["a chart installs", "weights are fetched"])
def test_a_killed_up_goes_on_after_repair(project: Project, moment: tuple[str, ...]) -> None:
    project.killed(*UP, when=lambda: bool(kubectl(*CONTEXT, *moment)))
    project.pulumi("cancel", "-s", "own", "--yes")
    again = project.run(*UP)
    assert again.returncode != 0
    assert "run: llm-platform repair own" in again.stdout + again.stderr
    repaired = project.run(".venv/bin/python", "-m", "infra", "repair", "own", "--yes")
    assert repaired.returncode == 0, repaired.stdout + repaired.stderr
    project.pulumi("up", "-s", "own", "--yes", "--skip-preview")
    project.pulumi("preview", "-s", "own", "--expect-no-changes")


@pytest.mark.parametrize("back", [False, True], ids=["the change stays", "the change is taken back"])
def test_a_killed_upgrade_of_a_chart_leaves_what_the_program_says(project: Project, back: bool) -> None:
    """Where Helm's last record is the plan's, the engine sees no difference, whatever is in the cluster."""
    component = project.folder / "project" / "components" / "addons" / "keda.py"
    before = component.read_text(encoding="utf-8")
    project.pulumi("up", "-s", "own", "--yes", "--skip-preview")
    component.write_text(before.replace('"IfNotPresent"', '"Always"'), encoding="utf-8")
    project.killed(*UP, when=lambda: bool(kubectl(*CONTEXT, *UPGRADING)))
    project.pulumi("cancel", "-s", "own", "--yes")
    if back:
        component.write_text(before, encoding="utf-8")
    again = project.run(*UP)
    assert "run: llm-platform repair own" in again.stdout + again.stderr
    repaired = project.run(".venv/bin/python", "-m", "infra", "repair", "own", "--yes")
    assert repaired.returncode == 0, repaired.stdout + repaired.stderr
    project.pulumi("up", "-s", "own", "--yes", "--skip-preview")
    values = kubectl(*CONTEXT, "get", "deployment", "-n", "keda", "keda-operator", "-o", ANNOTATION)
    assert ("IfNotPresent" in values, "Always" in values) == (back, not back), values
    project.pulumi("preview", "-s", "own", "--expect-no-changes")


def test_a_namespace_that_was_deleted_by_hand_comes_back(project: Project) -> None:
    project.pulumi("up", "-s", "own", "--yes", "--skip-preview")
    kubectl(*CONTEXT, "delete", "namespace", "lived")
    project.pulumi("up", "-s", "own", "--yes", "--skip-preview")
    assert kubectl(*CONTEXT, "get", "deployment", "-n", "lived", "tiny", "-o", "name")


def test_a_namespace_that_is_given_away_stays_with_what_is_in_it(project: Project) -> None:
    project.pulumi("up", "-s", "own", "--yes", "--skip-preview")
    kubectl(*CONTEXT, "create", "configmap", "-n", "lived", "of-somebody")
    uid = ("get", "namespace", "lived", "-o", "jsonpath={.metadata.uid}")
    before = kubectl(*CONTEXT, *uid)
    text = project.stack_file.read_text(encoding="utf-8")
    project.stack_file.write_text(text.replace("{name: lived}", "{name: lived, create: false}"), encoding="utf-8")
    project.pulumi("up", "-s", "own", "--yes", "--skip-preview")
    project.pulumi("preview", "-s", "own", "--expect-no-changes")
    project.stack_file.write_text(text, encoding="utf-8")
    refused = project.run(*UP)
    assert "the namespace lived exists already, and this stack didn't make it" in refused.stdout + refused.stderr
    project.stack_file.write_text(text.replace("{name: lived}", "{name: lived, create: false}"), encoding="utf-8")
    project.pulumi("destroy", "-s", "own", "--yes", "--skip-preview")
    assert kubectl(*CONTEXT, *uid) == before
    assert kubectl(*CONTEXT, "get", "configmap", "-n", "lived", "of-somebody", "-o", "name")


def test_a_namespace_that_helm_made_is_adopted_and_goes_with_the_stack(project: Project) -> None:
    """The stack is as an earlier program deployed it, which had no resource for the namespace."""
    component = project.folder / "project" / "components" / "addons" / "component.py"
    text = component.read_text(encoding="utf-8")
    component.write_text(text.replace("if namespace in namespaces_of_others:", "if True:"), encoding="utf-8")
    project.pulumi("up", "-s", "own", "--yes", "--skip-preview")
    component.write_text(text, encoding="utf-8")
    assert "addons-keda-namespace" in project.pulumi("up", "-s", "own", "--yes", "--skip-preview")
    project.pulumi("preview", "-s", "own", "--expect-no-changes")
    project.pulumi("destroy", "-s", "own", "--yes", "--skip-preview")
    assert not kubectl(*CONTEXT, "get", "namespace", "keda", "--ignore-not-found", "-o", "name")


def test_a_change_of_a_client_applies_all_that_belongs_to_it_and_touches_no_pod(project: Project) -> None:
    """With keys that are given: a random one needs another provider."""

    def client(*arguments: str) -> None:
        run = project.run(".venv/bin/python", "-m", "infra", "client", *arguments)
        assert run.returncode == 0, run.stdout + run.stderr
        assert ("Not applied" in run.stdout) == ("--no-up" in arguments)

    def give(name: str, letter: str) -> None:
        project.pulumi("config", "set", "-s", "own", "--secret", f"llm-platform:clientKey-{name}", letter * 43)

    for name, letter in (("web", "w"), ("app", "p")):
        client("add", "own", name, "--no-up")
        give(f"{name}-1", letter)
    project.pulumi("up", "-s", "own", "--yes", "--skip-preview")
    template = "jsonpath={range .items[*]}{.metadata.name} {.metadata.generation}{end}"
    before = kubectl(*CONTEXT, "get", "deployments", "-n", "lived", "-o", template)
    assert "gateway" in before
    give("web-2", "n")
    client("rotate", "own", "web")
    newest = kubectl(
        *CONTEXT, "get", "secret", "-n", "lived", "llm-client-web", "-o", "jsonpath={.data.OPENAI_API_KEY}"
    )
    assert b64decode(newest) == b"n" * 43
    client("rotate", "own", "web")
    client("revoke", "own", "web")
    project.pulumi("preview", "-s", "own", "--expect-no-changes")
    secrets = kubectl(*CONTEXT, "get", "secrets", "-n", "lived", "-o", "name").split()
    assert {"secret/llm-client-app", "secret/llm-client-default"} <= set(secrets)
    assert "secret/llm-client-web" not in secrets
    assert kubectl(*CONTEXT, "get", "deployments", "-n", "lived", "-o", template) == before
