"""Nodes that exist, where small models may stand in the way of a large one: what reserves nodes for it is followed."""

from typing import Any

import pytest

from infra.plan.alike import parts
from infra.plan.kinds import by_kind
from infra.plan.notes import Warned
from infra.plan.plan import Plan
from infra.planning.advice import as_mapping
from tests.planning.following import counted_nodes, follow, outcome, planned

BIG = {"model": "Qwen/Qwen3-32B", "maxModelLen": 8192, "gpus": 2}
SMALL = {"model": "Qwen/Qwen3-8B", "maxModelLen": 8192, "gpus": 1, "replicas": 2}


def _stack(nodes: dict[str, Any], **models: Any) -> dict[str, Any]:
    existing = {"gpu": "A100-80", "gpusPerNode": 2, "selector": {"gpu": "x"}, "usdPerGpuHour": 2, **nodes}
    return {
        "cluster": {"existing": {"context": "prod"}},
        "gpuPools": {"a100": {"existing": existing}},
        "models": models,
        "cache": {"kind": "storageClass", "storageClass": "nfs", "size": "500Gi"},
    }


def _warning(stack: dict[str, Any]) -> Warned:
    (found,) = [each for each in planned(stack).warnings if each.kind == "no-free-node"]
    return found


def test_the_keys_of_a_separate_pool_are_named_and_end_the_doubt() -> None:
    stack = _stack({"nodes": 3}, big=BIG, a=SMALL, b={**SMALL, "replicas": 1})
    warning = _warning(stack)
    (way,) = warning.advice
    assert "gpuPools.a100-big.existing: {gpu: A100-80, gpusPerNode: 2, nodes: 1," in warning.message
    assert way.text in warning.message
    before, after = outcome(stack), outcome(follow(stack, as_mapping(way.write)))
    assert after.violations == ()
    assert {name: each.pool for name, each in after.models.items()} == {"big": "a100-big", "a": "a100", "b": "a100"}
    assert not [each for each in after.warnings if each.kind == "no-free-node" or "has the labels of" in each.message]
    assert after.cost.usd_per_month_max == before.cost.usd_per_month_max


def test_no_keys_are_named_where_the_others_would_lack_the_nodes() -> None:
    """The small ones need a part of the large one's node."""
    wide = {"model": "meta-llama/Llama-3.3-70B-Instruct", "maxModelLen": 8192, "gpus": 4}
    stack = _stack({"nodes": 2, "gpusPerNode": 6}, big=wide, a={**SMALL, "replicas": 7})
    warning = _warning(stack)
    assert warning.advice == ()
    assert warning.message.endswith("reserves nodes for it")


def test_no_keys_are_named_where_the_file_counts_on_fewer_nodes_than_there_are() -> None:
    stack = _stack({"nodes": 4}, big=BIG, a=SMALL, b={**SMALL, "replicas": 1})
    stack["gpuPools"]["a100"]["max"] = 3
    assert _warning(stack).advice == ()


CHAT, CODING, TINY = ({**SMALL, "model": "Qwen/Qwen3-0.6B", "gpus": gpus} for gpus in (2, 4, 1))
COMPANY = _stack({"nodes": 4, "gpusPerNode": 4}, chat=CHAT, coding=CODING, embed=TINY, small=TINY)


def _doubted(plan: Plan) -> list[str]:
    return [parts(each.path)[1] for each in plan.warnings if each.kind == "no-free-node"]


def _ways(plan: Plan) -> dict[str, dict[str, Any]]:
    """What to write, by the models whose doubt it ends."""
    return {
        parts(each.path)[1]: dict(as_mapping(each.advice[0].write))
        for each in plan.warnings
        if each.kind == "no-free-node" and each.advice
    }


def _losses(plan: Plan) -> dict[str, str]:
    return {name: loss for pool in plan.pools.values() if pool.own for name, loss in pool.own.lose_one.items()}


def _printed(plan: Plan) -> str:
    """The line of the report."""
    (found,) = [each.message for each in by_kind(plan.warnings) if "another label" in each.message]
    return found


def test_first_comes_what_takes_no_protection_and_the_next_plan_says_what_the_rest_takes() -> None:
    """Four full nodes: the large model's replicas fill two; on the others a model could be certain only alone."""
    plan = planned(COMPANY)
    assert _doubted(plan) == ["chat", "coding"]
    ways = _ways(plan)
    assert list(ways) == ["coding"]
    assert _printed(plan).endswith("models.small.pool: a100 (chat may still find none: plan again then))")
    second = follow(COMPANY, ways["coding"])
    assert set(_losses(planned(second)).values()) == {"serves"}
    warning = _warning(second)
    stops = "the loss of its node then stops each of chat, embed, small until that node is back"
    assert warning.message.endswith(f"({stops})")
    last = outcome(follow(second, as_mapping(warning.advice[0].write)))
    assert _doubted(last) == []
    assert _losses(last) == {"chat": "waits", "coding": "serves", "embed": "waits", "small": "waits"}
    assert {name: pool.max for name, pool in last.pools.items()} == {"a100": 1, "a100-chat": 1, "a100-coding": 2}


def test_one_way_ends_the_doubts_of_all_models_and_stands_at_the_first() -> None:
    """With two nodes more, none loses a protection by it."""
    more = {"chat": {**CHAT, "replicas": 4}, "small": {**TINY, "replicas": 4}}
    stack = _stack({"nodes": 6, "gpusPerNode": 4}, coding=CODING, embed=TINY, **more)
    plan = planned(stack)
    assert _doubted(plan) == ["chat", "coding"]
    ways = _ways(plan)
    assert ways["chat"] == ways["coding"]
    printed = _printed(plan)
    assert printed.endswith("what stands at chat ends this too)")
    assert printed.count("a100-coding.existing: {") == 1
    assert "the loss of" not in printed
    then = outcome(follow(stack, ways["chat"]))
    assert _doubted(then) == []
    assert set(_losses(then).values()) == {"serves"}


OTHER = {"existing": {"gpu": "A100-80", "gpusPerNode": 2, "nodes": 3, "selector": {"gpu": "y"}}}


@pytest.mark.parametrize(
    "stack",
    [
        COMPANY,
        {
            **COMPANY,
            "gpuPools": {**COMPANY["gpuPools"], "other": OTHER},
            "models": {
                **{name: {**model, "pool": "a100"} for name, model in COMPANY["models"].items()},
                "large": {**CHAT, "replicas": 1, "pool": "other"},
                "tiny": {**TINY, "replicas": 3, "pool": "other"},
            },
        },
    ],
    ids=["one-pool", "two-pools"],
)
def test_all_that_a_plan_says_to_write_counts_no_node_that_is_not_there(stack: dict[str, Any]) -> None:
    plan = planned(stack)
    ways, together = _ways(plan), dict[str, Any]()
    assert ways
    for way in ways.values():
        assert all(together.setdefault(path, value) == value for path, value in way.items())
    then = outcome(follow(stack, together))
    assert then.violations == ()
    assert counted_nodes(then) == counted_nodes(plan)
    assert set(_doubted(then)) == set(_doubted(plan)) - ways.keys()


def test_a_pool_whose_name_is_taken_is_not_written_over() -> None:
    there: dict[str, Any] = {"pool": "a100"}
    stack = _stack({"nodes": 3}, big=BIG | there, a=SMALL | there, b=SMALL | there | {"replicas": 1})
    assert _warning(stack).advice
    stack["gpuPools"]["a100-big"] = OTHER
    assert _warning(stack).advice == ()


def test_of_two_pools_that_models_chose_the_second_waits_for_the_next_plan_which_says_so() -> None:
    """Each way writes the pools of all models."""
    small = {
        **_stack({"nodes": 4, "gpusPerNode": 4})["gpuPools"]["a100"]["existing"],
        "gpu": "L40S",
        "selector": {"gpu": "y"},
    }
    stack = _stack(
        {"nodes": 3},
        big={"model": "Qwen/Qwen2.5-72B-Instruct", "maxModelLen": 8192, "gpus": 2},
        mid={"model": "Qwen/Qwen3-32B", "maxModelLen": 8192, "gpus": 1, "replicas": 3},
        chat=CHAT,
        coding=CODING,
        tiny={**TINY, "replicas": 4},
    )
    stack["gpuPools"]["l40s"] = {"existing": small | {"usdPerGpuHour": 1}}
    plan = planned(stack)
    ways = _ways(plan)
    assert _doubted(plan) == ["big", "chat", "coding"]
    assert list(ways) == ["big"]
    assert (
        "models.mid.pool: a100 and models.tiny.pool: l40s (chat, coding may still find none: plan again then)"
        in _printed(plan)
    )
    then = planned(follow(stack, ways["big"]))
    assert "big" not in _doubted(then)
    assert _ways(then)
