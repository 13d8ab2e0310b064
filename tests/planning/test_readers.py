"""A volume of one node (ReadWriteOnce) serves every pod of that node, and no pod of another."""

import json
from typing import Any

import pytest

from infra.cli.report.own_nodes import own_nodes_section
from tests.example_stacks import plan_text
from tests.invariants.reading import jobs, servers
from tests.planning.stacks import LOCAL, plan

LAB: dict[str, Any] = {"existing": {"gpu": "L4", "gpusPerNode": 4, "nodes": 1, "selector": {"gpu": "l4"}}}
ON_LAB = {"model": "Qwen/Qwen3-8B", "maxModelLen": 8192, "gpus": 1}
ON_CPU = LOCAL["models"]["llama-1b"]
ROLLING = {"rollout": {"strategy": "rolling"}}


@pytest.mark.parametrize(
    ("pool", "models", "enough"),
    [
        ({}, {"a": ON_LAB, "b": ON_LAB}, True),
        ({}, {"a": ON_LAB | {"replicas": 2}}, True),
        ({}, {"a": ON_LAB | {"replicas": 2} | ROLLING}, True),
        ({}, {"a": ON_LAB, "b": ON_LAB, "c": ON_CPU | {"paused": True}}, True),
        (
            {},
            {"a": ON_LAB, "b": {"model": "file:///data/b", "like": "Qwen/Qwen3-8B", "maxModelLen": 8192}, "c": ON_LAB},
            True,
        ),
        ({}, {"a": ON_LAB, "c": ON_CPU}, True),
        ({"nodes": 2}, {"a": ON_LAB, "b": ON_LAB}, False),
        ({"nodes": 2}, {"a": ON_LAB, "c": ON_CPU}, False),
    ],
    ids=[
        *("models", "replicas", "a rollout", "a paused one on the CPU", "weights elsewhere", "the CPU", "two nodes"),
        "the CPU beside two nodes",
    ],
)
def test_a_volume_of_one_node_serves_all_pods_of_that_node(
    pool: dict[str, Any], models: dict[str, Any], enough: bool
) -> None:
    nodes = {"existing": {**LAB["existing"], **pool}}
    result = plan({**LOCAL, "gpuPools": {"lab": nodes}, "models": models})
    assert [each.rule for each in result.violations] == ([] if enough else ["One reader"])
    assert result.cache.access_mode == "ReadWriteOnce"
    assert result.cache.only_node == ("lab" if enough else None)
    assert any(each.path == "cache" for each in result.warnings) is not enough
    assert ("one reader" in result.models["a"].rollout.reason) is not enough
    assert (result.models["a"].rollout.strategy == "rolling") is enough


@pytest.mark.parametrize(
    ("existing", "limit", "enough"),
    [({"nodes": 1}, None, True), ({"nodes": 1}, 1, True), ({}, 1, True), ({"nodes": 3}, 1, False)],
    ids=["one node", "one node and max 1", "at most one that others add", "max 1 of three"],
)
def test_max_alone_keeps_no_pod_from_the_other_nodes(existing: dict[str, Any], limit: int | None, enough: bool) -> None:
    base = {key: value for key, value in LAB["existing"].items() if key != "nodes"}
    pool = {"existing": {**base, **existing}, **({"max": limit} if limit else {})}
    result = plan({**LOCAL, "gpuPools": {"lab": pool}, "models": {"a": ON_LAB, "b": ON_LAB}})
    assert (result.cache.only_node == "lab") is enough


def test_where_all_models_are_paused_the_download_is_where_they_would_run() -> None:
    models = {"a": ON_LAB | {"paused": True}, "b": ON_LAB | {"paused": True}}
    assert plan({**LOCAL, "gpuPools": {"lab": LAB}, "models": models}).cache.only_node == "lab"


def test_a_model_on_the_cpu_starts_and_ends_with_the_node_of_the_volume() -> None:
    """On another node its pod and its download would wait for the volume."""
    stack = {**LOCAL, "gpuPools": {"lab": LAB}, "models": {"a": ON_LAB, "c": ON_CPU}}
    planned = plan_text("lab", json.dumps({"config": {"aws:region": "us-east-1", "llm-platform:platform": stack}}))
    (said,) = [each.message for each in planned.plan.assumptions if each.path == "cache.storageClass"]
    assert said.endswith("the weights are downloaded on that node too, and c runs on its CPU, on no other node")
    there = [pod for found in (servers, jobs) for pod in found(planned.recording)]
    assert {pod.name: pod.spec["nodeSelector"].get("gpu") for pod in there} == dict.fromkeys(
        (p.name for p in there), "l4"
    )
    assert len(there) == 4
    (row, lost) = [row for row in own_nodes_section(planned.plan).rows if row[0] in ("lab-1", "lose one")]
    assert row[1] == "a, 1 GPU; c, on its CPU"
    assert lost[1] == "a, c: down until the node is back"


@pytest.mark.parametrize(
    ("others", "gpus"), [({"a": ON_LAB}, 1), ({"a": ON_LAB, "b": ON_LAB}, 2)], ids=["one GPU", "two GPUs"]
)
def test_a_small_model_may_go_to_the_cpu_of_the_only_node(others: dict[str, Any], gpus: int) -> None:
    small = {"model": "llama3.2:3b", "engine": "ollama"}
    lab = {"existing": {**LAB["existing"], "gpusPerNode": gpus}}
    models = {**others, "z": small}
    stack = {**LOCAL, "gpuPools": {"lab": lab}, "models": models}
    (broken,) = plan(stack).violations
    assert "models.z.gpus: 0" in broken.fix
    assert not plan({**stack, "models": {**models, "z": {**small, "gpus": 0}}}).violations


@pytest.mark.parametrize(("nodes", "hint"), [(1, True), (2, False)])
def test_a_named_class_is_asked_for_by_all_nodes_and_one_node_needs_less(nodes: int, hint: bool) -> None:
    lab = {"existing": {**LAB["existing"], "nodes": nodes}}
    cache = {"kind": "storageClass", "storageClass": "nfs"}
    result = plan({**LOCAL, "gpuPools": {"lab": lab}, "models": {"a": ON_LAB, "b": ON_LAB}, "cache": cache})
    assert result.cache.access_mode == "ReadWriteMany"
    (said,) = [each.message for each in result.assumptions if each.path == "cache.storageClass"]
    assert said.startswith("nfs exists and offers ReadWriteMany: 2 pods read the cache")
    assert ("leave storageClass out" in said) is hint


def test_a_class_that_is_known_to_give_volumes_to_one_node_is_taken_for_that() -> None:
    """Its provisioner refuses a claim for several nodes, which would wait forever behind a plan that says OK."""
    cache = {"kind": "storageClass", "storageClass": "local-path", "size": "200Gi"}
    lab = {"existing": {**LAB["existing"], "nodes": 2}}
    stack = {**LOCAL, "models": {"a": ON_LAB, "b": ON_LAB}, "cache": cache}
    (refused,) = plan({**stack, "gpuPools": {"lab": lab}}).violations
    assert refused.message.startswith("2 pods would read the cache; local-path gives a volume to one node")
    assert refused.advice[-1].write == (("cache", {"kind": "node"}),)
    assert not plan({**stack, "gpuPools": {"lab": lab}, "cache": {"kind": "node"}}).violations
    on_one = plan({**stack, "gpuPools": {"lab": LAB}})
    assert not on_one.violations
    assert (on_one.cache.access_mode, on_one.cache.only_node) == ("ReadWriteOnce", "lab")
    (said,) = [each.message for each in on_one.assumptions if each.path == "cache.storageClass"]
    assert said.startswith("local-path exists; 2 pods read the cache on the only node of lab")


@pytest.mark.parametrize(("name", "refused"), [("gp2", True), ("gp3", True), ("efs-sc", False)])
def test_a_cloud_knows_which_of_its_classes_one_node_has(name: str, refused: bool) -> None:
    cluster = {"existing": {"eks": "shared", "version": "1.35"}}
    a = {"model": "Qwen/Qwen3-8B", "maxModelLen": 8192, "pool": "l4"}
    cache = {"kind": "storageClass", "storageClass": name}
    pools = {"l4": {"instanceTypes": ["g6.2xlarge"]}}
    result = plan({"cluster": cluster, "gpuPools": pools, "models": {"a": a, "b": a}, "cache": cache})
    assert [each.rule for each in result.violations] == ["One reader"] * refused


ONE_NODE: dict[str, Any] = {"cluster": {"existing": {**LOCAL["cluster"]["existing"], "oneNode": True}}}
TWO_ON_CPU: dict[str, Any] = {**LOCAL, "models": {"a": ON_CPU, "b": {**ON_CPU, "replicas": 2}}}


def test_models_on_the_cpu_of_one_node_read_one_volume() -> None:
    (refused,) = plan(TWO_ON_CPU).violations
    assert refused.rule == "One reader"
    way, other = refused.advice
    assert way.write == (("cluster.existing.oneNode", True),)
    assert other.write == (("cache", {"kind": "node"}),)
    assert "storageClass: a class that offers ReadWriteMany" in way.text
    result = plan({**TWO_ON_CPU, **ONE_NODE})
    assert result.violations == ()
    assert result.cache.access_mode == "ReadWriteOnce"
    assert not result.cache.one_reader
    assert result.models["a"].rollout.strategy == "rolling"
    (said,) = [each.message for each in result.assumptions if each.path == "cache.storageClass"]
    assert said == "the cluster has a default storage class; 3 pods read the cache on the cluster's only node"


def test_one_node_may_have_gpus_too() -> None:
    stack = {**LOCAL, "gpuPools": {"lab": LAB}, "models": {"a": ON_LAB, "c": ON_CPU}, **ONE_NODE}
    assert plan(stack).violations == ()
