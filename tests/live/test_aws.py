"""Obstacles in AWS are found first: what an earlier cluster left, and what `up` would downgrade."""

from typing import Any

import pytest

from infra.clouds.aws.cloud import AWS
from infra.clouds.aws.live import import_entry
from infra.live import look
from infra.live.state import read_state
from infra.plan.plan import Plan
from tests.example_stacks import plan_text
from tests.live.machine import Machine, held

pytestmark = pytest.mark.programs

CLUSTER = "aws:eks/cluster:Cluster"
NODE_GROUP = "aws:eks/nodeGroup:NodeGroup"
ADDON = "aws:eks/addon:Addon"
LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"
LOGS = ["/aws/eks/llm-dev/cluster", "/aws/vpc/llm-dev/flows"]
EKS = """\
config:
  aws:region: us-east-1
  llm-platform:platform:
    cluster: {create: CREATE}
    models: {chat: {model: Qwen/Qwen3-8B, maxModelLen: 8192}}
"""
RUNS = """\
{name: llm-dev, version: "1.35", amiRelease: "1.35.6-20260714",
 addonVersions: {vpc-cni: v1.20.5-eksbuild.1, coredns: v1.13.2-eksbuild.10}}"""
EXISTING_VPC = "{name: llm-dev, zones: [use1-az1, use1-az2], network: {vpcId: vpc-0123456789abcdef0, privateSubnetIds: \
[subnet-0123456789abcdef0, subnet-0123456789abcdef1]}}"


def plan(create: str = "{name: llm-dev}") -> Plan:
    return plan_text("dev", EKS.replace("CREATE", create)).plan


def obstacles(of: Plan) -> list[tuple[str, str, str]]:
    there = look(of, AWS, "organization/llm-platform/dev")
    assert there.not_checked == []
    return [(each.path, each.message, each.fix) for each in there.obstacles]


def test_the_log_groups_that_a_destroyed_cluster_left(machine: Machine) -> None:
    machine.answer(["describe-log-groups"], "\t".join([*LOGS, f"{LOGS[0]}-old"]))
    assert obstacles(plan()) == [
        (
            "cluster.create.name",
            f"the log group {name} exists already: a cluster of this name left it",
            f"run: aws logs delete-log-group --log-group-name {name} --region us-east-1",
        )
        for name in LOGS
    ]


def test_log_groups_of_the_stack_itself_are_its_own(machine: Machine) -> None:
    machine.answer(["describe-log-groups"], "\t".join(LOGS))
    machine.state(*(held(LOG_GROUP, name, name=name) for name in LOGS))
    assert obstacles(plan()) == []


def test_a_vpc_of_somebody_else_gets_no_log_of_connections(machine: Machine) -> None:
    machine.answer(["describe-log-groups"], LOGS[1])
    assert obstacles(plan(EXISTING_VPC)) == []


@pytest.mark.parametrize("why", ["aws: AccessDeniedException: not allowed", "aws isn't installed"])
def test_logs_that_cannot_be_listed_stop_no_other_check(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    machine.answer(["describe-log-groups"], {"fails": why.removeprefix("aws: ")})
    if "installed" in why:
        (machine.folder / "aws").unlink()
        monkeypatch.setenv("PATH", str(machine.folder))
    machine.state(held(ADDON, "cni", addonName="vpc-cni", addonVersion="v9.0.0-eksbuild.1"))
    there = look(plan(), AWS, "dev")
    assert [each.path for each in there.obstacles] == ["cluster.create.addonVersions.vpc-cni"]
    [not_checked] = there.not_checked
    assert str(not_checked) == f"whether an earlier cluster left its log groups: {why}"


@pytest.mark.parametrize(
    ("running", "write"),
    [
        (held(NODE_GROUP, "l4", releaseVersion="1.35.6-20260714"), None),
        (held(NODE_GROUP, "l4", releaseVersion="1.35.5-20260801"), None),  # of an earlier patch release
        (held(NODE_GROUP, "l4", amiType="BOTTLEROCKET_x86_64_NVIDIA", releaseVersion="1.66.0-1ad6b4a4"), None),
        (held(NODE_GROUP, "l4", releaseVersion="1.35.6-20260801"), ("amiRelease", '"1.35.6-20260801"')),
        (held(ADDON, "cni", addonName="vpc-cni", addonVersion="v1.20.5-eksbuild.1"), None),
        (held(ADDON, "cni", addonName="vpc-cni", addonVersion="v1.9.9-eksbuild.1"), None),
        (
            held(ADDON, "cni", addonName="vpc-cni", addonVersion="v1.21.0-eksbuild.1"),
            ("addonVersions", "{vpc-cni: v1.21.0-eksbuild.1}"),
        ),
        (
            held(ADDON, "dns", addonName="coredns", addonVersion="v1.13.2-eksbuild.11"),
            ("addonVersions", "{coredns: v1.13.2-eksbuild.11}"),
        ),
        (held(CLUSTER, "eks", name="llm-dev", version="1.34"), None),
        (held(CLUSTER, "eks", name="llm-dev", version="1.36"), ("version", '"1.36"')),
    ],
)
def test_what_runs_is_not_taken_back(machine: Machine, running: Any, write: tuple[str, str] | None) -> None:
    machine.state(running)
    found = obstacles(plan(RUNS))
    assert [fix for _, _, fix in found] == ([f"cluster: {{create: {{{write[0]}: {write[1]}}}}}"] if write else [])
    assert all(path.startswith(f"cluster.create.{write[0]}") for path, _, _ in found if write)


OF_ITS_OWN = EKS.replace("CREATE", RUNS).replace(
    "    models: {chat: {",
    "    gpuPools: {l4: {instanceTypes: [g6.xlarge], amiRelease: 1.35.6-20260801}}\n    models: {chat: {pool: l4, ",
)


@pytest.mark.parametrize(
    ("name", "release", "write"),
    [
        ("l4-nodes", "1.35.6-20260801", []),  # newer than the cluster's, as its pool says
        ("l4-nodes", "1.35.6-20260901", ['gpuPools: {l4: {amiRelease: "1.35.6-20260901"}}']),
        ("l4-new-nodes", "1.36.2-20260901", []),  # of a pool that goes
        ("cluster-system", "1.35.6-20260801", ['cluster: {create: {amiRelease: "1.35.6-20260801"}}']),
    ],
)
def test_the_nodes_of_a_pool_are_compared_with_its_own_release(
    machine: Machine, name: str, release: str, write: list[str]
) -> None:
    machine.state(held(NODE_GROUP, name, releaseVersion=release))
    assert [fix for _, _, fix in obstacles(plan_text("dev", OF_ITS_OWN).plan)] == write


BEHIND = OF_ITS_OWN.replace("1.35.6-20260801", "1.34.9-20260714")


def test_a_node_group_of_an_older_version_may_stay_and_is_never_made(machine: Machine) -> None:
    """EKS' CreateNodegroup takes the cluster's own version alone."""
    [(path, message, fix)] = obstacles(plan_text("dev", BEHIND).plan)
    assert path == "gpuPools.l4.amiRelease"
    assert message == "EKS makes a node group of its cluster's version 1.35 alone: l4-nodes would be of 1.34"
    assert fix == "leave gpuPools.l4.amiRelease out, or write a release of 1.35"
    made = plan_text("dev", BEHIND)
    runs = made.recording.one(NODE_GROUP, "l4-nodes").inputs
    machine.state(held(NODE_GROUP, "l4-nodes", **runs))
    assert obstacles(made.plan) == []
    for other in ({"instanceTypes": ["g6.2xlarge"]}, {"capacityType": "SPOT"}, {"amiType": "AL2_x86_64_GPU"}):
        machine.state(held(NODE_GROUP, "l4-nodes", **{**runs, **other}))
        assert [each[:2] for each in obstacles(made.plan)] == [(path, message)], other


def test_a_version_that_the_state_only_read_counts_too(machine: Machine) -> None:
    """A node group from a program that didn't set the release."""
    group = held(NODE_GROUP, "l4") | {"outputs": {"releaseVersion": "1.35.6-20260801"}}
    machine.state(held(NODE_GROUP, "system", releaseVersion="1.35.6-20260714"), group)
    [(path, message, _)] = obstacles(plan(RUNS))
    assert path == "cluster.create.amiRelease"
    assert message == "1.35.6-20260714 is older than 1.35.6-20260801, which runs: `up` would take it back"


ADMIN = "arn:aws:iam::111122223333:role/platform"
ENTRY = "aws:eks/accessEntry:AccessEntry"
CREATE = f"{{name: llm-dev, access: {{admins: ['{ADMIN}']}}}}"


@pytest.mark.parametrize(
    ("state", "there", "stands"),
    [
        ((), ADMIN, False),  # the cluster is still to be made
        ((held(CLUSTER, "cluster-eks", name="llm-dev"),), "", False),
        ((held(CLUSTER, "cluster-eks", name="llm-dev"),), f"{ADMIN}\tarn:aws:iam::111122223333:role/node", True),
        ((held(CLUSTER, "cluster-eks", name="llm-dev"), held(ENTRY, "e", principalArn=ADMIN)), ADMIN, False),
    ],
)
def test_an_entry_that_eks_made_itself_is_imported_first(
    machine: Machine, state: tuple[Any, ...], there: str, stands: bool
) -> None:
    machine.state(*state)
    machine.answer(["list-access-entries"], there)
    found = obstacles(plan(CREATE))
    assert [path for path, _, _ in found] == ["cluster.create.access"] * stands
    assert all(f"run: pulumi import -s dev {ENTRY}" in fix and f"'llm-dev:{ADMIN}'" in fix for _, _, fix in found)


def test_the_import_names_the_resource_as_the_program_does(machine: Machine) -> None:
    planned = plan_text("dev", EKS.replace("CREATE", CREATE))
    made = {each.type: each for each in planned.recording.resources if each.type in (ENTRY, CLUSTER)}
    machine.state(held(CLUSTER, "cluster-eks", name="llm-dev") | {"urn": made[CLUSTER].urn})
    command = import_entry(planned.plan, read_state("dev"), ADMIN)
    assert command is not None
    assert f" {ENTRY} '{made[ENTRY].name}' 'llm-dev:{ADMIN}' " in command
    assert f"--parent 'cluster={made[ENTRY].parent}'" in command
    assert f"--provider 'aws={made[ENTRY].options['provider']}'" in command
