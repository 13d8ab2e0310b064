"""A small model next to one that uses the whole node: the ways to keep both are named, and work when followed."""

from typing import Any

import pytest

from infra.planning.advice import as_mapping
from tests.planning.following import broken, follow, outcome, planned
from tests.planning.stacks import ACCESS

BIG = {"model": "deepseek-ai/DeepSeek-R1", "maxModelLen": 32768, "rollout": {"strategy": "recreate"}}
OWN: dict[str, Any] = {
    "cluster": {"existing": {"context": "dgx"}},
    "gpuPools": {"gpu": {"existing": {"gpu": "H200", "gpusPerNode": 8, "nodes": 1, "selector": {"a": "b"}}}},
    "cache": {"kind": "storageClass", "storageClass": "nfs"},
}
L40S = {"gpu": {"existing": {"gpu": "L40S", "gpusPerNode": 1, "nodes": 1, "selector": {"a": "b"}}}}
MADE: dict[str, Any] = {
    "cluster": {"create": {"version": "1.35", "zones": 2, "access": ACCESS}},
    "gpuPools": {"gpu": {"instanceTypes": ["p5en.48xlarge"], "max": 1}},
}
BGE, QWEN = {"model": "BAAI/bge-m3"}, {"model": "Qwen/Qwen3-Embedding-0.6B", "maxModelLen": 32768}
CHAT = {"model": "Qwen/Qwen3-8B", "maxModelLen": 8192}
ON_CPU, PAUSED = "engine: ollama and models.small.gpus: 0", "models.small.paused: true"


@pytest.mark.parametrize(
    ("stack", "models", "ways"),
    [
        (OWN, {"big": BIG, "small": BGE}, ["models.small.model: bge-m3:567m", PAUSED]),
        (OWN, {"big": BIG, "small": QWEN}, ["another model: texts have to be embedded again", PAUSED]),
        (OWN, {"big": BIG, "small": {"model": "llama3.2:3b", "engine": "ollama"}}, ["models.small.gpus: 0", PAUSED]),
        ({**OWN, "gpuPools": L40S}, {"small": CHAT, "zz": CHAT}, ["on the CPU, where it is slow", PAUSED]),
        (
            {**OWN, "gpuPools": {**OWN["gpuPools"], "l4": L40S["gpu"]}},
            {"big": BIG, "small": BGE | {"pool": "gpu"}},
            ["models.small.pool: l4", ON_CPU, PAUSED],
        ),
        (
            MADE,
            {"big": BIG, "small": BGE},
            ["gpuPools.g4dn-xlarge.instanceTypes: [g4dn.xlarge]", ON_CPU, "gpuPools.gpu.max: 2 (+$"],
        ),
    ],
    ids=["an embedding model", "another one", "with Ollama", "two chat models", "another pool", "a pool more"],
)
def test_the_ways_that_keep_both_come_first(stack: dict[str, Any], models: dict[str, Any], ways: list[str]) -> None:
    asked = {**stack, "models": models}
    (refused,) = planned(asked).violations
    assert len(refused.advice) == len(ways)
    for advice, way in zip(refused.advice, ways, strict=True):
        assert way in advice.text
        assert not broken(outcome(follow(asked, as_mapping(advice.write)))), advice.text


def test_a_way_that_costs_says_how_much_and_whether_the_budget_allows_it() -> None:
    asked = {**MADE, "models": {"big": BIG, "small": BGE}}
    (refused,) = planned(asked).violations
    now, (pool, *_) = planned(asked).cost.usd_per_month_max, refused.advice
    then = outcome(follow(asked, as_mapping(pool.write))).cost.usd_per_month_max
    assert f"+${then - now:,.0f} per month at most" in pool.text
    (tight,) = planned({**asked, "budget": {"usdPerMonth": round(now) + 10}}).violations
    assert [("budget.usdPerMonth: " in each.text) for each in tight.advice] == [False, True, True]


def test_where_fewer_replicas_are_enough_no_model_moves() -> None:
    asked = {**OWN, "models": {"big": CHAT | {"gpus": 4}, "small": BGE | {"replicas": 5}}}
    (refused,) = planned(asked).violations
    assert [each.text for each in refused.advice] == ["models.small.replicas: 4"]


# Each stack fills one node. 70B in 16 bit fits 4 of these GPUs for certain, and 2 of them not at all.
LLAMA = {
    "model": "meta-llama/Llama-3.3-70B-Instruct",
    "pool": "gpu",
    "gpus": 8,
    "maxModelLen": 65536,
    "concurrency": 16,
}
ROLLING, RECREATE = {"rollout": {"strategy": "rolling"}}, {"models.big.rollout.strategy": "recreate"}
FOUR = {"models.big.gpus": 4}


@pytest.mark.parametrize(
    ("stack", "big", "way"),
    [
        (MADE, LLAMA, FOUR | RECREATE),
        (OWN, LLAMA, FOUR),
        (OWN, LLAMA | ROLLING, FOUR | RECREATE),
        (OWN, LLAMA | {"replicas": 2}, FOUR | {"models.big.replicas": 1}),
    ],
    ids=["with the old pod first", "alone", "with the old pod first, on an own server", "with fewer replicas"],
)
def test_a_model_that_fits_fewer_gpus_leaves_room_at_the_same_bill(
    stack: dict[str, Any], big: dict[str, Any], way: dict[str, Any]
) -> None:
    asked = {**stack, "models": {"big": big, "small": CHAT | {"pool": "gpu"}}}
    plan = planned(asked)
    (refused,) = plan.violations
    (advice,) = [each for each in refused.advice if dict(each.write) == way]
    assert "4 x H200; holds 18 requests of 65,536 tokens" in advice.text
    after = outcome(follow(asked, way))
    assert not broken(after)
    assert after.cost.usd_per_month_max <= plan.cost.usd_per_month_max
    assert not [each for each in refused.advice if "models.big.gpus" in dict(each.write) and each != advice]
