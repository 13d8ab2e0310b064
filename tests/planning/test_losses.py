"""Own nodes that are asked for too much: what keeps to the requests and the context that are asked for comes first, and
what takes something says what it takes."""

import re
from typing import Any

import pytest

from infra.plan.notes import Advice
from infra.planning import Plan
from infra.planning.advice import as_mapping
from tests.planning.following import broken, follow, outcome, planned

Q14, Q32, L70 = "Qwen/Qwen3-14B", "Qwen/Qwen3-32B", "meta-llama/Llama-3.3-70B-Instruct"


def _stack(gpu: str, per_node: int, nodes: int, model: dict[str, Any]) -> dict[str, Any]:
    pool = {"existing": {"gpu": gpu, "gpusPerNode": per_node, "nodes": nodes, "selector": {"gpu": "yes"}}}
    return {
        "cluster": {"existing": {"context": "rack"}},
        "gpuPools": {"own": pool},
        "models": {"chat": {"maxModelLen": 32768, "pool": "own"} | model},
        "cache": {"kind": "storageClass", "storageClass": "nfs", "size": "500Gi"},
    }


EIGHT = {"concurrency": 8, "replicas": 8}
# The first way, without `models.chat.`, and what it says it takes.
ASKED = {
    "smaller weights keep all": (
        _stack("L40S", 4, 2, {"model": Q14, "gpus": 1} | EIGHT),
        {"quantization": "fp8", "kvCacheDtype": "fp8"},
        "",
    ),
    "smaller weights on fewer GPUs, where the planner took too many": (
        _stack("L40S", 4, 2, {"model": Q14} | EIGHT),
        {"quantization": "fp8", "kvCacheDtype": "fp8", "gpus": 1},
        "",
    ),
    "more GPUs per replica, and fewer replicas": (
        _stack("A100-80", 4, 2, {"model": Q32, "gpus": 1} | EIGHT),
        {"gpus": 2, "replicas": 4},
        "(instead of 8 replicas)",
    ),
    "fewer replicas, which the message counts": (_stack("A100-80", 4, 2, {"model": Q32} | EIGHT), {"replicas": 4}, ""),
    "more GPUs with smaller weights": (
        _stack("A100-80", 2, 4, {"model": Q32, "concurrency": 12, "replicas": 4}),
        {"gpus": 2, "quantization": "fp8"},
        "",
    ),
    "a cache in 8 bit on cards that don't compute in it, where nothing else keeps all": (
        _stack("A100-80", 2, 4, {"model": L70, "concurrency": 8}),
        {"quantization": "fp8", "kvCacheDtype": "fp8"},
        "",
    ),
    "nothing keeps all of it": (
        _stack("A40", 2, 4, {"model": Q32, "gpus": 2, "concurrency": 16, "replicas": 3}),
        {"concurrency": 5, "quantization": "fp8"},
        "(instead of 16 requests at once)",
    ),
}


def _refused(stack: dict[str, Any]) -> tuple[Plan, tuple[Advice, ...]]:
    plan = planned(stack)
    (violation,) = plan.violations
    return plan, violation.advice


@pytest.mark.parametrize(("stack", "first", "takes"), ASKED.values(), ids=ASKED)
def test_what_keeps_to_what_is_asked_for_comes_first(stack: dict[str, Any], first: dict[str, Any], takes: str) -> None:
    _, (advice, *_) = _refused(stack)
    assert {path.removeprefix("models.chat."): value for path, value in advice.write} == first
    assert advice.text.endswith(takes)
    assert ("instead of" in advice.text) == bool(takes)


@pytest.mark.parametrize("case", ASKED)
def test_each_way_holds_and_says_what_it_takes(case: str) -> None:
    plan, ways = _refused(ASKED[case][0])
    lost = []
    for advice in ways:
        after = outcome(follow(ASKED[case][0], as_mapping(advice.write)))
        assert not broken(after), advice.text
        (before,), (then,) = plan.models.values(), after.models.values()
        fewer = (then.concurrency or 1) < (before.concurrency or 1)
        shorter = then.max_model_len < before.max_model_len
        assert bool(re.search(f"instead of {before.concurrency} requests at once", advice.text)) == fewer
        assert bool(re.search(f"instead of {before.max_model_len:,} tokens per request", advice.text)) == shorter
        lost.append(fewer + shorter)
    assert lost == sorted(lost)


def test_fewer_requests_are_found_with_weights_that_the_same_gpus_can_share() -> None:
    """With these alone, two GPUs hold fewer; a smaller cache too keeps all."""
    _, ways = _refused(ASKED["a cache in 8 bit on cards that don't compute in it, where nothing else keeps all"][0])
    written = [{path.removeprefix("models.chat."): value for path, value in each.write} for each in ways]
    assert {"concurrency": 7, "quantization": "fp8"} in written


def test_the_model_that_can_be_smaller_is_found_beside_one_that_can_not() -> None:
    """R1 takes a whole node; three replicas on 4 GPUs each are too many for the other, and on 2 GPUs each they fit."""
    stack = _stack("H200", 8, 2, {"model": Q32, "gpus": 4, "concurrency": 36, "replicas": 3})
    stack["cache"]["size"] = "2000Gi"
    stack["models"]["big"] = {"model": "deepseek-ai/DeepSeek-R1", "maxModelLen": 32768, "pool": "own"}
    _, (advice, *_) = _refused(stack)
    assert dict(advice.write)["models.chat.gpus"] == 2
    assert [each for each in advice.text.split("; ") if "instead of" in each and "tokens per second" not in each] == []
    assert not broken(outcome(follow(stack, as_mapping(advice.write))))
