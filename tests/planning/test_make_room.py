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
        (
            OWN,
            {"big": BIG, "small": CHAT | {"model": "Qwen/Qwen3-4B"}},
            ["models.small.model: qwen3:4b-q4_K_M", PAUSED],
        ),
        (
            {**OWN, "gpuPools": L40S},
            {"small": CHAT, "zz": CHAT},
            ["gpuPools.gpu.existing.sharing.timeSlicing: 2", "on the CPU, where it is slow", PAUSED],
        ),
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
    ids=[
        "an embedding model",
        "another one",
        "with Ollama",
        "a chat model",
        "two chat models",
        "another pool",
        "a pool more",
    ],
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


ON_L4: dict[str, Any] = {
    "cluster": MADE["cluster"],
    "gpuPools": {"l4": {"instanceTypes": ["g6.xlarge"], "max": 1}, "other": {"instanceTypes": ["g6.xlarge"]}},
    "models": {
        "chat": CHAT
        | {"pool": "l4", "rollout": {"strategy": "canary", "weight": 10}, "next": {"model": "Qwen/Qwen3-8B-FP8"}}
    },
}


@pytest.mark.parametrize(
    ("capacity", "then"),
    [
        ({"l4": "on-demand", "other": "spot"}, True),
        ({"l4": "on-demand", "other": "on-demand"}, False),
        ({"l4": "spot", "other": "spot"}, False),
    ],
    ids=["to spot", "to other nodes", "from spot to spot"],
)
def test_a_move_to_spot_nodes_says_so_and_what_it_adds_at_most(capacity: dict[str, str], then: bool) -> None:
    pools = {name: pool | {"capacity": capacity[name]} for name, pool in ON_L4["gpuPools"].items()}
    (refused,) = planned({**ON_L4, "gpuPools": pools}).violations
    (way,) = [each for each in refused.advice if dict(each.write) == {"models.chat.next.pool": "other"}]
    assert (
        "spot: the cloud may take a spot node back with two minutes' notice; the maximum bill doesn't rise" in way.text
    ) is then
    assert ("spot" in way.text) is then


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


def nodes(gpu: str, per_node: int, usd: float | None = None, number: int = 1) -> dict[str, Any]:
    priced = {"usdPerGpuHour": usd} if usd else {}
    return {"existing": {"gpu": gpu, "gpusPerNode": per_node, "nodes": number, "selector": {"gpu": gpu}, **priced}}


THREE = {"a100": nodes("A100-80", 8, 1.6), "a6000": nodes("RTX-A6000", 2, 0.5), "l40s": nodes("L40S", 4, 0.9, 2)}
LARGE = {"model": "Qwen/Qwen3-32B", "maxModelLen": 32768, "concurrency": 4, "replicas": {"min": 1, "max": 3}}
VISION = {"model": "Qwen/Qwen2.5-VL-7B-Instruct", "maxModelLen": 16384, "concurrency": 4}
SCALING = {"keda": "install", "prometheus": "install"}
RERANK = {"model": "BAAI/bge-reranker-v2-m3"}


def test_a_small_model_moves_to_gpus_that_stand_idle_before_those_that_another_needs_for_its_rollout() -> None:
    models = {"chat": LARGE, "embed": BGE, "rerank": RERANK, "vision": VISION}
    asked = {**OWN, "gpuPools": THREE, "models": models, "addons": SCALING}
    (refused,) = planned(asked).violations
    assert "embed: 1 replica x 1 GPU + rerank: 1 replica x 1 GPU + vision: 1 replica x 1 GPU = 3" in refused.message
    assert refused.advice[0].text.startswith("models.embed.pool: l40s")
    then = outcome(follow(asked, as_mapping(refused.advice[0].write)))
    assert not then.violations
    assert then.models["chat"].rollout.max_surge == planned(asked).models["chat"].rollout.max_surge == 1


@pytest.mark.parametrize("idle", [True, False])
def test_the_largest_model_moves_only_to_gpus_that_stand_idle(idle: bool) -> None:
    pools = {"l40s": THREE["l40s"], "a100": nodes("A100-80", 8 if idle else 4)}
    models = {"chat": LARGE | {"pool": "l40s"}, "embed": BGE | {"pool": "l40s"}}
    asked = {**OWN, "gpuPools": pools, "models": models, "addons": SCALING}
    (refused,) = planned(asked).violations
    moves = [each for each in refused.advice if ("models.chat.pool", "a100") in each.write]
    assert bool(moves) == idle
    assert not idle or refused.advice[0] == moves[0]
    assert not any(outcome(follow(asked, as_mapping(each.write))).violations for each in moves)


def test_a_rolling_model_on_full_own_nodes_fits_fewer_gpus_too() -> None:
    asked = {**OWN, "models": {"big": LLAMA | ROLLING}}
    (refused,) = planned(asked).violations
    ways = [dict(each.write) for each in refused.advice]
    assert RECREATE in ways
    assert FOUR in ways
    then = outcome(follow(asked, FOUR))
    assert not broken(then)
    assert then.models["big"].rollout.max_surge == 1
    paused = [number for number, way in enumerate(ways) if any(path.endswith(".paused") for path in way)]
    assert all(number > ways.index(FOUR) for number in paused)
