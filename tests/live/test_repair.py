"""`repair` takes up what is provably the stack's own, leaves what isn't, and asks before it changes anything."""

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from infra.cli import main
from infra.live.repair import same
from infra.planning.plan import AddonPlan
from infra.project import PROJECT
from tests.example_stacks import plan_text
from tests.live.machine import Machine, held, record

pytestmark = pytest.mark.programs

RELEASE = "kubernetes:helm.sh/v3:Release"
JOB = "kubernetes:batch/v1:Job"
VOLUME = "kubernetes:core/v1:PersistentVolume"
STACK = """\
config:
  llm-platform:platform:
    cluster: {existing: {context: kind-llm}}
    addons: {keda: install}
    models: {llama-1b: {model: "llama3.2:1b", engine: ollama, gpus: 0}}
"""
OURS = {"crds": {"install": True}, "image": {"pullPolicy": "IfNotPresent"}}
RECORD = "delete secret sh.helm.release.v1.keda.v1 -n keda"


@pytest.fixture
def stacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "Pulumi.local.yaml").write_text(STACK, encoding="utf-8")
    monkeypatch.setattr("infra.cli.app._default_stacks", lambda: tmp_path)
    return tmp_path


def repair(*options: str, answer: str = "") -> tuple[int, str]:
    result = CliRunner().invoke(main, ["repair", "local", *options], input=answer, catch_exceptions=False)
    return result.exit_code, result.output


def keda() -> AddonPlan:
    return plan_text("local", STACK).plan.addons["keda"]


def keda_record(status: str, values: dict[str, Any] = OURS) -> dict[str, Any]:
    return {"items": [record("keda", "keda", keda().version, status, values)]}


def cut_off_keda() -> dict[str, Any]:
    return held(RELEASE, "addons-keda", id="", name="keda", namespace="keda", values=OURS)


def cut_off_job() -> dict[str, Any]:
    return held(JOB, "llama-1b-prefetch-job", id="", metadata={"name": "llama-1b-prefetch", "namespace": "llm"})


def job(manager: str) -> dict[str, Any]:
    metadata = {"creationTimestamp": "2026-11-26T07:31:00Z", "managedFields": [{"manager": manager}]}
    return {"metadata": metadata}


def test_nothing_to_repair(machine: Machine, stacks: Path) -> None:
    assert repair() == (0, "local: nothing is left of an `up` that was cut off.\n")
    assert machine.changes == []


@pytest.mark.parametrize("answer", ["n\n", ""])
def test_it_asks_first(machine: Machine, stacks: Path, answer: str) -> None:
    machine.state(cut_off=(cut_off_keda(),))
    machine.answer(["secrets", "owner=helm,name=keda"], keda_record("pending-install"))
    code, text = repair(answer=answer)
    assert (code, machine.changes) == (1, [])
    assert "addons-keda (Release keda): keda" in text
    assert "pending-install since 2026-11-26T07:31" in text


@pytest.mark.parametrize("status", ["pending-install", "failed", "deployed"])
def test_a_release_that_the_state_began(machine: Machine, stacks: Path, status: str) -> None:
    """It is installed again over what is there: Helm takes objects that carry its release's name."""
    machine.state(cut_off=(cut_off_keda(),))
    machine.answer(["secrets", "owner=helm,name=keda"], keda_record(status))
    code, text = repair("--yes")
    first, _, last = machine.changes
    assert first == f"pulumi --cwd {PROJECT} refresh --stack local --yes --skip-preview --non-interactive"
    assert RECORD in last
    assert machine.imported == {}
    assert (code, text.splitlines()[-1]) == (0, "Done. Go on with: pulumi up -s local")


def test_a_release_that_an_api_server_took_along(machine: Machine, stacks: Path) -> None:
    """The state never heard of it; its chart, version and values are those of the plan, and Helm never ended it."""
    machine.answer(["secrets", "owner=helm,name=keda"], keda_record("pending-install"))
    assert repair("--yes")[0] == 0
    assert RECORD in machine.changes[1]


def test_an_upgrade_that_was_cut_off(machine: Machine, stacks: Path) -> None:
    machine.state(held(RELEASE, "addons-keda", name="keda", namespace="keda"))
    revisions = [keda_record("deployed")["items"][0], record("keda", "keda", "9", "pending-upgrade", {}, revision=2)]
    machine.answer(["secrets", "owner=helm,name=keda"], {"items": revisions})
    assert repair("--yes")[0] == 0
    assert "delete secret sh.helm.release.v1.keda.v2 -n keda" in machine.changes[1]


@pytest.mark.parametrize(
    ("status", "values"), [("deployed", OURS), ("pending-install", {"other": True}), ("failed", {})]
)
def test_a_release_of_somebody_else(machine: Machine, stacks: Path, status: str, values: dict[str, Any]) -> None:
    machine.answer(["secrets", "owner=helm,name=keda"], keda_record(status, values))
    assert repair("--yes")[0] == 0
    assert machine.changes == []


def test_a_release_of_somebody_else_that_this_stack_began_too(machine: Machine, stacks: Path) -> None:
    machine.state(cut_off=(cut_off_keda(),))
    machine.answer(["secrets", "owner=helm,name=keda"], keda_record("deployed", {"other": True}))
    code, text = repair("--yes")
    assert (code, "somebody else's" in text) == (1, True)
    assert not any("delete" in change for change in machine.changes)


def test_an_object_that_the_state_began_is_imported(machine: Machine, stacks: Path) -> None:
    begun = cut_off_job()
    machine.state(cut_off=(begun,))
    machine.answer(["get", "Job.v1.batch", "llama-1b-prefetch"], job("pulumi-kubernetes"))
    assert repair("--yes")[0] == 0
    assert machine.imported == {begun["urn"]: "llm/llama-1b-prefetch"}


def test_an_object_of_somebody_else_is_left(machine: Machine, stacks: Path) -> None:
    machine.state(cut_off=(cut_off_job(),))
    machine.answer(["get", "Job.v1.batch", "llama-1b-prefetch"], job("kubectl-client-side-apply"))
    code, text = repair("--yes")
    assert (code, "somebody else's" in text) == (1, True)
    assert machine.imported == {}


def test_what_was_begun_and_is_not_there_is_forgotten(machine: Machine, stacks: Path) -> None:
    machine.state(cut_off=(cut_off_job(),))
    code, text = repair("--yes")
    assert (code, "not there" in text) == (0, True)
    assert machine.imported == {}


def test_what_only_aws_knows_is_left_to_its_user(machine: Machine, stacks: Path) -> None:
    group = held("aws:eks/nodeGroup:NodeGroup", "l4", id="", clusterName="llm-dev", nodeGroupName="l4")
    machine.state(cut_off=(held("aws:ec2/natGateway:NatGateway", "network-nat", id=""), group))
    code, text = repair("--yes")
    assert (code, "under a name that only AWS knows" in text) == (1, True)
    assert machine.imported == {group["urn"]: "llm-dev:l4"}


def test_a_volume_is_freed_of_a_claim_that_is_gone(machine: Machine, stacks: Path) -> None:
    machine.state(held(VOLUME, "model-cache-volume", metadata={"name": "llm-model-cache"}))
    bound = {"spec": {"claimRef": {"name": "model-cache", "namespace": "llm", "uid": "old"}}}
    machine.answer(["persistentvolume", "llm-model-cache"], bound)
    assert repair("--yes")[0] == 0
    assert "patch persistentvolume llm-model-cache" in machine.changes[1]


def test_another_up_that_runs_is_not_disturbed(machine: Machine, stacks: Path) -> None:
    machine.state(cut_off=(cut_off_keda(),))
    machine.answer(["secrets", "owner=helm,name=keda"], keda_record("pending-install"))
    machine.answer(["refresh"], {"fails": "the stack is currently locked by 1 lock(s)"})
    code, text = repair("--yes")
    assert code == 3
    assert "repair: pulumi: the stack is currently locked by 1 lock(s)" in text
    assert not any("delete" in change for change in machine.changes)


@pytest.mark.parametrize(
    ("planned", "found", "expected"),
    [
        ({"a": 1}, {"a": 1.0}, True),
        ({"vpcId": "${network-vpc.id}"}, {"vpcId": "vpc-1"}, True),
        ({"a": [{"b": "x"}]}, {"a": [{"b": "x"}]}, True),
        ({"a": [1]}, {"a": [1, 2]}, False),
        ({"a": 1}, {"a": 1, "b": 2}, False),
        ({}, {"b": 2}, False),
    ],
)
def test_values_are_the_same(planned: Any, found: Any, expected: bool) -> None:
    assert same(planned, found) is expected
