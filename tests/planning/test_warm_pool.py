"""`gpuPools.X.warmPool`: stopped instances that have booted before."""

from typing import Any

import pytest

from infra.clouds.aws.quotas import OF_INSTANCES
from infra.planning import Plan
from tests.example_stacks import planned
from tests.planning.following import follow, line, outcome
from tests.planning.stacks import CATALOG, PROD, changed, plan

FIGURES = CATALOG.cold_start
WITHOUT = plan(PROD)
WARM = changed(PROD, gpuPools__l4__warmPool=2)
WITH = plan(WARM)
SITE = planned("warm-pool")


def test_a_node_comes_sooner_and_its_image_is_on_ebs() -> None:
    cold, warm = (each.models["llama-8b"].cold_start for each in (WITHOUT, WITH))
    assert warm.parts["node"].mid == FIGURES["launch-warm"].value < cold.parts["node"].mid
    assert warm.parts["boot"] == cold.parts["boot"]
    assert warm.parts["image"].mid >= cold.parts["image"].mid
    assert "gp3" in warm.parts["image"].reason


def test_a_replica_that_comes_while_all_are_on_their_way_waits_for_a_new_instance() -> None:
    assert WITH.models["llama-8b"].cold_start.parts["node"].high == FIGURES["launch"].high


def test_the_disks_of_stopped_instances_are_billed_all_month_and_no_instance() -> None:
    (disks,) = [each for each in WITH.cost.items if each.name == "warm pool of l4"]
    pool, prices = WITH.pools["l4"], CATALOG.aws.prices
    disk = pool.root_gib * prices.gp3_gib_month + (pool.root_throughput - 125) * prices.gp3_mibps_month
    assert disks.min == disks.max == pytest.approx(2 * disk)
    before, after = (next(each for each in result.cost.items if each.pool == "l4") for result in (WITHOUT, WITH))
    assert (before.min, before.max) == (after.min, after.max)


def test_the_quota_has_room_for_them_since_each_runs_while_it_boots() -> None:
    code, _ = OF_INSTANCES["G", "on-demand"]
    before, after = (next(each.needed for each in result.quotas if each.code == code) for result in (WITHOUT, WITH))
    assert after - before == 2 * CATALOG.instances["g6.2xlarge"].vcpus


def test_the_remedy_says_what_it_saves_and_costs() -> None:
    (offered,) = [each for each in WITHOUT.remedies["llama-8b"] if each.name == "warm pool"]
    assert offered.write == "gpuPools.l4.warmPool: 1"
    then = plan(changed(PROD, gpuPools__l4__warmPool=1))
    before, after = (result.models["llama-8b"].cold_start.seconds for result in (WITHOUT, then))
    assert offered.seconds == pytest.approx(before - after, abs=1)
    assert offered.usd_per_month == pytest.approx(then.cost.usd_per_month_min - WITHOUT.cost.usd_per_month_min)


@pytest.mark.parametrize(
    "written",
    [
        {"gpuPools__l4__capacity": "spot"},
        {"gpuPools__l4__instanceTypes": ["g6.xlarge", "g6.2xlarge"]},
        {"gpuPools__l4__warmPool": 1},
    ],
    ids=["spot", "several types", "in use"],
)
def test_it_is_not_offered_where_it_is_refused_or_in_use(written: dict[str, Any]) -> None:
    result: Plan = plan(changed(PROD, **written))
    assert "warm pool" not in {each.name for each in result.remedies["llama-8b"]}


def test_the_group_stops_as_many_as_asked_for_and_puts_nothing_on_nvme() -> None:
    groups = {each.name: each.inputs for each in SITE.recording.of("aws:eks/nodeGroup:NodeGroup")}
    one = {"poolState": "STOPPED", "minSize": 1, "maxGroupPreparedCapacity": 1}
    assert groups["l4-nodes"]["warmPoolConfig"] == one
    assert "warmPoolConfig" not in groups["cluster-system"]
    zones = [each for name, each in groups.items() if name.startswith("l40s-nodes")]
    assert [each.get("warmPoolConfig") for each in zones] == [one, None]
    assert not any(pool.nvme for pool in SITE.plan.pools.values())


def test_stopped_instances_that_the_pool_can_never_use_are_named_with_the_number_that_it_can() -> None:
    stack = changed(PROD, gpuPools__l4__warmPool=4, gpuPools__l4__min=2, gpuPools__l4__max=5)
    (said,) = _warnings(stack)
    assert said.startswith("4 stopped instances, and l4 grows by 3 nodes at most (min 2, max 5)")
    assert _warnings(follow(stack, line(said.rpartition("; ")[2]))) == []


def _warnings(stack: dict[str, Any]) -> list[str]:
    return [each.message for each in outcome(stack).warnings if each.path == "gpuPools.l4.warmPool"]


def test_a_move_to_another_pool_keeps_the_stopped_instances() -> None:
    """And what it saves is without them."""
    moves = [
        dict(way.write) for way in WITH.cheaper["llama-8b"] if "gpuPools.g6-xlarge.instanceTypes" in dict(way.write)
    ]
    assert [each["gpuPools.g6-xlarge.warmPool"] for each in moves] == [2]
