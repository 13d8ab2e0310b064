"""The node groups of a pool: one, or one per zone whose sizes add up to the pool's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.clouds.aws.groups import _shares
from infra.planning import Plan
from tests.example_stacks import plan_text
from tests.planning.stacks import DEV, changed, plan

ZONES = ["use1-az1", "use1-az2", "use1-az4"]


def grouped(**pool: object) -> Plan:
    stack = changed(DEV, cluster__create__zones=ZONES)
    stack["gpuPools"]["l4"] |= pool
    return plan(stack)


def sizes(made: Plan) -> dict[str, tuple[int, int]]:
    return {place: (group.min, group.max) for place, group in made.pools["l4"].groups.items()}


def test_one_group_has_every_zone_unless_the_file_says_otherwise() -> None:
    made = grouped(min=1, max=4)
    assert sizes(made) == {"": (1, 4)}
    choice = made.chosen["gpuPools.l4.nodeGroups"]
    assert choice.value == "one"
    assert "asks no disruption budget" in choice.reason
    assert "gpuPools.l4.nodeGroups" not in grouped(nodeGroups="one").chosen


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 3, {"use1-az1": (0, 1), "use1-az2": (0, 1), "use1-az4": (0, 1)}),
        (2, 7, {"use1-az1": (1, 3), "use1-az2": (1, 2), "use1-az4": (0, 2)}),
        (0, 2, {"use1-az1": (0, 1), "use1-az2": (0, 1)}),
    ],
)
def test_groups_of_zones_add_up_to_the_pool(low: int, high: int, expected: dict) -> None:
    made = grouped(nodeGroups="perZone", min=low, max=high)
    assert sizes(made) == expected
    assert (made.pools["l4"].min, made.pools["l4"].max) == (low, high)
    assert made.cost == grouped(nodeGroups="one", min=low, max=high).cost, "bill and quota are the pool's"
    assert made.quotas == grouped(min=low, max=high).quotas


@given(total=st.integers(0, 60), more=st.integers(0, 60), parts=st.integers(1, 6))
def test_parts_add_up_and_a_larger_total_lowers_none(total: int, more: int, parts: int) -> None:
    """EKS refuses a maximum below the number of running nodes."""
    small, large = _shares(total, parts), _shares(total + more, parts)
    assert (sum(small), sum(large)) == (total, total + more)
    assert all(before <= after for before, after in zip(small, large, strict=True))


def without_a_zone(made: Plan) -> list[str]:
    return [note.message for note in made.warnings if "has no node in one zone" in note.message]


def test_a_zone_without_capacity_is_a_warning_where_the_models_need_it() -> None:
    seven = changed(DEV, cluster__create__zones=ZONES, models__qwen3_8b__replicas={"min": 1, "max": 6})
    short = changed(seven, gpuPools__l4__nodeGroups="perZone", gpuPools__l4__max=7)
    (message,) = without_a_zone(plan(short))
    assert "max 7 is 3 + 2 + 2 over use1-az1, use1-az2, use1-az4" in message
    assert "grows only to 4, and its replicas and one rollout need 7: gpuPools.l4.max: 11 is enough then" in message
    assert without_a_zone(plan(changed(short, gpuPools__l4__max=10))) != []
    assert without_a_zone(plan(changed(short, gpuPools__l4__max=11))) == []


def test_a_zone_without_capacity_is_a_reason_where_the_others_are_enough() -> None:
    made = grouped(nodeGroups="perZone", max=7)
    assert without_a_zone(made) == []
    assert made.pools["l4"].reasons[-1] == (
        "perZone: max 7 is 3 + 2 + 2 over use1-az1, use1-az2, use1-az4; if AWS has no node in one zone, the pool still"
        " grows to 4, and its replicas and one rollout need 2"
    )


@pytest.mark.parametrize(
    ("maximum", "without"), [({}, "use1-az4"), ({"max": 1}, "use1-az2, use1-az4"), ({"max": 3}, None)]
)
def test_zones_that_get_no_group_are_a_warning(maximum: dict[str, int], without: str | None) -> None:
    """Without `max` the program chooses 2 here: one node for a replica, one for a rollout."""
    warned = [
        note.message for note in grouped(nodeGroups="perZone", **maximum).warnings if "no node group" in note.message
    ]
    assert len(warned) == (without is not None)
    assert all(f"no node group in {without}; gpuPools.l4.max: 3 gives each zone a group" in each for each in warned)


def test_one_zone_needs_no_second_way() -> None:
    made = plan(changed(DEV, cache={"kind": "ebs"}, gpuPools__l4__nodeGroups="perZone"))
    assert list(made.pools["l4"].groups) == [""]


OWN_VPC = {
    "vpcId": "vpc-0ab1",
    "privateSubnetIds": ["subnet-0ab1", "subnet-0ab2"],
}


def test_a_vpc_that_exists_has_a_group_per_subnet() -> None:
    stack = changed(DEV, cluster__create__zones=["use1-az1", "use1-az2"], cluster__create__network=OWN_VPC)
    made = plan(changed(stack, gpuPools__l4={"instanceTypes": ["g6.xlarge"], "nodeGroups": "perZone", "max": 2}))
    assert list(made.pools["l4"].groups) == OWN_VPC["privateSubnetIds"]


def test_subnets_of_unknown_zones_are_refused_where_a_zone_has_no_such_type() -> None:
    network = {**OWN_VPC, "privateSubnetIds": ["subnet-0ab1", "subnet-0ab2", "subnet-0ab3"]}
    stack = changed(DEV, cluster__create__zones=["use1-az1", "use1-az2"], cluster__create__network=network)
    made = plan(changed(stack, gpuPools__l4__nodeGroups="perZone"))
    (refused,) = [each for each in made.violations if each.path == "gpuPools.l4.nodeGroups"]
    assert refused.fix == "gpuPools.l4.nodeGroups: one"


def test_more_groups_than_eks_has_by_default_are_a_to_do() -> None:
    pools = {f"l4-{index}": {"instanceTypes": ["g6.xlarge"], "nodeGroups": "perZone", "max": 3} for index in range(10)}
    stack = changed(DEV, cluster__create__zones=ZONES, models__qwen3_8b__pool="l4-0")
    stack["gpuPools"] = pools
    (asked,) = [note.message for note in plan(stack).to_do if "L-6D54EA21" in note.message]
    assert "31 groups at least; the default is 30" in asked
    stack["gpuPools"]["l4-9"]["nodeGroups"] = "one"
    assert not [note for note in plan(stack).to_do if "L-6D54EA21" in note.message]


def test_the_groups_are_made_each_in_its_zone() -> None:
    made = plan_text(
        "zones",
        """\
config:
  aws:region: us-east-1
  llm-platform:platform:
    cluster: {create: {version: "1.35", zones: [use1-az1, use1-az2]}}
    gpuPools: {l4: {instanceTypes: [g6.xlarge], nodeGroups: perZone, max: 3}}
    models: {chat: {model: Qwen/Qwen3-8B, maxModelLen: 8192}}
""",
    ).recording
    groups = {
        r.name: r.inputs["subnetIds"] for r in made.of("aws:eks/nodeGroup:NodeGroup") if r.name != "cluster-system"
    }
    assert groups == {f"l4-nodes-{zone}": [f"${{network-private-{zone}.id}}"] for zone in ("use1-az1", "use1-az2")}
