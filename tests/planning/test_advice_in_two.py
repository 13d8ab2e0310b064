"""Where no single change is enough, or a single one costs much, two are tried together, and work when followed."""

from typing import Any

import pytest

from infra.planning.advice import as_mapping
from tests.planning.following import bill, follow, outcome, planned
from tests.planning.test_followed_advice import certain as certainly
from tests.planning.test_followed_advice import check_fixes

P5EN: dict[str, Any] = {
    "cluster": {"create": {"version": "1.35"}},
    "gpuPools": {"big": {"instanceTypes": ["p5en.48xlarge"], "max": 1}},
}
V3 = {"model": "deepseek-ai/DeepSeek-V3", "pool": "big", "gpus": 8, "maxModelLen": 32768, "concurrency": 3}
HALF = {"model": "Qwen/Qwen3-235B-A22B", "quantization": "fp8", "gpus": 4, "maxModelLen": 32768, "concurrency": 4}
SCALING = {"replicas": {"min": 1, "max": 2}}
SMALL = {"model": "Qwen/Qwen3-8B", "maxModelLen": 8192, "concurrency": 4}
RECREATE = {"models.big.rollout.strategy": "recreate"}
ON_L40S = {"gpuPools.g6e-xlarge.instanceTypes": ("g6e.xlarge",), "models.small.pool": "g6e-xlarge"}
ON_L4 = {"gpuPools.g6-xlarge.instanceTypes": ("g6.xlarge",), "models.small.pool": "g6-xlarge"}


def _own(gpu: str, per_node: int, nodes: int, models: dict[str, Any]) -> dict[str, Any]:
    counted = {"gpu": gpu, "gpusPerNode": per_node, "nodes": nodes, "selector": {"gpu": "yes"}, "usdPerGpuHour": 3.5}
    return {
        "cluster": {"existing": {"context": "own"}},
        "gpuPools": {"own": {"existing": counted}},
        "models": models,
        "addons": {"keda": "install", "prometheus": "install"},
        "cache": {"kind": "storageClass", "storageClass": "nfs", "size": "2000Gi"},
    }


def _expensive(models: dict[str, Any], budget: int = 50000) -> dict[str, Any]:
    return {**P5EN, "models": models, "budget": {"usdPerMonth": budget}}


DEAR6 = _expensive({"big": V3, "small": SMALL})
DEAR6_OF_THREE = _expensive({"big": V3, "small": SMALL, "embed": {"model": "BAAI/bge-m3"}})
BOTH_AWAY = ON_L40S | {"models.embed.pool": "g4dn-xlarge"} | RECREATE
DEAR7 = _expensive({"big": V3 | SCALING})
DEAR8 = _expensive({"big": HALF | SCALING | {"pool": "big"}, "small": SMALL | {"pool": "big"}})
DEAR5 = _expensive({"big": V3 | {"rollout": {"strategy": "recreate"}}}, 40000)
DEAR9 = _expensive({"big": V3}, 40000)
DEAR11 = _expensive({"big": V3, "small": SMALL}, 40000)
R1 = V3 | SCALING | {"model": "deepseek-ai/DeepSeek-R1"}
DEAR10 = _expensive({"big": R1, "small": SMALL | {"pool": "big"}})
H2009 = _own("H200", 8, 1, {"big": R1 | {"pool": "own"}, "small": SMALL})
H2009_ROLLING = _own("H200", 8, 1, {"big": R1 | {"pool": "own", "rollout": {"strategy": "rolling"}}, "small": SMALL})
BOTH_SMALL = {"models.embed.gpus": 0, "models.small.gpus": 0}
H2009_OF_THREE = _own("H200", 8, 1, {"big": R1 | {"pool": "own"}, "small": SMALL, "embed": {"model": "BAAI/bge-m3"}})
ONE = {"models.big.replicas.max": 1}
H2006 = _own("H200", 8, 1, {"big": HALF | SCALING, "small": SMALL})
A6K5 = _own(
    "RTX-A6000",
    1,
    4,
    {
        "chat": {"model": "Qwen/Qwen3-32B", "quantization": "fp8", "maxModelLen": 16384, "concurrency": 2},
        "embed": {"model": "BAAI/bge-m3", "replicas": 2},
        "fourth": {"model": "Qwen/Qwen3-14B", "maxModelLen": 8192},
        "small": {"model": "llama3.2:3b", "engine": "ollama"},
    },
)


@pytest.mark.parametrize(
    ("stack", "ways"),
    [
        (DEAR6, [ON_L40S | RECREATE, ON_L4 | RECREATE]),
        (DEAR6_OF_THREE, [BOTH_AWAY]),
        (DEAR7, [{"models.big.replicas.max": 1} | RECREATE]),
        (DEAR8, [{"models.big.replicas.max": 1} | RECREATE, ON_L40S | RECREATE, ON_L4 | RECREATE]),
        (H2006, [{"models.big.replicas.max": 1}, {"models.small.gpus": 0}]),
        (A6K5, [{"models.embed.replicas": 1}, {"models.small.gpus": 0}]),
        (DEAR10, [ONE | ON_L40S | RECREATE, ONE | ON_L4 | RECREATE]),
        (H2009, [ONE | {"models.small.gpus": 0}, ONE | {"models.small.paused": True}]),
        (H2009_ROLLING, [ONE | RECREATE | {"models.small.gpus": 0}, ONE | RECREATE | {"models.small.paused": True}]),
        (H2009_OF_THREE, [ONE | BOTH_SMALL]),
    ],
    ids=[
        "two models",
        "three",
        "one that scales",
        "two, of which one scales",
        "own servers",
        "four own servers",
        "one that scales over the whole node, and a small one",
        "the same on an own server",
        "the same, rolling",
        "three on an own server",
    ],
)
def test_the_cheap_ways_are_named_and_hold(stack: dict[str, Any], ways: list[dict[str, Any]]) -> None:
    plan = planned(stack)
    (violation,) = plan.violations
    check_fixes(stack, plan)
    for way in ways:
        (advice,) = [each for each in violation.advice if way.items() <= dict(each.write).items()]
        after = outcome(follow(stack, as_mapping(advice.write)))
        assert after.violations == ()
        more = round(bill(after) - bill(plan))
        assert more <= 2000
        assert more < 1 or f"+${more:,} per month at most" in advice.text


@pytest.mark.parametrize("stack", [DEAR10, H2009, H2009_ROLLING, H2009_OF_THREE])
def test_a_pause_comes_after_ways_that_keep_every_model(stack: dict[str, Any]) -> None:
    (violation,) = planned(stack).violations
    pauses = [any(path.endswith(".paused") for path in dict(each.write)) for each in violation.advice]
    assert pauses == sorted(pauses)
    assert not pauses[0]


def test_a_budget_goes_with_the_way_that_keeps_every_model() -> None:
    (over,) = [
        each for each in planned({**H2009, "budget": {"usdPerMonth": 20000}}).violations if each.rule == "Budget"
    ]
    (way,) = over.advice
    assert (ONE | {"models.small.gpus": 0, "budget.usdPerMonth": 20500}).items() <= dict(way.write).items()
    assert "paused" not in way.text


@pytest.mark.parametrize("stack", [DEAR6, DEAR7, DEAR8])
def test_what_needs_a_larger_budget_comes_last(stack: dict[str, Any]) -> None:
    (violation,) = planned(stack).violations
    assert ["budget.usdPerMonth" in dict(each.write) for each in violation.advice][-2:] == [False, True]


@pytest.mark.parametrize("stack", [DEAR6, DEAR8])
def test_a_fit_that_is_no_longer_certain_is_said_after_those_that_are(stack: dict[str, Any]) -> None:
    (violation,) = planned(stack).violations
    kept = [each for each in violation.advice if "budget.usdPerMonth" not in dict(each.write)]
    certain = ["small" in certainly(outcome(follow(stack, as_mapping(each.write)))) for each in kept]
    assert certain == sorted(certain, reverse=True)
    assert [not each.text.endswith("; fits, but not for certain)") for each in kept] == certain
    assert not all(certain)


@pytest.mark.parametrize(("stack", "other"), [(DEAR9, RECREATE), (DEAR11, ON_L40S | RECREATE)])
@pytest.mark.parametrize(
    "saving", [{"gpuPools.big.capacity": "spot"}, {"gpuPools.big.instanceTypes": ("g7e.48xlarge",)}]
)
def test_savings_within_the_budget_go_with_the_first_way_of_the_other_rule(
    stack: dict[str, Any], other: dict[str, Any], saving: dict[str, Any]
) -> None:
    plan = planned(stack)
    (budget,) = [each for each in plan.violations if each.rule == "Budget"]
    (advice,) = [each for each in budget.advice if saving.items() <= dict(each.write).items()]
    after = outcome(follow(stack, as_mapping(advice.write)))
    assert other.items() <= dict(advice.write).items()
    assert "models.big.rollout.strategy: recreate (" in advice.text
    assert after.violations == ()
    assert bill(after) <= 27000
    assert f"(${bill(after):,.0f}" in advice.text
    check_fixes(stack, plan)


@pytest.mark.parametrize(("stack", "budget"), [(DEAR9, 47100), (DEAR11, 48400)])
def test_a_budget_that_is_enough_goes_with_the_first_way_too(stack: dict[str, Any], budget: int) -> None:
    (over,) = [each for each in planned(stack).violations if each.rule == "Budget"]
    assert over.advice[-1].text.startswith(f"budget.usdPerMonth: {budget} with ")
    assert outcome(follow(stack, as_mapping(over.advice[-1].write))).violations == ()


@pytest.mark.parametrize("stack", [DEAR5, DEAR9])
def test_the_same_nodes_for_the_same_bill_are_named_once_and_whether_they_fit(stack: dict[str, Any]) -> None:
    plan = planned(stack)
    (over,) = [each for each in plan.violations if each.rule == "Budget"]
    (likely,) = [each for each in over.advice if any(value == ("g7e.48xlarge",) for _, value in each.write)]
    assert likely.text.endswith("; fits, but not for certain)")
    (way,) = [each for each in plan.cheaper["big"] if any(value == ("g7e.48xlarge",) for _, value in each.write)]
    assert way.effect.endswith("; fits, but not for certain")


# Three nodes may run, of which one is enough once the small model is elsewhere.
WIDE = {**P5EN, "gpuPools": {"big": {**P5EN["gpuPools"]["big"], "max": 3}}, "models": {"big": V3, "small": SMALL}}


# Without the small model one node is enough at the minimum, and at the maximum as many as with it.
ROUNDED = {
    **P5EN,
    "gpuPools": {"four": {"instanceTypes": ["g6e.12xlarge"], "max": 3}},
    "models": {
        "chat": {"model": "Qwen/Qwen3-32B", "maxModelLen": 16384, "gpus": 2, "replicas": {"min": 2, "max": 3}},
        "small": SMALL,
    },
}


@pytest.mark.parametrize(("stack", "rising"), [(WIDE, False), (ROUNDED, True)])
def test_a_lower_bill_says_where_the_maximum_rises(stack: dict[str, Any], rising: bool) -> None:
    plan = planned(stack)
    ways = [each for found in plan.cheaper.values() for each in found]
    rises = []
    for way in ways:
        then = outcome(follow(stack, as_mapping(way.write))).cost.usd_per_month_max
        more = round(then) - round(plan.cost.usd_per_month_max)
        rises.append(more >= 1)
        assert (f"the maximum is then ${then:,.0f}, ${more:,.0f} more" in way.effect) is (more >= 1)
    assert any(rises) is rising


@pytest.mark.parametrize(("given", "left"), [(3, 2), (5, 4), (2, None)])
def test_a_lower_bill_lowers_a_written_maximum_by_the_nodes_that_it_frees(given: int, left: int | None) -> None:
    """17 GPUs with a rollout are three nodes, 16 are two; what the stack file gives beyond the need stays."""
    stack = {**WIDE, "gpuPools": {"big": {**P5EN["gpuPools"]["big"], "max": given}}}
    (way,) = [each for each in planned(stack).cheaper["small"] if each.setting.startswith("pool: g6-xlarge")]
    assert dict(way.write).get("gpuPools.big.max") == left
    assert (f"gpuPools.big.max: {left}" in way.beside) is (left is not None)
    after = outcome(follow(stack, as_mapping(way.write)))
    assert after.violations == ()
    assert after.pools["big"].max == (left or given)


def test_a_budget_is_kept_to_by_a_move_with_the_lower_maximum() -> None:
    stack = {**WIDE, "budget": {"usdPerMonth": 50000}}
    plan = planned(stack)
    (over,) = plan.violations
    check_fixes(stack, plan)
    assert any((ON_L4 | {"gpuPools.big.max": 2}).items() <= dict(each.write).items() for each in over.advice)


@pytest.mark.parametrize("budget", [94000, 200000])
def test_a_budget_hides_no_lower_bill_that_keeps_to_it(budget: int) -> None:
    with_budget = planned({**WIDE, "budget": {"usdPerMonth": budget}})
    assert with_budget.violations == ()
    assert with_budget.cheaper == planned(WIDE).cheaper


def test_no_warning_stands_beside_a_refusal_that_says_what_to_do_with_the_same_model() -> None:
    plan = planned(DEAR6)
    assert [each for each in plan.warnings if each.kind == "mostly-empty"] == []
    assert any("models.small." in path for way in plan.violations[0].advice for path, _ in way.write)
