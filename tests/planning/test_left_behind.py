"""A model that doesn't fit moves away from an expensive node: the models that it would leave there alone move too,
where that costs less. Each way is followed."""

import re
from functools import cache
from typing import Any

from infra.plan.notes import Advice
from infra.plan.rules import Rule
from tests.planning.following import broken, follow, outcome, planned
from tests.planning.stacks import ACCESS

DEAR: dict[str, Any] = {
    "cluster": {"create": {"version": "1.35", "zones": 2, "access": ACCESS}},
    "gpuPools": {"h100": {"instanceTypes": ["p5.48xlarge"], "max": 1}},
    "models": {
        "big": {
            "model": "Qwen/Qwen3-235B-A22B-Instruct-2507-FP8",
            "gpus": 4,
            "maxModelLen": 32768,
            "concurrency": 16,
        },
        "small": {"model": "Qwen/Qwen3-8B", "maxModelLen": 8192, "concurrency": 8},
    },
    "budget": {"usdPerMonth": 30000},
}
REGION = "us-west-2"


@cache
def _moves() -> dict[str, Advice]:
    """The ways to other nodes, by the type of these."""
    (fit,) = (each for each in planned(DEAR, REGION).violations if each.rule == Rule.FIT)
    moves = [each for each in fit.advice if "models.big.pool" in dict(each.write)]
    return {dict(each.write)["models.big.pool"]: each for each in moves}


def test_each_fixes_the_fit_and_costs_what_it_says() -> None:
    for advice in _moves().values():
        then = outcome(follow(DEAR, dict(advice.write)), REGION)
        assert broken(then) <= {(Rule.BUDGET, "budget.usdPerMonth")}, advice.text
        assert f"the bill is then ${then.cost.usd_per_month_max:,.0f}" in advice.text


def test_a_small_model_is_not_left_alone_on_the_expensive_node() -> None:
    for target, advice in _moves().items():
        alone = {key: value for key, value in dict(advice.write).items() if not key.startswith("models.small")}
        stays = follow(DEAR, {**alone, "models.small.pool": "h100", "gpuPools.h100": DEAR["gpuPools"]["h100"]})
        before, after = outcome(stays, REGION), outcome(follow(DEAR, dict(advice.write)), REGION)
        assert after.models["small"].pool != "h100", target
        assert after.cost.usd_per_month_max < 0.6 * before.cost.usd_per_month_max


def test_it_goes_along_where_the_new_nodes_have_room_and_else_to_its_own() -> None:
    smalls = {target: dict(each.write)["models.small.pool"] for target, each in _moves().items()}
    assert smalls == {"p5en-48xlarge": "p5en-48xlarge", "g7e-24xlarge": "g6e-xlarge"}
    assert re.search(r"small on L40S", _moves()["g7e-24xlarge"].text)


def test_on_spot_nodes_it_goes_to_the_cheapest_whole_node_on_spot() -> None:
    """A share of a large node is cheap, and the whole node is paid."""
    stack = {**DEAR, "gpuPools": {"h100": {**DEAR["gpuPools"]["h100"], "capacity": "spot"}}}
    (fit,) = (each for each in planned(stack).violations if each.rule == Rule.FIT)
    (way,) = (dict(each.write) for each in fit.advice if dict(each.write).get("models.big.pool") == "g7e-24xlarge-spot")
    pool = way["models.small.pool"]
    assert {way["gpuPools.g7e-24xlarge-spot.capacity"], way[f"gpuPools.{pool}.capacity"]} == {"spot"}
    after = outcome(follow(stack, way))
    assert after.pools[pool].gpus_per_node == 1


def test_models_stay_on_nodes_that_exist_since_these_cost_the_same() -> None:
    stack = {
        **{key: value for key, value in DEAR.items() if key != "budget"},
        "cluster": {"existing": {"eks": "shared", "zones": ["usw2-az1", "usw2-az2"]}},
        "gpuPools": {
            "own": {"existing": {"gpu": "H100-80", "gpusPerNode": 8, "nodes": 1, "selector": {"a": "b"}}},
            "h200": {"instanceTypes": ["p5en.48xlarge"]},
        },
        "models": {name: {**model, "pool": "own"} for name, model in DEAR["models"].items()},
        "cache": {"kind": "storageClass", "storageClass": "efs-sc", "size": "500Gi"},
    }
    (fit,) = (each for each in planned(stack, REGION).violations if each.rule == Rule.FIT)
    moves = [dict(each.write) for each in fit.advice if "models.big.pool" in dict(each.write)]
    assert moves
    assert all(each.get("models.small.pool", "own") == "own" for each in moves)
