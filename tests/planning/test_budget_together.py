"""Over a budget that no change keeps to alone: several are found, and each part of them is needed."""

from typing import Any

import pytest

from infra.planning import Plan
from infra.planning.advice import as_mapping
from tests.planning.following import bill, follow, outcome, planned
from tests.planning.stacks import ACCESS

SPOT: dict[str, Any] = {
    "cluster": {"create": {"zones": 3, "network": {"nat": "perZone"}, "access": ACCESS}},
    "gpuPools": {
        "l4": {"instanceTypes": ["g6.xlarge", "g6.2xlarge"], "capacity": "spot"},
        "l40s": {"instanceTypes": ["g6e.12xlarge"], "capacity": "spot"},
    },
    "models": {
        "assistant": {
            "model": "Qwen/Qwen3-8B",
            "pool": "l4",
            "maxModelLen": 8192,
            "concurrency": 4,
            "replicas": {"min": 2, "max": 6},
        },
        "expert": {
            "model": "meta-llama/Llama-3.3-70B-Instruct",
            "quantization": "fp8",
            "pool": "l40s",
            "gpus": 4,
            "maxModelLen": 16384,
            "concurrency": 8,
            "replicas": {"min": 1, "max": 3},
        },
        "embed": {"model": "BAAI/bge-m3", "pool": "l4"},
    },
    "cache": {"kind": "efs"},
}
EXPERT, ASSISTANT = "models.expert.replicas.max", "models.assistant.replicas.max"


def _total(**replicas: int) -> float:
    names = {f"models.{name}.replicas.max": number for name, number in replicas.items()}
    return outcome(follow(SPOT, names)).cost.usd_per_month_max


# With this budget, expert at its minimum and assistant at 5 are as much as may run.
TIGHT = {**SPOT, "budget": {"usdPerMonth": round(_total(expert=1, assistant=5)) + 10}}


def _ways(plan: Plan) -> list[dict[str, Any]]:
    (over,) = plan.violations
    return [dict(each.write) for each in over.advice if "budget.usdPerMonth" not in dict(each.write)]


@pytest.mark.parametrize("most", [2, 3])
def test_fewer_replicas_of_two_models_are_found_with_as_many_as_the_budget_allows(most: int) -> None:
    stack = follow(TIGHT, {EXPERT: most})
    assert {EXPERT: 1, ASSISTANT: 5} in _ways(planned(stack))
    assert outcome(follow(stack, {EXPERT: 1})).violations
    assert outcome(follow(stack, {ASSISTANT: 2})).violations
    assert outcome(follow(stack, {EXPERT: 1, ASSISTANT: 6})).violations


def test_each_part_of_a_way_is_needed_and_the_stated_bill_is_right() -> None:
    stack = {**SPOT, "budget": {"usdPerMonth": 7000}}
    (over,) = planned(stack).violations
    several = [each for each in over.advice if "budget.usdPerMonth" not in dict(each.write)]
    assert several
    for way in several:
        after = outcome(follow(stack, as_mapping(way.write)))
        assert after.violations == ()
        assert f"(${bill(after):,.0f}" in way.text
        for part in (path for path, _ in way.write if ".replicas." in path):
            others = {path: value for path, value in as_mapping(way.write).items() if path != part}
            assert outcome(follow(stack, others)).violations, f"{way.text} without {part}"


def test_a_refused_plan_names_the_lower_bills_and_remedies_that_it_would_have_without_a_budget() -> None:
    """Many instance types are tried that the stack file can't have: they take no other advice away."""
    refused, free = planned(TIGHT), planned(SPOT)
    assert refused.violations
    assert "expert" in refused.cheaper
    assert {name: [each.setting for each in ways] for name, ways in refused.cheaper.items()} == {
        name: [each.setting for each in ways] for name, ways in free.cheaper.items()
    }
    assert {name: [each.name for each in ways] for name, ways in refused.remedies.items()} == {
        name: [each.name for each in ways] for name, ways in free.remedies.items()
    }


def test_a_node_for_rollouts_is_one_change_and_a_gap_in_each_model_are_several() -> None:
    """Both make the other broken rule hold, for a bill that is alike: the ways within the budget have the former."""
    small = {"pool": "l4", "maxModelLen": 8192}
    stack = {
        "cluster": {"create": {"version": "1.35", "zones": 2, "access": ACCESS}},
        "gpuPools": {"l4": {"instanceTypes": ["g6.xlarge"], "max": 4}},
        "models": {
            "a": {"model": "Qwen/Qwen3-8B", **small, "replicas": {"min": 1, "max": 3}},
            "b": {"model": "Qwen/Qwen3-4B", **small},
        },
        "budget": {"usdPerMonth": 2500},
    }
    broken = {each.path: each for each in planned(stack).violations}
    recreate, *_ = broken["gpuPools.l4.max"].advice
    assert [path for path, _ in recreate.write] == ["models.a.rollout.strategy", "models.b.rollout.strategy"]
    ways = broken["budget.usdPerMonth"].advice
    assert ways
    assert not [way.text for way in ways if "recreate" in way.text]
    for way in ways:
        assert outcome(follow(stack, as_mapping(way.write))).violations == ()
