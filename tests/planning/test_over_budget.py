"""What a plan over its budget offers: a small model on the CPU is tried, and an offer that isn't enough says so."""

from typing import Any

import pytest

from infra.planning import Plan
from infra.planning.advice import as_mapping
from tests.planning.following import follow, outcome, planned
from tests.planning.stacks import ACCESS

SMALL: dict[str, Any] = {
    "cluster": {"create": {"version": "1.35", "zones": 2, "access": ACCESS}},
    "models": {
        "chat": {"model": "Qwen/Qwen3-8B", "maxModelLen": 8192},
        "tiny": {"model": "Qwen/Qwen3-0.6B", "maxModelLen": 4096},
    },
    "budget": {"usdPerMonth": 600},
}


@pytest.fixture(scope="module")
def plan() -> Plan:
    return planned(SMALL)


def test_a_small_model_on_the_cpu_is_a_way_to_a_budget_and_keeps_to_it(plan: Plan) -> None:
    ways = [as_mapping(way.write) for each in plan.violations for way in each.advice]
    on_cpu = [way for way in ways if any(path.endswith(".gpus") and value == 0 for path, value in way.items())]
    assert on_cpu
    for way in on_cpu:
        then = outcome(follow(SMALL, way))
        assert not then.violations
        assert then.cost.usd_per_month_max <= 600
    assert "on the CPU, where it is slow" in plan.violations[0].fix


def test_a_lower_bill_that_stays_over_the_budget_says_by_how_much(plan: Plan) -> None:
    found = [way for ways in plan.cheaper.values() for way in ways]
    assert found
    for way in found:
        then = outcome(follow(SMALL, as_mapping(way.write)))
        over = round(then.cost.usd_per_month_max) - 600
        assert (f"still ${over:,} over the budget" in way.effect) is (over > 0)


# Two GPUs per replica: two replicas and the pod of a rollout need two nodes of four.
TWO_EACH: dict[str, Any] = {
    "cluster": {"create": {"version": "1.35", "zones": 2, "access": ACCESS}},
    "gpuPools": {"l40s": {"instanceTypes": ["g6e.12xlarge"]}},
    "models": {
        "chat": {"model": "Qwen/Qwen3-32B", "gpus": 2, "maxModelLen": 16384, "replicas": {"min": 1, "max": 3}},
    },
    "budget": {"usdPerMonth": 9000},
}


def test_smaller_weights_on_fewer_gpus_of_the_same_pool_are_a_way_to_a_budget() -> None:
    ways = [as_mapping(way.write) for each in planned(TWO_EACH).violations for way in each.advice]
    fewer = [way for way in ways if way.get("models.chat.gpus") == 1 and "models.chat.pool" not in way]
    assert fewer, ways
    for way in fewer:
        then = outcome(follow(TWO_EACH, way))
        assert not then.violations
        assert then.cost.usd_per_month_max <= 9000
