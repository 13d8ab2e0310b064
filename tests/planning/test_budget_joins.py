"""Over a budget that a person keeps to by a join of changes: the program finds one too, and says what it takes."""

import re
from collections.abc import Mapping
from typing import Any

import pytest

from infra.plan.words import LIKELY
from infra.planning import Plan
from infra.planning.advice import as_mapping
from tests.planning.following import bill, follow, outcome, planned
from tests.planning.stacks import ACCESS

CODER = {"model": "Qwen/Qwen2.5-Coder-32B-Instruct", "maxModelLen": 16384, "concurrency": 4, "pool": "big", "gpus": 4}
CHAT = {"model": "Qwen/Qwen3-8B", "maxModelLen": 8192, "pool": "small", "concurrency": 4}
TWO: dict[str, Any] = {
    "cluster": {"create": {"zones": 2, "access": ACCESS}},
    "gpuPools": {"big": {"instanceTypes": ["g6e.12xlarge"]}, "small": {"instanceTypes": ["g6e.2xlarge"]}},
    "models": {"coder": CODER, "chat": CHAT},
    "cache": {"kind": "efs"},
}
# What a person writes: smaller weights of one model with another type of the other's pool, or with spot.
FP8 = {"models.coder.quantization": "fp8", "gpuPools.big.instanceTypes": ["g6.12xlarge"]}
AWQ = {
    "models.coder.model": f"{CODER['model']}-AWQ",
    "models.coder.like": CODER["model"],
    "models.coder.quantization": "awq",
    "models.coder.gpus": 1,
    "gpuPools.big.instanceTypes": ["g6e.xlarge"],
}
JOINS: dict[str, dict[str, Any]] = {
    "with another type of the other pool": {**AWQ, "gpuPools.small.instanceTypes": ["g6.xlarge"]},
    "with spot of the same pool": {**AWQ, "gpuPools.big.capacity": "spot"},
    "with spot of the other pool": {**AWQ, "gpuPools.small.capacity": "spot"},
    "with all of them": {
        **AWQ,
        "gpuPools.big.capacity": "spot",
        "gpuPools.small": {"instanceTypes": ["g6.xlarge"], "capacity": "spot"},
    },
    "of larger nodes": {**FP8, "gpuPools.small.instanceTypes": ["g6.xlarge"]},
    "and spot on larger nodes": {**FP8, "gpuPools.big.capacity": "spot", "gpuPools.small.capacity": "spot"},
}


def _over(stack: dict[str, Any]) -> Any:
    (over,) = planned(stack).violations
    return over


@pytest.mark.parametrize("join", JOINS.values(), ids=JOINS.keys())
def test_where_a_person_finds_a_way_within_the_budget_there_is_one(join: dict[str, Any]) -> None:
    by_hand = outcome(follow(TWO, join))
    assert by_hand.violations == ()
    stack = {**TWO, "budget": {"usdPerMonth": round(by_hand.cost.usd_per_month_max) + 10}}
    ways = [way for way in _over(stack).advice if "budget.usdPerMonth" not in dict(way.write)]
    assert ways
    for way in ways:
        after = outcome(follow(stack, as_mapping(way.write)))
        assert after.violations == ()
        assert f"(${bill(after):,.0f}" in way.text


def test_a_way_names_spot_only_where_it_needs_it() -> None:
    without = outcome(follow(TWO, JOINS["with another type of the other pool"])).cost.usd_per_month_max
    ways = [way.write for way in _over({**TWO, "budget": {"usdPerMonth": round(without) + 10}}).advice]
    assert not any(path.endswith(".capacity") for path, _ in ways[0])


HOLDS = re.compile(r"(\w+) (?:on [^,]+, )?holds ([\d.]+) requests at once instead of ([\d.]+)")


def _holds(plan: Plan, model: str) -> float:
    fit = plan.models[model].fit
    return (fit.max_concurrency if fit is not None else None) or 0.0


@pytest.mark.parametrize("usd", [9000, 5000, 2000])
def test_each_way_says_what_a_replica_loses(usd: int) -> None:
    stack = {**TWO, "budget": {"usdPerMonth": usd}}
    before = planned(stack)
    ways = [way for way in before.violations[0].advice if len(way.write) > 1 or "instanceTypes" in way.text]
    assert ways
    for way in ways:
        after = outcome(follow(stack, as_mapping(way.write)))
        said = {name: (float(holds), float(instead)) for name, holds, instead in HOLDS.findall(way.text)}
        for name in before.models:
            was, is_now = _holds(before, name), _holds(after, name)
            assert (name in said) == (is_now < 0.9 * was), way.text
            if name in said:
                assert said[name] == (pytest.approx(is_now, abs=1), pytest.approx(was, abs=1))


def test_what_keeps_the_requests_and_the_speed_comes_before_what_does_not() -> None:
    """A g6e.2xlarge and a g6e.xlarge have the same GPU; a g6.xlarge costs less and holds less."""
    small = {**TWO, "gpuPools": {"small": TWO["gpuPools"]["small"]}, "models": {"chat": CHAT}}
    usd = round(outcome(follow(small, {"gpuPools.small.instanceTypes": ["g6e.xlarge"]})).cost.usd_per_month_max) + 10
    ways = [
        dict(way.write).get("gpuPools.small.instanceTypes")
        for way in _over({**small, "budget": {"usdPerMonth": usd}}).advice
    ]
    types = [each for each in ways if each is not None]
    assert types[0] == ("g6e.xlarge",)
    assert ("g6.xlarge",) in types


MODELS = [CODER | {"replicas": {"min": 1, "max": 3}}, CHAT, {**CHAT, "model": "Qwen/Qwen3-14B"}]
NODES = ["g6e.12xlarge", "g6e.2xlarge", "g5.12xlarge"]


def _many(number: int) -> dict[str, Any]:
    """Each model on a separate pool, so that no change of one is enough."""
    names = [f"m{nth}" for nth in range(number)]
    pools = {name: {"instanceTypes": [NODES[nth % 3]]} for nth, name in enumerate(names)}
    models = {name: {**MODELS[nth % 3], "pool": name} for nth, name in enumerate(names)}
    return {**TWO, "gpuPools": pools, "models": models}


@pytest.mark.parametrize(("number", "part"), [(4, 0.6), (6, 0.5), (9, 0.5), (9, 0.3)])
def test_a_way_is_found_for_many_models(number: int, part: float) -> None:
    stack = _many(number)
    stack["budget"] = {"usdPerMonth": round(part * outcome(stack).cost.usd_per_month_max)}
    ways = [way for way in _over(stack).advice if "budget.usdPerMonth" not in dict(way.write)]
    assert ways
    for way in ways:
        assert outcome(follow(stack, as_mapping(way.write))).violations == (), way.text


def test_smaller_weights_of_several_models_come_first_where_a_single_change_takes_capacity() -> None:
    """None of them is enough alone; each replica holds as many requests then, and is as fast."""
    large = {"model": "meta-llama/Llama-3.3-70B-Instruct", "replicas": {"min": 1, "max": 2}}
    models = {"mid": {"model": "Qwen/Qwen3-32B"}, "large": large}
    stack: dict[str, Any] = {
        "cluster": {"create": {"zones": 3, "network": {"nat": "perZone"}, "access": ACCESS}},
        "gpuPools": {"big": {"instanceTypes": ["g6e.12xlarge"]}},
        "models": {name: {**model, "pool": "big", "maxModelLen": 16384} for name, model in models.items()},
        "budget": {"usdPerMonth": 11300},
    }
    (over,) = planned(stack).violations
    first, second, *_ = over.advice
    assert {"models.mid.quantization", "models.large.quantization"} <= dict(first.write).keys()
    assert LIKELY not in first.text
    assert "instead of" not in first.text
    assert "instead of" in second.text
    after = outcome(follow(stack, as_mapping(first.write)))
    assert after.violations == ()
    assert f"(${bill(after):,.0f}" in first.text
    assert all(each.fit and each.fit.certain for each in after.models.values())


SPOT: dict[str, Any] = {
    "cluster": {"create": {"zones": 2, "network": {"nat": "one"}, "access": ACCESS}},
    "gpuPools": {"a10g": {"instanceTypes": ["g5.xlarge", "g5.2xlarge"], "capacity": "spot"}},
    "models": {"chat": {"model": "Qwen/Qwen3-8B", "maxModelLen": 8192}, "embed": {"model": "BAAI/bge-m3"}},
}


def _lowest(usd: int) -> Mapping[str, Any]:
    """What leads to the lowest bill, of all ways."""
    (over,) = planned({**SPOT, "budget": {"usdPerMonth": usd}}, "eu-west-1").violations
    writes = [as_mapping(way.write) for way in over.advice if "budget.of" not in dict(way.write)]
    return min(writes, key=_maximum)


def _maximum(write: Mapping[str, Any]) -> float:
    return outcome(follow(SPOT, write), "eu-west-1").cost.usd_per_month_max


def test_what_is_enough_for_a_larger_budget_is_found_for_a_smaller_one() -> None:
    bills = [_maximum(_lowest(usd)) for usd in (900, 700, 600, 400)]
    assert bills == sorted(bills, reverse=True)


def test_no_change_of_a_way_is_one_that_it_does_not_need() -> None:
    """But for a way that is another one and one change more, which saves much."""
    (over,) = planned({**SPOT, "budget": {"usdPerMonth": 720}}, "eu-west-1").violations
    writes = [as_mapping(way.write) for way in over.advice if "budget" not in way.write[0][0]]
    assert max(len(_things(write)) for write in writes) > 1
    for write in writes:
        less = [each for each in writes if each is not write and _things(each) < _things(write)]
        for thing in _things(write) if not less else ():
            others = {path: value for path, value in write.items() if not path.startswith(thing)}
            then = outcome({**follow(SPOT, others), "budget": {"usdPerMonth": 720}}, "eu-west-1")
            assert then.violations, thing
        assert all(_maximum(write) < 0.9 * _maximum(each) for each in less)


def _things(write: Mapping[str, Any]) -> set[str]:
    return {".".join(path.split(".")[:2]) for path in write}
