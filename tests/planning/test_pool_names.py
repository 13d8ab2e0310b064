"""Advice that moves a model to another pool, in a stack whose pools have the names that new ones would get."""

import re
from typing import Any

import pytest

from tests.planning.following import follow
from tests.planning.stacks import DEV, plan

L4, L40S, A10G = (["g6.xlarge"], ["g6e.xlarge"], ["g5.xlarge"])
SPOT, ON_DEMAND = ({"capacity": capacity} for capacity in ("spot", "on-demand"))
POOLS: dict[str, dict[str, Any]] = {
    "its own pool has the name of another type, on spot": {"g6e-xlarge": {"instanceTypes": L4, **SPOT}},
    "another pool has the type, on spot": {"l4": {"instanceTypes": L4}, "g6e-xlarge": {"instanceTypes": L40S, **SPOT}},
    "another pool has the type": {"l4": {"instanceTypes": L4}, "g6e-xlarge": {"instanceTypes": L40S, **ON_DEMAND}},
    "another pool has the name alone": {"l4": {"instanceTypes": L4}, "g6e-xlarge": {"instanceTypes": A10G, **SPOT}},
    "two of its names are taken": {
        "g6e-xlarge": {"instanceTypes": L4, **SPOT},
        "g6e-xlarge-2": {"instanceTypes": A10G},
    },
}


def refused(pools: dict[str, Any]) -> dict[str, Any]:
    """A stack whose model is too large for the first pool."""
    chat = {"model": "Qwen/Qwen3-14B", "maxModelLen": 8192, "pool": next(iter(pools))}
    return {**DEV, "gpuPools": pools, "models": {"chat": chat}}


@pytest.mark.parametrize("pools", POOLS.values(), ids=POOLS.keys())
def test_a_fix_is_priced_by_the_capacity_of_the_pool_that_it_writes(pools: dict[str, Any]) -> None:
    stack = refused(pools)
    (violation,) = plan(stack).violations
    priced = [advice for advice in violation.advice if "per hour" in advice.text]
    assert len(priced) >= 2
    for advice in priced:
        usd = re.search(r"\$([\d.]+) per hour", advice.text)
        after = plan(follow(stack, dict(advice.write)))
        model = after.models["chat"]
        assert usd is not None
        assert model.usd_per_hour == pytest.approx(float(usd[1]), abs=0.005), advice.text
        assert ("up to $" in advice.text) == (after.pools[model.pool or ""].capacity == "spot"), advice.text


@pytest.mark.parametrize("pools", POOLS.values(), ids=POOLS.keys())
def test_no_fix_writes_into_a_pool_that_is_there_or_repeats_what_is_written(pools: dict[str, Any]) -> None:
    stack = refused(pools)
    for violation in plan(stack).violations:
        for advice in violation.advice:
            written = {path.split(".")[1] for path, _ in advice.write if path.endswith(".instanceTypes")}
            assert not written & pools.keys(), advice.text
            assert ("models.chat.pool", stack["models"]["chat"]["pool"]) not in advice.write, advice.text


def test_a_new_pool_has_one_meaning_in_all_advice_of_a_plan() -> None:
    """Of two models, one on spot, each could move to nodes of one type: on demand, and on spot."""
    pools = {"large": {"instanceTypes": ["g6e.12xlarge"]}, "spot": {"instanceTypes": ["g6e.12xlarge"], **SPOT}}
    models = {name: {"model": "Qwen/Qwen3-8B", "maxModelLen": 8192, "pool": name} for name in pools}
    result = plan({**DEV, "gpuPools": pools, "models": models})
    assert {"large", "spot"} <= result.cheaper.keys()
    meant: dict[str, set[Any]] = {}
    for write in (dict(way.write) for ways in result.cheaper.values() for way in ways):
        for name in (path.split(".")[1] for path in write if path.endswith(".instanceTypes")):
            types, capacity = (write.get(f"gpuPools.{name}.{key}") for key in ("instanceTypes", "capacity"))
            meant.setdefault(name, set()).add((types, capacity))
    assert any(capacity == "spot" for each in meant.values() for _, capacity in each)
    assert all(len(each) == 1 for each in meant.values()), meant


def test_a_pool_that_is_there_and_serves_the_model_is_proposed_as_it_is() -> None:
    stack = refused(POOLS["another pool has the type, on spot"])
    (violation,) = plan(stack).violations
    (move,) = [advice for advice in violation.advice if ("models.chat.pool", "g6e-xlarge") in advice.write]
    assert dict(move.write) == {"models.chat.pool": "g6e-xlarge", "gpuPools.l4": None}
