"""Nodes that exist, where small models may stand in the way of a large one: what reserves nodes for it is followed."""

from typing import Any

from infra.plan.notes import Warned
from infra.planning.advice import as_mapping
from tests.planning.following import follow, outcome, planned

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
