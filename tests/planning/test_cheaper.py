"""What would be cheaper, according to the plan: another type, smaller weights, a node with idle GPUs."""

from dataclasses import replace
from pathlib import Path

import pytest

from infra.plan.money import Cheaper, Cost, CostItem
from infra.planning import Plan
from infra.planning.lower_bills import smallest_saving
from infra.sizing.estimates import requests
from tests.planning.following import follow
from tests.planning.stacks import DEV, LOCAL, PROD, SHARED, changed, plan

BIG = {"model": "meta-llama/Llama-3.3-70B-Instruct", "quantization": "fp8", "maxModelLen": 8192, "pool": "big"}
SMALL = {"model": "Qwen/Qwen3-8B", "maxModelLen": 8192, "pool": "small"}
TWO_POOLS = {
    "cluster": {"create": {"zones": ["use1-az1", "use1-az2"]}},
    "gpuPools": {"big": {"instanceTypes": ["g6e.12xlarge"]}, "small": {"instanceTypes": ["g6.xlarge"]}},
    "models": {"big": {**BIG, "gpus": 2}, "small": SMALL},
}


def _settings(result: Plan, model: str) -> list[str]:
    return [way.setting for way in result.cheaper.get(model, ())]


def test_a_cheaper_type_is_shown_with_what_it_saves_and_holds() -> None:
    """g6.2xlarge costs 0.9776 per hour, g6.xlarge 0.8048; 730 hours."""
    ways = plan(PROD).cheaper["llama-8b"]
    (other,) = [way for way in ways if way.setting == "pool: g6-xlarge, gpus: 1"]
    assert other.usd_per_month == pytest.approx(2 * (0.9776 - 0.8048) * 730, abs=0.1)  # at least two replicas
    assert other.effect.startswith("1 x L4; holds 4.")
    assert "gpuPools.g6-xlarge.instanceTypes: [g6.xlarge]" in other.beside


def test_a_type_that_few_zones_offer_says_so() -> None:
    (way, *_) = plan(PROD).cheaper["llama-70b"]
    assert way.setting == "pool: g7e-12xlarge, gpus: 2"
    assert way.usd_per_month == pytest.approx(1610.7, abs=1)
    assert "in 1 of 3 zones only" in way.effect


def test_a_node_that_another_model_half_fills_costs_nothing_more() -> None:
    result = plan(changed(TWO_POOLS, models__third={**SMALL, "pool": "big"}))
    assert result.pools["big"].idle_gpus == 1
    (shared,) = [way for way in result.cheaper["small"] if way.setting == "pool: big, gpus: 1"]
    assert shared.usd_per_month >= 0.8048 * 730  # the whole node that it has now, and its disk
    assert shared.beside == ("gpuPools.small removed",)
    assert "on nodes of big, third" in shared.effect


def test_of_ways_that_undo_each_other_the_one_with_the_largest_saving_is_shown() -> None:
    """The large model leaves its pool, and the pool is removed: the small model can't move there."""
    result = plan(TWO_POOLS)
    assert any("gpuPools.big removed" in way.beside for way in result.cheaper["big"])
    assert not any(setting.startswith("pool: big") for setting in _settings(result, "small"))


def test_where_nothing_is_idle_no_node_is_shared() -> None:
    full = changed(TWO_POOLS, models__big__gpus=4)
    assert plan(full).pools["big"].idle_gpus == 0
    assert not any(setting.startswith("pool: big") for setting in _settings(plan(full), "small"))


def test_smaller_weights_that_hold_more_for_the_same_money_are_shown() -> None:
    stack = changed(DEV, gpuPools={"t4": {"instanceTypes": ["g4dn.xlarge"]}}, models__qwen3_8b__model="Qwen/Qwen3-4B")
    (way, *_) = plan(stack).cheaper["qwen3-8b"]
    assert (way.setting, way.usd_per_month) == ("quantization: fp8", 0.0)
    assert "instead of" in way.effect


@pytest.mark.parametrize(
    "stack",
    [
        LOCAL,  # on the CPU
        SHARED,  # nodes that somebody else pays for
        changed(DEV, models__qwen3_8b__paused=True),
        changed(
            DEV,
            gpuPools={"t4": {"instanceTypes": ["g4dn.xlarge"], "capacity": "spot"}},
            models__qwen3_8b__quantization="awq",
        ),  # the cheapest already
    ],
    ids=["cpu", "others' nodes", "paused", "cheapest"],
)
def test_what_can_not_be_cheaper_has_no_line(stack: dict) -> None:
    assert plan(stack).cheaper == {}


@pytest.mark.parametrize("setting", ["pool: g6-xlarge, gpus: 1", "pool: g7e-12xlarge, gpus: 2"])
def test_the_advice_saves_what_it_says(setting: str) -> None:
    before = plan(PROD)
    (way,) = [way for ways in before.cheaper.values() for way in ways if way.setting == setting]
    after = plan(follow(PROD, dict(way.write)))
    saved = before.cost.usd_per_month_min - after.cost.usd_per_month_min
    assert saved == pytest.approx(way.usd_per_month, abs=0.01)


L40S = {"l40s": {"instanceTypes": ["g6e.xlarge"], "capacity": "spot"}}
ENCODERS = {"embed": {"model": "BAAI/bge-m3"}, "rerank": {"model": "BAAI/bge-reranker-v2-m3"}}


def test_what_several_models_save_together_is_offered_first_and_holds() -> None:
    stack = {**DEV, "gpuPools": L40S, "models": {"chat": {"model": "Qwen/Qwen3-14B", "maxModelLen": 8192}, **ENCODERS}}
    before = plan(stack)
    (together, *_) = before.cheaper["embed"]
    assert together.effect.startswith("embed and rerank together: ")
    (waste, _) = [each for each in before.warnings if each.kind == "mostly-empty"]
    assert f"saves ${together.usd_per_month:,.0f} per month of the expected bill" in waste.message
    after = plan(follow(stack, dict(together.write)))
    assert not after.violations
    assert {after.models[name].pool for name in ENCODERS} == {"g4dn-xlarge-spot"}
    saved = before.cost.usd_per_month_expected - after.cost.usd_per_month_expected
    assert (saved, together.of) == (pytest.approx(together.usd_per_month, abs=0.01), "expected")


@pytest.mark.parametrize(
    ("pool", "offered"),
    [
        (None, True),  # the program's own, which is pinned with it
        ({"instanceTypes": ["g6.xlarge"]}, True),
        ({"instanceTypes": ["g6.xlarge"], "capacity": "spot"}, False),
    ],
)
def test_nodes_on_demand_name_what_spot_would_save_and_risk(pool: dict | None, offered: bool) -> None:
    pools = {"g6-xlarge": pool} if pool else {}
    stack = changed(DEV, gpuPools=pools)
    before = plan(stack)
    ways = [way for way in before.cheaper.get("qwen3-8b", ()) if "may have none when they are needed" in way.effect]
    assert bool(ways) is offered
    for way in ways:
        assert dict(way.write)["gpuPools.g6-xlarge.capacity"] == "spot"
        after = plan(follow(stack, dict(way.write)))
        assert after.pools["g6-xlarge"].capacity == "spot"
        saved = before.cost.usd_per_month_expected - after.cost.usd_per_month_expected
        assert (saved, way.of) == (pytest.approx(way.usd_per_month, abs=0.01), "expected")
        assert saved < before.cost.usd_per_month_min - after.cost.usd_per_month_min, "no best zone of one moment"


def test_nodes_of_a_model_that_does_not_start_save_nothing() -> None:
    """Beside it, the pool's other model would get a saving on nodes that nothing can use."""
    huge = {"model": "deepseek-ai/DeepSeek-R1", "pool": "l4"}
    stack = changed(DEV, gpuPools={"l4": {"instanceTypes": ["g6.xlarge"]}}, models__qwen3_8b__pool="l4")
    assert any("may have none" in way.effect for way in plan(stack).cheaper["qwen3-8b"])
    beside = plan({**stack, "models": {**stack["models"], "huge": huge}})
    assert not any("may have none" in way.effect for ways in beside.cheaper.values() for way in ways)


def test_ones_own_price_which_is_billed_on_spot_too_offers_no_spot(tmp_path: Path) -> None:
    table = tmp_path / "prices.csv"
    table.write_text("instance_type,usd_per_hour\ng6.xlarge,0.5\n", encoding="utf-8")
    stack = changed(DEV, gpuPools={"l4": {"instanceTypes": ["g6.xlarge"]}}, prices={"table": str(table)})
    assert not any("spot" in way.setting for ways in plan(stack).cheaper.values() for way in ways)


def test_a_saving_of_nearly_nothing_is_said_as_what_the_same_money_holds() -> None:
    """Smaller weights fill a little less of the file system: no reason to change a model."""
    chat = {"model": "Qwen/Qwen3-32B", "quantization": "fp8", "maxModelLen": 16384}
    pools = {"l40s": {"instanceTypes": ["g6e.xlarge"]}}
    stack = changed(DEV, gpuPools=pools, models={"chat": chat}, cache={"kind": "efs"})
    before = plan(stack)
    (way,) = [way for way in before.cheaper["chat"] if "the same GPUs hold" in way.effect]
    saved = before.cost.usd_per_month_min - plan(follow(stack, dict(way.write))).cost.usd_per_month_min
    assert 1 < saved < smallest_saving(before, way)
    assert way.usd_per_month == 0.0


def test_smaller_weights_stay_on_the_gpus_of_a_pool_that_the_program_made() -> None:
    """Without its pool the smaller weights would get cheaper GPUs, which hold less than is said."""
    chat = {"model": "Qwen/Qwen3-8B", "maxModelLen": 8192, "concurrency": 2, "replicas": {"min": 0, "max": 1}}
    stack = changed({key: each for key, each in DEV.items() if key != "gpuPools"}, models={"chat": chat})
    before = plan(stack)
    (way,) = [way for way in before.cheaper["chat"] if "the same GPUs hold" in way.effect]
    after = plan(follow(stack, dict(way.write)))
    assert after.models["chat"].instance_type == before.models["chat"].instance_type
    fit = after.models["chat"].fit
    assert fit is not None
    assert f"hold {requests(fit.max_concurrency or 0)} requests" in way.effect  # as MODELS then shows it


@pytest.mark.parametrize(("bill", "least"), [(500, 10), (3000, 30), (500_000, 100)])
def test_a_lower_bill_saves_a_part_of_the_bill_that_counts(bill: float, least: float) -> None:
    cost = Cost((CostItem("nodes", bill, bill, bill),), "", "")
    way = Cheaper("gpus: 1", 1.0, "", ())
    assert smallest_saving(replace(plan(DEV), cost=cost), way) == pytest.approx(least)
