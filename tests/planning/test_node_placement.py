"""Where a pool's nodes are on AWS's hardware, and of which release they are."""

import pytest

from infra.planning import Plan
from tests.example_stacks import planned
from tests.invariants.reading import LAUNCH_TEMPLATE, NODE_GROUP, PLACEMENT_GROUP
from tests.planning.following import follow
from tests.planning.stacks import DEV, changed, plan


def test_all_nodes_of_a_pool_are_in_its_placement_group() -> None:
    recording = planned("racks").recording
    made = {each.name: each.inputs for each in recording.of(PLACEMENT_GROUP)}
    assert made == {
        "apart-placement": {"strategy": "spread", "spreadLevel": "rack"},
        "parts-placement": {"strategy": "partition", "partitionCount": 7},
    }
    templates = {each.name: each.inputs.get("placement") for each in recording.of(LAUNCH_TEMPLATE)}
    assert templates == {
        "apart-template": {"groupName": "${apart-placement.name}"},
        "cluster-system": None,
        "parts-template": {"groupName": "${parts-placement.name}"},
        "theirs-template": {"groupName": "team-ml"},
    }


def test_a_pools_own_release_says_the_version_of_its_nodes_and_no_others() -> None:
    groups = planned("racks").recording.of(NODE_GROUP)
    versions = {each.name: (each.inputs["version"], each.inputs["releaseVersion"]) for each in groups}
    assert versions.pop("parts-nodes") == ("1.34", "1.34.9-20260714")
    assert set(versions.values()) == {("1.35", "1.35.6-20260714")}


def apart(nodes: int, groups: str = "one") -> Plan:
    return plan(changed(DEV, gpuPools__l4={**POOL, "max": nodes, "nodeGroups": groups}))


POOL = {"instanceTypes": ["g6.xlarge"], "placementGroup": "spread"}


@pytest.mark.parametrize(("instances", "refused"), [(7, False), (8, True)])
def test_a_reservation_with_more_nodes_than_its_zone_holds_apart_is_refused(instances: int, refused: bool) -> None:
    step = {"reservation": "cr-0a1b2c3d4e5f60719", "instances": instances, "zone": "use1-az2"}
    pool = {**POOL, "max": 10, "capacity": [step, "on-demand"]}
    found = plan(changed(DEV, gpuPools__l4=pool)).violations
    said = "spread holds 7 nodes per zone: cr-0a1b2c3d4e5f60719 has 8 in use1-az2"
    assert [each.message for each in found] == [said] * refused


@pytest.mark.parametrize("groups", ["one", "perZone"])
def test_more_nodes_than_a_zones_racks_are_refused_with_a_way_that_works(groups: str) -> None:
    assert apart(14, groups).violations == ()
    (refused,) = apart(15, groups).violations
    assert refused.message.startswith("spread holds 7 nodes per zone, and use1-az")
    assert refused.message.endswith("together 14: max is 15")
    (advice,) = refused.advice
    stack = changed(DEV, gpuPools__l4={**POOL, "max": 15, "nodeGroups": groups})
    assert plan(follow(stack, dict(advice.write))).violations == ()
