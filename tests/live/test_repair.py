"""`repair` adopts what is provably the stack's own, leaves the rest, and asks before it changes anything."""

import subprocess
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from components.addons import keda as keda_values
from infra.cli import main
from infra.live.ours import same, within
from infra.plan.cluster import AddonPlan
from infra.project import PROJECT
from tests.example_stacks import plan_text
from tests.live.machine import FIRST, RELEASE, STACK, Machine, held, record, unpacked

pytestmark = pytest.mark.programs

JOB = "kubernetes:batch/v1:Job"
VOLUME = "kubernetes:core/v1:PersistentVolume"
OURS = keda_values.values()
RECORD = "delete secret sh.helm.release.v1.keda.v1 -n keda"


@pytest.fixture
def stacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "Pulumi.local.yaml").write_text(STACK, encoding="utf-8")
    monkeypatch.setattr("infra.cli.repair_app.stacks_folder", lambda: tmp_path)
    return tmp_path


def repair(*options: str, answer: str = "") -> tuple[int, str]:
    result = CliRunner().invoke(main, ["repair", "local", *options], input=answer, catch_exceptions=False)
    return result.exit_code, result.output


def keda() -> AddonPlan:
    return plan_text("local", STACK).plan.addons["keda"]


def keda_record(status: str, values: dict[str, Any] = OURS) -> dict[str, Any]:
    return {"items": [record("keda", "keda", keda().version, status, values)]}


def cut_off_keda() -> dict[str, Any]:
    return held(RELEASE, "addons-keda", id="", name="keda", namespace="keda", version=keda().version, values=OURS)


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
    """It is installed over the existing objects: Helm adopts objects that carry its release's name."""
    machine.state(cut_off=(cut_off_keda(),))
    machine.answer(["secrets", "owner=helm,name=keda"], keda_record(status))
    code, text = repair("--yes")
    first, last = machine.changes
    assert first.startswith(f"pulumi --cwd {PROJECT} stack import --stack local --file ")
    assert RECORD in last
    assert machine.imported == {}
    assert (code, text.splitlines()[-1]) == (0, "Done. Go on with: pulumi up -s local")


def test_a_release_that_an_api_server_took_along(machine: Machine, stacks: Path) -> None:
    """The state doesn't contain it; its chart, version and values are those of the plan, and Helm never finished it."""
    machine.answer(["secrets", "owner=helm,name=keda"], keda_record("pending-install"))
    assert repair("--yes")[0] == 0
    assert RECORD in machine.changes[1]


BEFORE, PLANNED = {"before": True}, OURS


@pytest.mark.parametrize(
    ("revisions", "removed", "failed"),
    [
        # The next `up` upgrades, because the last record that stays isn't the plan's.
        ([("deployed", BEFORE), ("pending-upgrade", PLANNED)], ["v2"], ""),
        ([("deployed", BEFORE), ("failed", PLANNED), ("pending-rollback", BEFORE)], ["v2", "v3"], ""),
        ([("superseded", PLANNED), ("deployed", BEFORE), ("pending-upgrade", {"third": True})], ["v3"], ""),
        ([("failed", BEFORE), ("pending-upgrade", PLANNED)], ["v2"], ""),
        # The stack file is back at what is deployed: objects of the upgrade would stay.
        ([("deployed", PLANNED), ("pending-upgrade", {"new": True})], [], "v2"),
        ([("deployed", PLANNED), ("failed", {"new": True}), ("pending-rollback", PLANNED)], ["v3"], "v2"),
        ([("deployed", PLANNED), ("pending-upgrade", PLANNED)], ["v2"], ""),
    ],
)
def test_an_upgrade_that_was_cut_off(
    machine: Machine, stacks: Path, revisions: list[tuple[str, Any]], removed: list[str], failed: str
) -> None:
    """Seen with the real engine: where Helm's last record is the plan's, `up` changes nothing, whatever is there."""
    machine.state(held(RELEASE, "addons-keda", name="keda", namespace="keda"))
    items = [
        record("keda", "keda", keda().version, status, values, revision=revision)
        for revision, (status, values) in enumerate(revisions, start=1)
    ]
    machine.answer(["secrets", "owner=helm,name=keda"], {"items": items})
    for each in items:
        machine.answer(["get", "secret", each["metadata"]["name"]], each)
    code, text = repair("--yes")
    assert (code, text.splitlines()[-1]) == (0, "Done. Go on with: pulumi up -s local")
    changes = [change for change in machine.changes if " secret " in change]
    name = "secret sh.helm.release.v1.keda."
    assert [change.split(name)[1].split()[0] for change in changes if "delete" in change] == removed
    assert [change.split(name)[1].split()[0] for change in changes if "patch" in change] == ([failed] if failed else [])
    assert ("marked as failed" in text) is bool(failed)


def test_a_record_is_marked_as_failed_as_helm_writes_it(machine: Machine, stacks: Path) -> None:
    machine.state(held(RELEASE, "addons-keda", name="keda", namespace="keda"))
    new = record("keda", "keda", keda().version, "pending-upgrade", {"new": True}, revision=2)
    machine.answer(["secrets", "owner=helm,name=keda"], {"items": [*keda_record("deployed")["items"], new]})
    machine.answer(["get", "secret", "sh.helm.release.v1.keda.v2"], new)
    assert repair("--yes")[0] == 0
    patch = machine.patched
    assert patch["metadata"] == {"labels": {"status": "failed"}}
    failed = record("keda", "keda", keda().version, "failed", {"new": True}, revision=2)
    assert unpacked(patch["data"]["release"]) == unpacked(failed["data"]["release"])


@pytest.mark.parametrize(
    ("status", "values"), [("deployed", OURS), ("pending-install", {"other": True}), ("failed", {})]
)
def test_a_release_of_somebody_else(machine: Machine, stacks: Path, status: str, values: dict[str, Any]) -> None:
    machine.answer(["secrets", "owner=helm,name=keda"], keda_record(status, values))
    code, text = repair("--yes")
    assert (code, machine.changes) == (1, [])
    assert "yours to decide: write `existing` for that add-on, or run: helm uninstall keda -n keda" in text


@pytest.mark.parametrize("began", [False, True])
def test_a_release_of_the_same_chart_in_another_version(machine: Machine, stacks: Path, began: bool) -> None:
    machine.state(cut_off=(cut_off_keda(),) if began else ())
    records = {"items": [record("keda", "keda", "1.0.0", "pending-install", OURS)]}
    machine.answer(["secrets", "owner=helm,name=keda"], records)
    code, text = repair("--yes")
    assert (code, "helm uninstall keda -n keda" in text) == (1, True)
    assert not any("delete" in change for change in machine.changes)


@pytest.mark.parametrize("began", [False, True])
def test_a_release_that_another_up_may_still_install(
    machine: Machine, stacks: Path, monkeypatch: pytest.MonkeyPatch, began: bool
) -> None:
    """Two stacks of one cluster install the same release; what a stack's state began is its own."""
    monkeypatch.setattr("infra.live.ours.now", lambda: datetime.fromisoformat(FIRST) + timedelta(minutes=9))
    machine.state(cut_off=(cut_off_keda(),) if began else ())
    machine.answer(["secrets", "owner=helm,name=keda"], keda_record("pending-install"))
    code, text = repair("--yes")
    assert code == (0 if began else 1)
    assert ("wait until 07:41+0100" in text) is not began
    assert any(RECORD in change for change in machine.changes) is began


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


@pytest.mark.parametrize(
    ("labels", "spec"),
    [({"stack": "prod"}, {"parallelism": 1}), ({"stack": "dev"}, {"parallelism": 2}), ({"stack": "dev"}, {})],
)
def test_an_object_of_another_stack_is_left(
    machine: Machine, stacks: Path, labels: dict[str, str], spec: dict[str, int]
) -> None:
    begun, found = cut_off_job(), {**job("pulumi-kubernetes"), "spec": spec}
    begun["inputs"]["metadata"]["labels"] = {"stack": "dev"}
    begun["inputs"]["spec"] = {"parallelism": 1}
    found["metadata"]["labels"] = labels
    machine.state(cut_off=(begun,))
    machine.answer(["get", "Job.v1.batch", "llama-1b-prefetch"], found)
    code, text = repair("--yes")
    assert (code, "not as this stack makes it: somebody else's" in text) == (1, True)
    assert machine.imported == {}


def test_pulumi_is_never_killed_while_it_writes(
    machine: Machine, stacks: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits: dict[str, float | None] = {}
    run = subprocess.run

    def noted(command: tuple[str, ...], **options: Any) -> Any:
        limits[" ".join(command[3:5])] = options["timeout"]
        return run(command, **options)

    monkeypatch.setattr("infra.live.commands.subprocess.run", noted)
    machine.state(cut_off=(cut_off_keda(),))
    assert repair("--yes")[0] == 0
    assert limits["stack import"] is None
    assert limits["stack export"] is not None
    assert not any("refresh" in call for call in machine.calls), "it changes what it listed, and nothing else"


def test_what_was_begun_and_is_not_there_is_forgotten(machine: Machine, stacks: Path) -> None:
    machine.state(cut_off=(cut_off_job(),))
    code, text = repair("--yes")
    assert (code, "not there" in text) == (0, True)
    assert machine.imported == {}


SUBNETS = ["subnet-1", "subnet-2"]
ROLE = "arn:aws:iam::111122223333:role/node"
GROUP = {"nodeRole": ROLE, "subnets": SUBNETS[::-1], "tags": {"stack": "dev", "aws:x": "1"}, "status": "CREATING"}


def cut_off_group() -> dict[str, Any]:
    where = {"clusterName": "llm-dev", "nodeGroupName": "l4", "subnetIds": SUBNETS}
    return held("aws:eks/nodeGroup:NodeGroup", "l4", id="", **where, nodeRoleArn=ROLE, tags={"stack": "dev"})


@pytest.mark.parametrize(
    ("there", "says"),
    [
        ({"nodeRole": "arn:aws:iam::111122223333:role/other"}, "with another nodeRoleArn: somebody else's"),
        ({"subnets": ["subnet-1"]}, "with another subnetIds: somebody else's"),
        ({"tags": {"stack": "prod"}}, "with another tag stack: somebody else's"),
    ],
)
def test_what_aws_has_under_the_name_of_ours_is_compared(
    machine: Machine, stacks: Path, there: dict[str, Any], says: str
) -> None:
    machine.state(cut_off=(cut_off_group(),))
    machine.answer(["describe-nodegroup", "l4"], {"nodegroup": GROUP | there})
    code, text = repair("--yes")
    assert (code, says in text) == (1, True), text
    assert machine.imported == {}


@pytest.mark.parametrize(
    ("why", "code", "says"),
    [
        ("An error occurred (ResourceNotFoundException): No node group found", 0, "not there"),
        ("An error occurred (AccessDeniedException): not authorized", 3, "AccessDeniedException"),
    ],
)
def test_what_aws_does_not_show(machine: Machine, stacks: Path, why: str, code: int, says: str) -> None:
    machine.state(cut_off=(cut_off_group(),))
    machine.answer(["describe-nodegroup"], {"fails": why})
    assert repair("--yes")[0] == code
    assert says in repair("--yes")[1]
    assert bool(machine.changes) is (code == 0)


def test_what_only_aws_knows_is_left_to_its_user(machine: Machine, stacks: Path) -> None:
    group = cut_off_group()
    machine.answer(["describe-nodegroup", "l4"], {"nodegroup": GROUP})
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
    machine.answer(["stack", "import"], {"fails": "the stack is currently locked by 1 lock(s)"})
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


@pytest.mark.parametrize(
    ("wanted", "found", "expected"),
    [
        ({"a": 1}, {"a": 1, "default": 2}, True),
        ({"a": {}, "b": [], "c": False, "d": None}, {}, True),  # the API server leaves out what is empty
        ({"memory": "1024Mi", "cpu": "0.5"}, {"memory": "1Gi", "cpu": "500m"}, True),
        ({"memory": "1Gi"}, {"memory": "2Gi"}, False),
        ({"a": [{"b": 1}]}, {"a": [{"b": 1, "protocol": "TCP"}]}, True),
        ({"a": [1]}, {"a": [1, 2]}, False),
        ({"image": "a"}, {"image": "b"}, False),
        ({"image": "a"}, {}, False),
        ({"key": {"4dabf18193072939515e22adb298388d": "1b47", "ciphertext": "x"}}, {"key": "y"}, True),  # encrypted
    ],
)
def test_an_object_says_what_is_wanted(wanted: Any, found: Any, expected: bool) -> None:
    assert within(wanted, found) is expected
