"""One expensive node that is reserved, and others on demand: one change keeps to the budget and holds each rule."""

import re
from typing import Any

import pytest

from infra.plan.notes import Violation
from infra.planning import Plan
from infra.planning.advice import as_mapping
from tests.planning.following import bill, broken, follow, outcome, planned
from tests.planning.test_followed_advice import check_fixes

REGION = "us-east-2"
RESERVED = {"reservation": "cr-0a1b2c3d4e5f60718", "zone": "use2-az1", "instances": 1}
STACK: dict[str, Any] = {
    "cluster": {"create": {"version": "1.35", "zones": ["use2-az1", "use2-az2", "use2-az3"]}},
    "gpuPools": {"big": {"instanceTypes": ["p5en.48xlarge"], "max": 1, "capacity": [RESERVED, "on-demand"]}},
    "models": {
        "huge": {"model": "deepseek-ai/DeepSeek-V3.1", "pool": "big", "gpus": 8, "maxModelLen": 32768},
        "small": {"model": "Qwen/Qwen3-8B", "maxModelLen": 16384, "replicas": {"min": 0, "max": 2}},
    },
    "addons": {"keda": "install", "prometheus": "install"},
    "budget": {"usdPerMonth": 50000},
}
RECREATE = {"models.huge.rollout.strategy": "recreate"}
AWAY = {"gpuPools.g6-xlarge.instanceTypes": ("g6.xlarge",), "models.small.pool": "g6-xlarge"}


@pytest.fixture(scope="module")
def refused() -> Plan:
    return planned(STACK, REGION)


def of_rule(plan: Plan, rule: str) -> Violation:
    (found,) = [each for each in plan.violations if each.rule == rule]
    return found


def test_the_budget_is_kept_by_the_change_that_a_person_finds(refused: Plan) -> None:
    (way,) = of_rule(refused, "Budget").advice
    assert as_mapping(way.write).keys() == (AWAY | RECREATE).keys()
    then = outcome(follow(STACK, as_mapping(way.write)), REGION)
    assert then.violations == ()
    assert f"(${bill(then):,.0f}" in way.text
    assert bill(then) < 50000 < bill(refused)
    assert re.search(r"; about \d+ min without huge per rollout", way.text)


def test_two_rules_about_the_same_maximum_name_the_same_ways(refused: Plan) -> None:
    """One change is enough for both; it is the same as the first one that the budget names."""
    peak, nodes = (of_rule(refused, rule) for rule in ("GPUs at peak", "GPU nodes"))
    assert peak.path == nodes.path == "gpuPools.big.max"
    assert [dict(each.write) for each in peak.advice] == [dict(each.write) for each in nodes.advice]
    assert dict(peak.advice[0].write) == dict(of_rule(refused, "Budget").advice[0].write)
    check_fixes(STACK, refused, REGION)


def test_the_bill_names_no_maximum_that_is_smaller_already(refused: Plan) -> None:
    """More nodes are counted because of the groups, which no smaller `max` changes."""
    (row,) = [item for item in refused.cost.items if item.pool == "big"]
    assert refused.pools["big"].max == 1
    assert "gpuPools.big.max" not in row.what


def test_each_way_says_how_the_expected_bill_rises_where_the_maximum_does_not(refused: Plan) -> None:
    for way in of_rule(refused, "GPU nodes").advice:
        then = outcome(follow(STACK, as_mapping(way.write)), REGION)
        expected = round(then.cost.usd_per_month_expected) - round(refused.cost.usd_per_month_expected)
        less = round(refused.cost.usd_per_month_max) - round(then.cost.usd_per_month_max)
        assert expected >= 1
        assert re.findall(r"\+\$([\d,]+) (?:per month )?expected", way.text) == [f"{expected:,}"]
        assert re.findall(r"-\$([\d,]+) at most", way.text) == ([f"{less:,}"] if less >= 1 else [])
    assert dict(of_rule(refused, "GPU nodes").advice[-1].write) == {"gpuPools.big.max": refused.pools["big"].max_needed}


def test_each_way_on_other_nodes_says_its_bill_while_the_budget_is_broken(refused: Plan) -> None:
    """Those that cost less too: a reader compares them."""
    for way in of_rule(refused, "GPU nodes").advice:
        usd = bill(outcome(follow(STACK, as_mapping(way.write)), REGION))
        left = f"${round(usd) - 50000:,} over 50,000" if usd > 50000 else "within 50,000"
        assert f"the bill is then ${usd:,.0f}, {left}" in way.text


def test_where_the_old_pod_ends_first_already_another_pool_is_all_that_is_needed() -> None:
    stack = follow(STACK, RECREATE)
    plan = planned(stack, REGION)
    assert ("GPUs at peak", "gpuPools.big.max") in broken(plan)
    (way,) = of_rule(plan, "Budget").advice
    assert dict(way.write) == AWAY
    assert outcome(follow(stack, dict(way.write)), REGION).violations == ()


def test_where_all_is_reserved_the_old_pod_ends_first_before_a_second_node_is_named() -> None:
    """Beside one reserved node, a node on demand for rollouts costs more, and may not come."""
    reserved = {"gpuPools.big.capacity": [RESERVED], **AWAY, "budget.usdPerMonth": 60000}
    stack = follow(STACK, reserved)
    (refused,) = planned(stack, REGION).violations
    assert refused.rule == "GPUs at peak"
    first, beside = (as_mapping(each.write) for each in refused.advice)
    assert first == RECREATE
    assert set(beside) == {"gpuPools.big.capacity", "gpuPools.big.max"}
    assert outcome(follow(stack, first), REGION).violations == ()
