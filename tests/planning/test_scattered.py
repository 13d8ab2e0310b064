"""Nodes that the stack makes, for replicas of different sizes: no order in which they come leaves one without a node,
or the plan says so and what to write."""

from collections import Counter
from typing import Any

import pytest

from infra.cli.report import report
from infra.offers.worst_case import may_wait
from infra.offline import Planned
from infra.plan.plan import Plan
from infra.planning.advice import as_mapping
from infra.recording import Recording
from tests.planning.following import follow, outcome, planned
from tests.planning.stacks import DEV, changed

TINY = {"model": "Qwen/Qwen3-0.6B", "maxModelLen": 2048, "rollout": {"strategy": "recreate"}, "pool": "p"}
LARGE = {**TINY, "gpus": 4, "replicas": 2}
SMALL = {**TINY, "replicas": 4}


def _stack(pool: dict[str, Any], scaler: str = "clusterAutoscaler", **models: Any) -> dict[str, Any]:
    stack = changed(DEV, cluster__create__zones=["use1-az1", "use1-az2"], cluster__create__nodeScaler=scaler)
    return {**stack, "gpuPools": {"p": {"instanceTypes": ["g6.12xlarge"], **pool}}, "models": models}


def _doubts(plan: Plan) -> list[str]:
    return [each.path for each in plan.warnings if each.kind == "no-free-node"]


@pytest.mark.parametrize("scaler", ["clusterAutoscaler", "karpenter"])
def test_a_maximum_that_packed_replicas_alone_keep_is_not_ok_and_each_way_out_holds(scaler: str) -> None:
    """Four small ones may be on four nodes: then none of three has four free GPUs."""
    stack = _stack({"max": 3}, scaler, large=LARGE, small=SMALL)
    plan = planned(stack)
    assert not plan.violations
    (warning,) = [each for each in plan.warnings if each.kind == "no-free-node"]
    assert warning.path == "models.large.pool"
    (ok, *_) = report(Planned(plan, Recording([], {}))).verdict
    assert ok == (
        "OK, but",
        "it isn't certain that Kubernetes finds for large 4 free GPUs of one node of p; every rule holds",
    )
    assert [each.text.partition(" (")[0] for each in warning.advice] == [
        "gpuPools.p.max: 6",
        "gpuPools.p-large.instanceTypes: [g6.12xlarge] with models.large.pool: p-large and gpuPools.p.max: 1",
    ]
    for way in warning.advice:
        assert way.text in warning.message
        assert "for the hours of rollouts" not in way.text
        then = outcome(follow(stack, as_mapping(way.write)))
        assert not then.violations
        assert not _doubts(then)
        assert then.cost.usd_per_month_min == pytest.approx(plan.cost.usd_per_month_min)
        assert then.cost.usd_per_month_expected == pytest.approx(plan.cost.usd_per_month_expected)
        more = then.cost.usd_per_month_max - plan.cost.usd_per_month_max
        assert (f"+${more:,.0f} per month at most" in way.text) == (more >= 1)


def test_the_worked_out_maximum_is_the_smallest_that_always_holds_and_moves_the_maximum_bill_alone() -> None:
    free = _stack({}, large=LARGE, small=SMALL)
    pool = outcome(free).pools["p"]
    sizes = Counter({4: 2, 1: 4})
    assert (pool.max, may_wait(sizes, 6, 4), may_wait(sizes, 5, 4)) == (6, set(), {4})
    assert pool.needed == 3
    limited = outcome(changed(free, gpuPools__p__max=3))
    there = outcome(free)
    assert not _doubts(there)
    assert there.cost.usd_per_month_expected == pytest.approx(limited.cost.usd_per_month_expected)
    assert there.cost.usd_per_month_min == pytest.approx(limited.cost.usd_per_month_min)
    (item,) = [each for each in there.cost.items if each.pool == "p"]
    assert item.what == "3 / 3 / 6 x g6.12xlarge, 3 where pods leave no gaps"
    larger = outcome(changed(free, gpuPools__p__max=7)).cost.items
    assert [each.what.partition(", ")[2] for each in larger if each.pool == "p"] == [
        "though replicas and rollouts need 6 (gpuPools.p.max)"
    ]
    reason = there.chosen["gpuPools.p.max"].reason
    assert reason.startswith("6 nodes of 4 GPUs: ")
    assert reason.endswith("; 3 nodes where their pods leave no gaps")


def test_replicas_of_one_size_need_no_more_than_packed_ones() -> None:
    plan = outcome(_stack({"max": 2}, a=SMALL, b=SMALL))
    assert (plan.pools["p"].needed, plan.pools["p"].max_needed) == (2, 2)
    assert not _doubts(plan)


@pytest.mark.parametrize(("rolling", "expected"), [("large", 3), ("small", 2)])
def test_the_new_pod_of_a_rollout_has_a_node_wherever_the_replicas_are(rolling: str, expected: int) -> None:
    """Two small ones may be on two nodes; a small new pod fits beside them, and a large one needs another node."""
    models = {"large": {**LARGE, "replicas": 1}, "small": {**SMALL, "replicas": 1}}
    models[rolling] = {**models[rolling], "rollout": {"strategy": "rolling"}}
    assert outcome(_stack({}, large=models["large"], small=models["small"])).pools["p"].max == expected
    two = outcome(_stack({"max": 3}, large=models["large"], small={**models["small"], "replicas": 2}))
    waits = rolling == "large"
    assert _doubts(two) == (["models.large.pool"] if waits else [])
    said = "it isn't certain that one node of p has 4 GPUs free for it"
    assert two.models[rolling].rollout.reason.endswith(said) == waits


def test_what_is_reserved_alone_gets_no_larger_maximum_as_advice() -> None:
    step = {"reservation": "cr-0a1b2c3d4e5f60718", "instances": 3, "zone": "use1-az1"}
    plan = planned(_stack({"capacity": [step]}, large=LARGE, small=SMALL))
    (warning,) = [each for each in plan.warnings if each.kind == "no-free-node"]
    assert warning.advice == ()


def test_a_pool_that_is_too_small_is_advised_the_maximum_that_always_holds() -> None:
    stack = _stack({"max": 2}, large=LARGE, small=SMALL)
    (violation,) = [each for each in planned(stack).violations if each.path == "gpuPools.p.max"]
    (way, *_) = [each for each in violation.advice if "gpuPools.p.max" in as_mapping(each.write)]
    assert as_mapping(way.write)["gpuPools.p.max"] == 6
    then = outcome(follow(stack, as_mapping(way.write)))
    assert not then.violations
    assert not _doubts(then)


def test_a_smaller_maximum_for_a_budget_says_which_model_may_wait() -> None:
    """A separate pool would cost as much as the gaps."""
    free = _stack({}, large={**LARGE, "gpus": 2, "replicas": 1}, small={**SMALL, "replicas": 6})
    packed = outcome(changed(free, gpuPools__p__max=2)).cost.usd_per_month_max
    plan = planned(changed(free, budget={"usdPerMonth": round(packed) + 1}))
    assert [each for each in plan.warnings if each.kind == "gaps"] == []
    (violation,) = plan.violations
    (way,) = [each for each in violation.advice if as_mapping(each.write) == {"gpuPools.p.max": 2}]
    assert way.text == f"gpuPools.p.max: 2 (${packed:,.0f}; large may wait for 2 free GPUs of one node of p)"


def test_nodes_for_gaps_are_warned_of_with_a_pool_that_needs_none_and_that_pool_is_a_way_to_a_budget() -> None:
    stack = _stack({}, large=LARGE, small=SMALL)
    plan = planned(stack)
    (warning,) = [each for each in plan.warnings if each.kind == "gaps"]
    (way,) = warning.advice
    assert way.text == "gpuPools.p-large.instanceTypes: [g6.12xlarge] with models.large.pool: p-large"
    then = planned(follow(stack, as_mapping(way.write)))
    assert not then.violations
    assert [each.kind for each in then.warnings if each.kind == "gaps"] == []
    assert [pool.max for pool in then.pools.values()] == [1, 2]
    saved = plan.cost.usd_per_month_max - then.cost.usd_per_month_max
    assert saved > 5000
    assert f"makes the maximum bill ${saved:,.0f} lower" in warning.message
    limited = {**stack, "budget": {"usdPerMonth": round(then.cost.usd_per_month_max) + 10}}
    (over,) = planned(limited).violations
    assert way.write in [each.write for each in over.advice]


def test_replicas_of_one_size_leave_no_gaps() -> None:
    plan = planned(_stack({}, small=SMALL, other={**SMALL, "replicas": 3}))
    assert [each for each in plan.warnings if each.kind == "gaps"] == []
