"""Over budget on nodes that exist and have a price: with fewer of them, what each way takes is said."""

from typing import Any

import pytest

from tests.planning.following import follow, outcome, planned

SMALL = {"model": "Qwen/Qwen3-14B", "maxModelLen": 16384, "concurrency": 4}
LARGE = {**SMALL, "gpus": 8}
H, X = "gpuPools.h", "models.x"


def _stack(model: dict[str, Any], gpus: int, usd: int, of: str, nodes: int | None, **pool: int) -> dict[str, Any]:
    counted = {} if nodes is None else {"nodes": nodes}
    existing = {"gpu": "H100-80", "gpusPerNode": gpus, "usdPerGpuHour": 2.0, "selector": {"a": "b"}, **counted}
    return {
        "cluster": {"existing": {"context": "k"}},
        "addons": {"prometheus": "install", "keda": "install"},
        "gpuPools": {"h": {"existing": existing, **pool}},
        "models": {"x": model},
        "cache": {"kind": "storageClass", "storageClass": "s", "size": "200Gi"},
        "budget": {"usdPerMonth": usd, "of": of},
    }


UP_TO_3 = {**SMALL, "replicas": {"min": 1, "max": 3}}
TWO_LARGE = {**LARGE, "replicas": 2}

# A GPU costs $1,460 per month.
CASES: list[tuple[str, dict[str, Any], dict[str, Any], list[str]]] = [
    (
        "nodes beyond the need",
        _stack(SMALL, 1, 3000, "max", 6),
        {f"{H}.max": 2},
        ["4 nodes of h are then neither used nor counted in the bill"],
    ),
    (
        "of the minimum",
        _stack(SMALL, 1, 3000, "min", 6),
        {f"{H}.max": 2},
        ["4 nodes of h are then neither used nor counted in the bill"],
    ),
    (
        "of those allowed",
        _stack(SMALL, 1, 3000, "max", 6, max=4),
        {f"{H}.max": 2},
        ["2 nodes of h are then neither used nor counted in the bill"],
    ),
    ("a rollout's too", _stack(LARGE, 8, 12000, "max", 2), {f"{H}.max": 1}, ["without x per rollout"]),
    (
        "with fewer replicas",
        _stack(UP_TO_3, 1, 4000, "max", 6),
        {f"{X}.replicas.max": 2, f"{H}.max": 2},
        ["instead of 3 replicas at most"],
    ),
    (
        "and a fixed number of them",
        _stack(TWO_LARGE, 8, 12000, "max", 2),
        {f"{X}.replicas": 1, f"{H}.max": 1},
        ["instead of 2 replicas"],
    ),
    ("nodes that others make", _stack(TWO_LARGE, 8, 12000, "max", None, max=2), {f"{X}.replicas": 1}, []),
    ("kept idle", _stack(SMALL, 1, 3000, "max", None, min=3, max=3), {f"{H}.min": 2}, []),
]


@pytest.mark.parametrize(("stack", "first", "said"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_fewer_of_the_nodes_keep_to_a_budget(stack: dict[str, Any], first: dict[str, Any], said: list[str]) -> None:
    (over,) = planned(stack).violations
    assert dict(over.advice[0].write) == first
    assert [words for words in said if words not in over.advice[0].text] == []
    for advice in over.advice:
        assert outcome(follow(stack, dict(advice.write))).violations == (), advice.text


def test_another_bill_is_no_way_where_the_same_nodes_have_to_go() -> None:
    (over,) = planned(_stack(LARGE, 8, 12000, "max", 2)).violations
    assert not any("budget.of" in dict(each.write) for each in over.advice)


def test_a_pool_that_we_make_gives_up_kept_nodes_with_its_maximum() -> None:
    model = {**SMALL, "maxModelLen": 8192, "concurrency": 1, "pool": "l4"}
    stack = {
        "cluster": {"create": {"zones": 2}},
        "gpuPools": {"l4": {"instanceTypes": ["g6e.xlarge"], "min": 4, "max": 4}},
        "models": {"x": model},
        "budget": {"usdPerMonth": 3500},
    }
    (over,) = planned(stack).violations
    assert {"gpuPools.l4.max": 2, "gpuPools.l4.min": 2} in [dict(each.write) for each in over.advice]


def _with_pools(
    models: dict[str, Any], usd: int, of: str = "max", used: dict[str, Any] | None = None, **idle: Any
) -> dict[str, Any]:
    """`h` is used, and `idle` has nodes for $1,460 each, in addition to it."""
    stack = _stack(SMALL, 1, usd, of, 2)
    more = {"gpu": "A40", "gpusPerNode": 2, "usdPerGpuHour": 1.0, "selector": {"a": "c"}}
    counted = {key: idle.pop(key) for key in ("nodes",) if key in idle}
    pools = {**stack["gpuPools"], **(used or {}), "idle": {"existing": more | counted, **idle}}
    return {**stack, "gpuPools": pools, "models": models}


ON_H = {"x": {**SMALL, "pool": "h"}}
ASLEEP = {**ON_H, "y": {**SMALL, "pool": "idle", "gpus": 1, "paused": True}}
FOUR: dict[str, Any] = {"h": {"existing": _stack(SMALL, 1, 0, "max", 4)["gpuPools"]["h"]["existing"]}}
GONE: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "one idle node": (_with_pools(ON_H, 3000, nodes=1), {"gpuPools.idle": None}, "1 node of idle is"),
    "three": (_with_pools(ON_H, 3000, "min", nodes=3), {"gpuPools.idle": None}, "3 nodes of idle are"),
    "nodes that others make": (_with_pools(ON_H, 3000, min=1, max=3), {"gpuPools.idle": None}, "1 node of idle is"),
    "with fewer of the others": (
        _with_pools(ON_H, 3000, used=FOUR, nodes=1),
        {"gpuPools.h.max": 2, "gpuPools.idle": None},
        "1 node of idle is",
    ),
    "where a paused model is": (
        _with_pools(ASLEEP, 3000, nodes=1),
        {"models.y.pool": "h", "gpuPools.idle": None},
        "1 node of idle is",
    ),
}


@pytest.mark.parametrize("name", GONE)
def test_nodes_that_hold_nothing_go_first(name: str) -> None:
    stack, first, said = GONE[name]
    (over,) = planned(stack).violations
    assert dict(over.advice[0].write) == first
    assert f"{said} then neither used nor counted in the bill" in over.advice[0].text
    after = outcome(follow(stack, dict(over.advice[0].write)))
    assert after.violations == ()
    assert f"(${after.cost.usd_per_month_max:,.0f};" in over.advice[0].text


def test_idle_nodes_without_a_price_stay() -> None:
    stack = _with_pools(ON_H, 2000, nodes=1)
    del stack["gpuPools"]["idle"]["existing"]["usdPerGpuHour"]
    (over,) = planned(stack).violations
    assert not any("gpuPools.idle" in dict(each.write) for each in over.advice)


def test_a_minimum_that_no_replica_needs_goes_where_it_makes_the_maximum() -> None:
    """Without a `max` the pool's maximum is at least its minimum."""
    stack = {
        "cluster": {"create": {"zones": 2}},
        "gpuPools": {"l4": {"instanceTypes": ["g6e.xlarge"], "min": 4}},
        "models": {"x": {**SMALL, "maxModelLen": 8192, "concurrency": 1, "pool": "l4"}},
        "budget": {"usdPerMonth": 4500},
    }
    (over,) = planned(stack).violations
    assert {"gpuPools.l4.min": 2} in [dict(each.write) for each in over.advice]
