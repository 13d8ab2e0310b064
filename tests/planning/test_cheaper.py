"""What a plan says would be cheaper: another type, smaller weights, a node that others leave idle."""

import pytest

from infra.planning import Plan
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


def test_a_cheaper_type_is_told_with_what_it_saves_and_holds() -> None:
    """g6.2xlarge costs 0.9776 an hour, g6.xlarge 0.8048; 730 hours."""
    ways = plan(PROD).cheaper["llama-8b"]
    (other,) = [way for way in ways if way.setting == "pool: g6-xlarge"]
    assert other.usd_per_month == pytest.approx(2 * (0.9776 - 0.8048) * 730, abs=0.1)  # two replicas at least
    assert other.effect.startswith("1 x L4 of a new pool {instanceTypes: [g6.xlarge]}; holds 4.")


def test_a_type_that_few_zones_offer_says_so() -> None:
    (way, *_) = plan(PROD).cheaper["llama-70b"]
    assert way.setting == "pool: g7e-12xlarge, gpus: 2"
    assert way.usd_per_month == pytest.approx(1610.7, abs=1)
    assert "in 1 of 3 zones only" in way.effect


def test_a_node_that_another_model_half_fills_costs_nothing_more() -> None:
    result = plan(TWO_POOLS)
    assert result.pools["big"].idle_gpus == 2
    (shared,) = [way for way in result.cheaper["small"] if way.setting == "pool: big"]
    assert shared.usd_per_month == pytest.approx(0.8048 * 730, abs=0.1)  # the whole node that it has now
    assert "on nodes of big" in shared.effect


def test_where_nothing_is_idle_no_node_is_shared() -> None:
    full = changed(TWO_POOLS, models__big__gpus=4)
    assert plan(full).pools["big"].idle_gpus == 0
    assert "pool: big" not in _settings(plan(full), "small")


def test_smaller_weights_that_hold_more_for_the_same_money_are_told() -> None:
    stack = changed(DEV, gpuPools={"t4": {"instanceTypes": ["g4dn.xlarge"]}}, models__qwen3_8b__model="Qwen/Qwen3-4B")
    (way,) = plan(stack).cheaper["qwen3-8b"]
    assert (way.setting, way.usd_per_month) == ("quantization: fp8", 0.0)
    assert "instead of" in way.effect


@pytest.mark.parametrize(
    "stack",
    [
        LOCAL,  # on the CPU
        SHARED,  # nodes that somebody else pays for
        changed(DEV, models__qwen3_8b__paused=True),
        changed(DEV, gpuPools={}, models__qwen3_8b__quantization="awq"),  # the cheapest already
    ],
    ids=["cpu", "others' nodes", "paused", "cheapest"],
)
def test_what_can_not_be_cheaper_has_no_line(stack: dict) -> None:
    assert plan(stack).cheaper == {}


@pytest.mark.parametrize("setting", ["pool: g6-xlarge", "pool: g7e-12xlarge, gpus: 2"])
def test_the_advice_saves_what_it_says(setting: str) -> None:
    before = plan(PROD)
    (model, way) = next((m, w) for m, ways in before.cheaper.items() for w in ways if w.setting == setting)
    name = setting.removeprefix("pool: ").partition(",")[0]
    stack = changed(PROD, **{f"gpuPools__{name}": {"instanceTypes": [name.replace("-", ".", 1)]}})
    stack["models"][model] |= {"pool": name} | ({"gpus": 2} if "gpus" in setting else {})
    after = plan(stack)
    nodes = [sum(i.min for i in each.cost.items if i.name.startswith("GPU nodes")) for each in (before, after)]
    assert nodes[0] - nodes[1] == pytest.approx(way.usd_per_month, abs=1)
