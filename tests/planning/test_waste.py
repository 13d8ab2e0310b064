"""A model that uses little of a whole card: a warning names a smaller place, which works."""

import re
from typing import Any

import pytest

from infra.planning import Plan
from tests.planning.following import broken, follow, outcome
from tests.planning.stacks import DEV, PROD, SHARED, changed, plan

EMBED = {"model": "BAAI/bge-m3"}
ON_CPU = "models.embed.model: bge-m3:567m with models.embed.engine: ollama and models.embed.gpus: 0"
A100 = {"existing": {"gpu": "A100-80", "nodes": 2, "selector": {"gpu": "a100"}}}
T4 = {"existing": {"gpu": "T4", "nodes": 2, "selector": {"gpu": "t4"}}}


def on_nodes(models: dict[str, Any], **pools: Any) -> Plan:
    return plan({**SHARED, "gpuPools": pools, "models": models})


def less(before: Plan, after: Plan, of: str) -> int:
    """By how many dollars a bill is lower, as both plans show it."""
    return round(before.cost.bill(of)) - round(after.cost.bill(of))


def waste(result: Plan) -> dict[str, str]:
    return {note.path: note.message for note in result.warnings if note.kind == "mostly-empty"}


def test_an_encoder_on_a_large_card_is_a_warning() -> None:
    message = waste(on_nodes({"embed": EMBED}, a100=A100))["models.embed.pool"]
    assert message.startswith("embed uses 2.0 of 79 GiB of an A100-80, and the rest stays empty: ")
    assert "a pool of" not in message, "nobody can follow that on a cluster that has none"
    assert f"{ON_CPU} (on the CPU; takes 1 request at once per replica instead of 256)" in message
    assert "key" not in message  # the gateway asks for one, whichever engine serves the model
    followed = on_nodes({"embed": {"model": "bge-m3:567m", "engine": "ollama", "gpus": 0}}, a100=A100)
    assert not followed.violations
    assert not waste(followed)


def test_a_smaller_card_of_the_stack_is_proposed_and_holds() -> None:
    stack = {"embed": EMBED | {"pool": "a100"}}
    assert "models.embed.pool: t4 (T4)" in waste(on_nodes(stack, a100=A100, t4=T4))["models.embed.pool"]
    followed = on_nodes({"embed": EMBED | {"pool": "t4"}}, a100=A100, t4=T4)
    assert not followed.violations
    assert not waste(followed)


def test_on_a_new_cluster_a_smaller_type_is_proposed_and_holds() -> None:
    large = {"l40s": {"instanceTypes": ["g6e.xlarge"]}}
    message = waste(plan({**DEV, "gpuPools": large, "models": {"embed": EMBED}}))["models.embed.pool"]
    assert "gpuPools.g4dn-xlarge.instanceTypes: [g4dn.xlarge] with models.embed.pool: g4dn-xlarge" in message
    smaller = {"g4dn-xlarge": {"instanceTypes": ["g4dn.xlarge"]}}
    followed = plan({**DEV, "gpuPools": smaller, "models": {"embed": EMBED | {"pool": "g4dn-xlarge"}}})
    assert not followed.violations
    assert "pool of" not in waste(followed)["models.embed.pool"]  # but there is the CPU


def test_beside_a_spot_pool_a_spot_pool_is_proposed_with_what_it_saves() -> None:
    spot = {"l40s": {"instanceTypes": ["g6e.xlarge"], "capacity": "spot"}}
    stack = {**DEV, "gpuPools": spot, "models": {"embed": EMBED}}
    before = plan(stack)
    (warning,) = [
        each for each in before.warnings if each.path == "models.embed.pool" and "stays empty" in each.message
    ]
    way, cpu = warning.advice
    assert f"{ON_CPU} and gpuPools.l40s removed (on the CPU" in cpu.text
    assert ("gpuPools.g4dn-xlarge-spot.capacity", "spot") in way.write
    assert ("gpuPools.l40s", None) in way.write
    after = plan(follow(stack, dict(way.write)))
    saved = less(before, after, "expected")
    assert f"saves ${saved:,} per month of the expected bill" in warning.message


@pytest.mark.parametrize(
    ("model", "wasted"),
    [
        ({"model": "llama3.2:3b", "engine": "ollama"}, True),
        ({"model": "Qwen/Qwen3-0.6B", "maxModelLen": 2048, "concurrency": 2}, True),
        ({"model": "Qwen/Qwen3-0.6B", "maxModelLen": 2048}, False),  # its cache has use for all of it
        ({"model": "Qwen/Qwen3-32B", "maxModelLen": 8192, "concurrency": 2}, False),
        ({"model": "BAAI/bge-m3", "paused": True}, False),
    ],
)
def test_it_is_said_of_what_is_known_to_need_little(model: dict[str, Any], wasted: bool) -> None:
    assert bool(waste(on_nodes({"small": model}, a100=A100))) == wasted


T4_MADE = {"t4": {"instanceTypes": ["g4dn.xlarge"]}}
CPU_ENOUGH: dict[str, tuple[dict[str, Any], str]] = {  # the stack, and what is said beside the saving
    "the only model": ({**DEV, "gpuPools": T4_MADE, "models": {"embed": EMBED}}, " and gpuPools.t4 removed"),
    "a pool that the program chose": ({**DEV, "gpuPools": {}, "models": {"embed": EMBED}}, ON_CPU),
    "beside another": ({**DEV, "gpuPools": T4_MADE, "models": {"embed": EMBED, "more": EMBED}}, ON_CPU),
    "on spot": (
        {**DEV, "gpuPools": {"t4": T4_MADE["t4"] | {"capacity": "spot"}}, "models": {"embed": EMBED}},
        "per month of the expected bill",
    ),
    "nodes that exist": (
        {
            **SHARED,
            "gpuPools": {"t4": {"existing": T4["existing"] | {"usdPerGpuHour": 0.5}}},
            "models": {"embed": EMBED},
        },
        "its 2 nodes are then neither used nor counted in the bill",
    ),
}


@pytest.mark.parametrize("name", CPU_ENOUGH)
def test_an_embedding_model_that_leaves_a_small_card_empty_is_offered_the_cpu_with_its_bill(name: str) -> None:
    stack, said = CPU_ENOUGH[name]
    before = plan(stack)
    warning = next(each for each in before.warnings if each.path == "models.embed.pool")
    (way,) = warning.advice
    assert warning.message.startswith(
        "embed uses 2.0 of 15 GiB of a T4, and the rest stays empty: models.embed.model: "
    )
    assert said in way.text
    after = plan(follow(stack, dict(way.write)))
    assert not after.violations
    assert after.models["embed"].pool is None
    end = "expected" if "expected" in way.text else "min"
    saved = less(before, after, end)
    assert saved > 100
    assert (
        f"(on the CPU; takes 1 request at once per replica instead of 256; saves ${saved:,} per month of the "
        in way.text
    )


@pytest.mark.parametrize(
    ("models", "pools"),
    [
        ({"embed": {"model": "BAAI/bge-reranker-v2-m3"}}, T4_MADE),  # the CPU's engine ranks nothing
        ({"embed": {"model": "llama3.2:1b", "engine": "ollama"}}, T4_MADE),  # chat is slow there
        ({"embed": EMBED | {"paused": True}}, T4_MADE),
        ({"embed": EMBED | {"replicas": 12}}, T4_MADE),  # the system nodes don't hold them
    ],
    ids=["a reranker", "a chat model", "a paused model", "too many"],
)
def test_the_cpu_is_offered_where_it_serves_the_model_and_has_room(models: Any, pools: Any) -> None:
    assert not waste(plan({**DEV, "gpuPools": pools, "models": models}))


def test_the_cpu_is_offered_without_the_keys_that_its_engine_refuses() -> None:
    keys = {"gpuMemoryUtilization": 0.5, "revision": "5617a9f61b028005a4858fdac845db406aefb181", "maxNumSeqs": 64}
    stack = {**SHARED, "gpuPools": {"t4": T4}, "models": {"embed": EMBED | keys | {"pool": "t4", "maxModelLen": 8192}}}
    for pools in ({"t4": T4}, {"a100": A100}):
        file = changed({**stack, "gpuPools": pools}, models__embed__pool=next(iter(pools)))
        for warning in plan(file).warnings:
            for way in warning.advice:
                then = outcome(follow(file, dict(way.write)))
                assert not then.violations
                assert all(f"models.embed.{key} removed" in way.text for key in keys)
    assert any("on the CPU" in each for each in waste(plan(file)).values())


def test_the_smallest_card_is_no_waste() -> None:
    assert not waste(on_nodes({"embed": EMBED}, t4=T4))
    assert "pool of" not in waste(plan(PROD))["models.embed.pool"]  # but there is the CPU
    assert not waste(plan(changed(DEV, models__qwen3_8b__concurrency=2)))


@pytest.mark.parametrize("capacity", ["spot", "on-demand"])
def test_of_several_small_models_the_advice_moves_all_and_says_what_that_saves(capacity: str) -> None:
    large = {"l40s": {"instanceTypes": ["g6e.xlarge"], "capacity": capacity}}
    rerank = {"model": "BAAI/bge-reranker-v2-m3"}
    chat = {"model": "Qwen/Qwen3-14B", "maxModelLen": 8192}
    stack = {**DEV, "gpuPools": large, "models": {"chat": chat, "embed": EMBED, "rerank": rerank}}
    before = plan(stack)
    first, second = [each for each in before.warnings if each.kind == "mostly-empty"]
    (way, cpu), (same,) = first.advice, second.advice
    assert way == same, "each is read by itself, in the JSON too"
    assert ON_CPU in cpu.text
    after = plan(follow(stack, dict(way.write)))
    assert not after.violations
    assert not any("pool of" in message for message in waste(after).values())
    end, bill = ("expected", "expected") if capacity == "spot" else ("min", "minimum")
    saved = less(before, after, end)
    assert "(embed and rerank together: T4, a node for $" in way.text
    assert f"saves ${saved:,} per month of the {bill} bill" in way.text


A6000 = {"existing": {"gpu": "RTX-A6000", "nodes": 2, "selector": {"gpu": "a6000"}, "usdPerGpuHour": 0.5}}
L40S = {"existing": {"gpu": "L40S", "nodes": 2, "selector": {"gpu": "l40s"}, "usdPerGpuHour": 0.9}}


def priced(pool: dict[str, Any], usd: float) -> dict[str, Any]:
    return {"existing": pool["existing"] | {"usdPerGpuHour": usd}}


def test_a_card_that_stays_as_empty_at_a_higher_price_is_no_better_place() -> None:
    message = waste(on_nodes({"embed": EMBED | {"pool": "a6000"}}, a6000=A6000, l40s=L40S))["models.embed.pool"]
    assert "l40s" not in message
    cheap = priced(L40S, 0.4)
    message = waste(on_nodes({"embed": EMBED | {"pool": "a6000"}}, a6000=A6000, l40s=cheap))["models.embed.pool"]
    assert "models.embed.pool: l40s" in message


def test_a_pool_that_is_full_is_passed_over() -> None:
    chat = {"model": "Qwen/Qwen3-4B", "maxModelLen": 8192, "pool": "t4", "replicas": 2}
    stack = {"embed": EMBED | {"pool": "a100"}, "chat": chat}
    message = waste(on_nodes(stack, a100=priced(A100, 1.6), t4=priced(T4, 0.2), l40s=L40S))["models.embed.pool"]
    assert "models.embed.pool: l40s" in message


H200 = {"existing": {"gpu": "H200", "gpusPerNode": 8, "nodes": 1, "usdPerGpuHour": 4.5, "selector": {"gpu": "h200"}}}
LLAMA = {"model": "meta-llama/Llama-3.3-70B-Instruct", "maxModelLen": 32768, "concurrency": 8}


def test_memory_that_the_cache_takes_is_not_called_empty_and_fewer_gpus_come_first() -> None:
    stack = {**SHARED, "gpuPools": {"h200": H200}, "models": {"chat": LLAMA | {"gpus": 8}}}
    before = plan(stack)
    (warning,) = [each for each in before.warnings if each.kind == "mostly-empty"]
    fit = before.models["chat"].fit
    assert fit is not None
    assert fit.max_concurrency is not None
    assert "needs 29.0 of 140 GiB of each of its H200 for 8 requests at once" in warning.message
    assert f"and the rest is cache for {int(fit.max_concurrency) - 8} more: models.chat.gpus: 4 (" in warning.message
    assert "pool" not in warning.message, "the cluster has no other"
    (way,) = warning.advice
    after = plan(follow(stack, dict(way.write)))
    assert not after.violations
    assert after.models["chat"].gpus == 4
    assert not waste(after)


def test_fewer_gpus_are_offered_where_no_rule_is_broken_then() -> None:
    two = H200["existing"] | {"gpusPerNode": 2, "nodes": 1}
    small = {"model": "Qwen/Qwen3-8B", "maxModelLen": 16384, "concurrency": 8}
    alone = on_nodes({"chat": small | {"gpus": 2}}, h200={"existing": two})
    assert "models.chat.gpus: 1 (1 x H200; holds " in waste(alone)["models.chat.pool"]
    one = on_nodes({"chat": small | {"gpus": 1}}, h200={"existing": two})
    assert "gpus" not in waste(one)["models.chat.pool"], "there is no smaller number"


BIG = {"model": "Qwen/Qwen3-235B-A22B-Instruct-2507", "quantization": "fp8", "maxModelLen": 65536, "concurrency": 8}
SMALL = {"model": "Qwen/Qwen3-8B", "maxModelLen": 16384, "concurrency": 8, "replicas": {"min": 1, "max": 2}}


def test_on_an_expensive_node_the_cheapest_new_place_is_named_or_that_each_costs_more() -> None:
    pool = {"big": {"instanceTypes": ["p5en.48xlarge"], "max": 1}}
    once = {**DEV, "gpuPools": pool, "models": {"large": BIG | {"rollout": {"strategy": "recreate"}}, "small": SMALL}}
    message = waste(plan(once))["models.small.pool"]
    assert re.search(
        r"and the rest is cache for \d+ more: a pool of g6e\.xlarge \(1 x L40S\) costs more, because these", message
    )
    two = {"big": {"instanceTypes": ["p5en.48xlarge"], "max": 2}}
    scaled = {**DEV, "gpuPools": two, "models": {"large": BIG | {"replicas": {"min": 1, "max": 2}}, "small": SMALL}}
    before = plan(scaled)
    (warning,) = [each for each in before.warnings if each.kind == "mostly-empty"]
    (way,) = warning.advice
    assert ("gpuPools.g6e-xlarge.instanceTypes", ("g6e.xlarge",)) in way.write
    after = plan(follow(scaled, dict(way.write)))
    assert not after.violations
    assert after.cost.usd_per_month_max < before.cost.usd_per_month_max
    maximum = after.cost.usd_per_month_max
    assert f"the maximum is then ${maximum:,.0f}, ${less(before, after, 'max'):,} less" in warning.message


WHOLE = {"model": "Qwen/Qwen3-32B", "maxModelLen": 8192, "gpus": 1}
TWO_A100 = {
    "existing": {"gpu": "A100-80", "gpusPerNode": 1, "nodes": 2, "usdPerGpuHour": 2, "selector": {"gpu": "a100"}}
}


@pytest.mark.parametrize(
    ("models", "refused"),
    [
        ({"big": WHOLE, "embed": EMBED}, False),
        ({"big": WHOLE, "other": WHOLE, "embed": EMBED}, True),
        ({"big": {**WHOLE, "maxModelLen": 40960, "concurrency": 90}, "embed": EMBED}, True),
    ],
    ids=["nothing is refused", "its pool is too small", "another model of its pool does not fit"],
)
def test_the_warning_is_there_whatever_is_refused(models: dict[str, Any], refused: bool) -> None:
    result = on_nodes(models, a100=TWO_A100)
    assert bool(result.violations) is refused
    assert waste(result)["models.embed.pool"].endswith(
        f"the rest stays empty: {ON_CPU} (on the CPU; takes 1 request at once per replica instead of 256)"
    )


def test_a_broken_budget_changes_no_warning_of_empty_gpus_and_its_advice_holds() -> None:
    large = {"l40s": {"instanceTypes": ["g6e.xlarge"]}}
    chat = {"model": "Qwen/Qwen3-14B", "maxModelLen": 8192}
    stack = {**DEV, "gpuPools": large, "models": {"chat": chat, "embed": EMBED}}
    refused = {**stack, "budget": {"usdPerMonth": 500}}
    result = plan(refused)
    assert result.violations
    assert waste(result) == waste(plan(stack))
    (warning,) = [each for each in result.warnings if each.kind == "mostly-empty"]
    assert len(warning.advice) == 2
    for way in warning.advice:
        assert broken(outcome(follow(refused, dict(way.write)))) <= broken(result)


def test_a_budget_hides_no_warning_that_names_no_cheaper_place() -> None:
    pool = {"big": {"instanceTypes": ["p5en.48xlarge"], "max": 1}}
    stack = {**DEV, "gpuPools": pool, "models": {"large": BIG | {"rollout": {"strategy": "recreate"}}, "small": SMALL}}
    refused = plan({**stack, "budget": {"usdPerMonth": 500}})
    assert refused.violations
    assert waste(refused)["models.small.pool"].endswith("costs more, because these nodes stay")
