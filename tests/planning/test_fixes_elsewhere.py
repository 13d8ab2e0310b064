"""What doesn't fit its nodes is offered others of the same capacity, as it is or smaller; and models that share
expensive nodes are offered cheaper ones together, since each alone leaves them to be paid. Each way is followed."""

import re
from functools import cache
from typing import Any

from infra.plan.plan import Plan
from infra.plan.rules import Rule
from tests.planning.following import follow, outcome, planned
from tests.planning.stacks import ACCESS

CLUSTER = {"create": {"version": "1.35", "zones": ["use1-az1", "use1-az2"], "access": ACCESS}}
CODER: dict[str, Any] = {
    "cluster": CLUSTER,
    "gpuPools": {"l4": {"instanceTypes": ["g6.xlarge"], "capacity": "spot"}},
    "models": {"code": {"model": "Qwen/Qwen2.5-Coder-32B-Instruct", "maxModelLen": 8192, "concurrency": 4}},
}
SHARED: dict[str, Any] = {
    "cluster": CLUSTER,
    "gpuPools": {"h200": {"instanceTypes": ["p5en.48xlarge"], "max": 1}},
    "models": {
        "big": {
            "model": "Qwen/Qwen3-235B-A22B-Instruct-2507-FP8",
            "gpus": 4,
            "maxModelLen": 65536,
            "concurrency": 16,
            "rollout": {"strategy": "recreate"},
        },
        "small": {"model": "Qwen/Qwen3-8B", "maxModelLen": 16384, "concurrency": 8},
    },
}
MODELS = {name: {**model, "pool": "h200"} for name, model in SHARED["models"].items()}


@cache
def _coder() -> Plan:
    return planned(CODER)


def test_nodes_for_what_does_not_fit_are_on_spot_where_its_own_are() -> None:
    (fit,) = _coder().violations
    pools = [dict(each.write)["models.code.pool"] for each in fit.advice]
    assert pools
    for pool, each in zip(pools, fit.advice, strict=True):
        assert dict(each.write)[f"gpuPools.{pool}.capacity"] == "spot"


def test_smaller_weights_on_other_nodes_come_first_where_they_cost_much_less_and_each_way_fits() -> None:
    (fit,) = _coder().violations
    assert fit.rule == Rule.FIT
    first, second = (dict(each.write) for each in fit.advice)
    assert (first["models.code.quantization"], first["models.code.kvCacheDtype"]) == ("fp8", "fp8")
    assert "models.code.quantization" not in second
    bills = []
    for write in (first, second):
        then = outcome(follow(CODER, write))
        assert not then.violations
        bills.append(then.cost.usd_per_month_max)
    assert bills[0] < 0.9 * bills[1]


def test_models_of_one_expensive_node_move_together_and_the_bill_falls_by_what_is_said() -> None:
    stack = {**SHARED, "models": MODELS}
    plan = planned(stack)
    way = next(each for each in plan.cheaper["big"] if "models.small.pool" in dict(each.write))
    assert way.effect.startswith("big and small together: big on 4 x RTX-PRO-6000-SE")
    assert "holds 20 requests at once instead of 24" in way.effect
    then = outcome(follow(stack, dict(way.write)))
    assert not then.violations
    assert "h200" not in then.pools
    saved = plan.cost.usd_per_month_min - then.cost.usd_per_month_min
    assert saved > 0.6 * plan.cost.usd_per_month_min
    assert way.usd_per_month == saved


def test_a_model_that_is_alone_on_its_nodes_moves_alone() -> None:
    plan = planned({**SHARED, "models": {"big": MODELS["big"]}})
    assert plan.cheaper["big"]
    assert not any(re.search("together", each.effect) for each in plan.cheaper["big"])
