"""Ways that a person found, and that cost much less than the named ones: the program names them, and they hold."""

from collections.abc import Mapping
from typing import Any

import pytest

from infra.planning import Plan
from infra.planning.advice import as_mapping
from tests.planning.following import bill, follow, outcome, planned
from tests.planning.stacks import ACCESS

EUROPE = "eu-central-1"


def _ways(stack: dict[str, Any], region: str) -> list[dict[str, Any]]:
    """Each is followed: no rule is broken then, and the bill is the stated one."""
    (over,) = planned(stack, region).violations
    for way in over.advice:
        after = _after(stack, as_mapping(way.write), region)
        assert after.violations == ()
        assert way.write[0][0].startswith("budget.") or f"(${bill(after):,.0f}" in way.text
    return [dict(way.write) for way in over.advice if not way.write[0][0].startswith("budget.")]


def _after(stack: dict[str, Any], way: Mapping[str, Any], region: str) -> Plan:
    return outcome(follow(stack, way), region)


def test_one_change_more_that_takes_nothing_further_is_named_where_it_saves_much() -> None:
    chat = {
        "model": "Qwen/Qwen3-32B-AWQ",
        "like": "Qwen/Qwen3-32B",
        "quantization": "awq",
        "kvCacheDtype": "fp8",
        "pool": "l40s",
        "maxModelLen": 16384,
        "concurrency": 8,
    }
    code = {
        "model": "Qwen/Qwen2.5-Coder-14B-Instruct",
        "like": "Qwen/Qwen2.5-14B-Instruct",
        "quantization": "fp8",
        "pool": "l4",
        "maxModelLen": 16384,
    }
    stack: dict[str, Any] = {
        "cluster": {"create": {"zones": 3, "access": ACCESS}},
        "gpuPools": {"l4": {"instanceTypes": ["g6.xlarge"]}, "l40s": {"instanceTypes": ["g6e.xlarge"]}},
        "models": {
            **{f"chat{number}": chat for number in range(6)},
            "code": code,
            "rerank": {"model": "BAAI/bge-reranker-v2-m3", "pool": "l4"},
        },
        "budget": {"usdPerMonth": 7500},
    }
    enough, cheaper = _ways(stack, EUROPE)
    assert set(cheaper.items()) - set(enough.items()) == {("gpuPools.l4.capacity", "spot")}
    assert bill(_after(stack, cheaper, EUROPE)) < 0.9 * bill(_after(stack, enough, EUROPE))


def test_nodes_that_the_stack_has_on_demand_are_other_nodes_on_spot() -> None:
    """Also where their pool has the name that the program gives one."""
    pools = {
        "g6-xlarge": {"instanceTypes": ["g6.xlarge"]},
        "dear": {"instanceTypes": ["g6.8xlarge"], "capacity": "spot"},
    }
    chat = {"model": "Qwen/Qwen3-8B", "maxModelLen": 8192, "pool": "dear"}
    stack = {
        "cluster": {"create": {"zones": 2, "access": ACCESS}},
        "gpuPools": pools,
        "models": {"chat": chat, "embed": {"model": "BAAI/bge-m3", "pool": "g6-xlarge"}},
    }
    before = planned(stack, EUROPE)
    way = next(each for each in before.cheaper["chat"] if ("models.chat.pool", "g6-xlarge-spot") in each.write)
    after = _after(stack, as_mapping(way.write), EUROPE)
    assert after.violations == ()
    assert round(before.cost.usd_per_month_expected - after.cost.usd_per_month_expected) == round(way.usd_per_month)


def test_a_model_that_sleeps_on_spot_is_a_way_beside_smaller_weights() -> None:
    stack: dict[str, Any] = {
        "cluster": {"create": {"zones": 2, "network": {"nat": "one"}, "access": ACCESS}},
        "gpuPools": {"l4": {"instanceTypes": ["g6.xlarge"], "max": 2}},
        "models": {"chat": {"model": "Qwen/Qwen3-8B", "maxModelLen": 8192, "concurrency": 2}},
        "budget": {"usdPerMonth": 600, "of": "expected"},
    }
    sleeps = {"models.chat.replicas.min": 0, "models.chat.replicas.max": 1, "gpuPools.l4.capacity": "spot"}
    ways = _ways(stack, "eu-west-2")
    assert sleeps in ways
    assert any("models.chat.quantization" in way for way in ways)


LARGE_NODES: dict[str, Any] = {
    "cluster": {"create": {"zones": 2, "access": ACCESS}},
    "gpuPools": {"l40s": {"instanceTypes": ["g6e.48xlarge"]}},
    "models": {
        "chat": {
            "model": "meta-llama/Llama-3.3-70B-Instruct",
            "quantization": "fp8",
            "maxModelLen": 32768,
            "gpus": 4,
            "replicas": {"min": 1, "max": 2},
        },
        "small": {"model": "mistralai/Mistral-Small-3.2-24B-Instruct-2506", "maxModelLen": 32768, "gpus": 2},
    },
    "budget": {"usdPerMonth": 25000},
}
SMALLER = {"gpuPools.l40s.instanceTypes": ("g6e.12xlarge",)}
MOST = "gpuPools.l40s.max"


def test_smaller_nodes_that_take_nothing_are_a_way() -> None:
    assert SMALLER in _ways(LARGE_NODES, "us-east-1")


@pytest.mark.parametrize("most", [3, 2, 1])
def test_a_limit_of_large_nodes_hides_no_way_to_smaller_ones(most: int) -> None:
    """Also where it is too low for a rollout, so that another rule is broken: a larger budget isn't the only answer."""
    stack = follow(LARGE_NODES, {MOST: most})
    way = {**SMALLER, MOST: None}
    assert way in [dict(each.write) for each in planned(stack).violations[0].advice]
    assert _after(stack, way, "us-east-1").violations == ()
