"""A pod's requests are available on its node after the system and daemonsets have taken their part."""

from collections.abc import Mapping
from typing import Any

import pytest

from components.addons import dcgm_exporter
from components.aws import pod_logs
from infra.clouds.aws.node_room import (
    DAEMONS,
    DAEMONS_CPU,
    DAEMONS_GIB,
    ON_GPU_NODES,
    SYSTEM_CPU,
    SYSTEM_GIB,
    allocatable,
)
from infra.plan.notes import Warned
from infra.planning import Plan
from infra.planning.advice import as_mapping
from tests.planning.following import follow
from tests.planning.stacks import CATALOG, DEV, LOCAL, PROD, changed, plan


def test_allocatable_is_what_eks_leaves() -> None:
    """4 vCPU: 6 % + 1 % + 2 x 0.5 % of a core; 16 GiB x 0.925 - (255 + 11 x 110) MiB - 100 MiB of eviction."""
    cpu, memory = allocatable(4, 16, gpus=True)
    assert cpu == pytest.approx(4 - 0.08 - DAEMONS_CPU)
    assert memory == pytest.approx(16 * 0.925 - 1465 / 1024 - 100 / 1024 - DAEMONS_GIB)


def test_a_server_fits_the_smallest_type_of_its_pool() -> None:
    resources = plan(DEV).models["qwen3-8b"].resources
    cpu, memory = allocatable(4, 16, gpus=True)  # g6.xlarge, not g6.2xlarge
    assert 0.8 * cpu < resources.cpu <= cpu
    assert 0.8 * memory < resources.memory_gib <= memory
    assert resources.shm_gib < resources.memory_gib


def test_servers_that_share_a_node_fit_it_together() -> None:
    model = {"model": "Qwen/Qwen3-0.6B", "maxModelLen": 2048, "pool": "l40s", "gpus": 1}
    resources = plan(changed(PROD, models={"small": model})).models["small"].resources
    node = CATALOG.instances["g6e.12xlarge"]
    cpu, memory = allocatable(node.vcpus, node.memory_gib, gpus=True)
    assert 4 * resources.cpu <= cpu
    assert 4 * resources.memory_gib <= memory


@pytest.mark.parametrize(("gpus", "gib"), [(1, 2), (4, 8)])
def test_shared_memory_grows_with_tensor_parallelism(gpus: int, gib: int) -> None:
    model = {"model": "Qwen/Qwen3-8B", "maxModelLen": 2048, "pool": "l40s", "gpus": gpus}
    assert plan(changed(PROD, models={"m": model})).models["m"].resources.shm_gib == gib


def test_cpu_memory_holds_the_file_and_the_whole_context() -> None:
    """1.3 GB x 1.1 + 8,192 tokens x 32 KiB + 1 GiB = 2.6 GiB, rounded up to a half."""
    assert plan(LOCAL).models["llama-1b"].resources.memory_gib == 3.0


def test_a_cpu_model_that_the_system_nodes_cannot_hold_is_refused() -> None:
    cpu = {"model": "llama3.2:1b", "engine": "ollama", "gpus": 0}
    assert plan(changed(DEV, models={"m": cpu})).violations == ()
    ((rule, path),) = [
        (each.rule, each.path) for each in plan(changed(DEV, models={"m": {**cpu, "model": "qwen3:32b"}})).violations
    ]
    assert (rule, path) == ("Room on nodes", "models.m.gpus")


def test_cpu_models_have_to_fit_the_system_nodes_together() -> None:
    """An 8B model asks for 2 CPU; two m7i.xlarge have 2.4 each left beside the cluster's own pods."""
    cpu = {"model": "llama3.1:8b", "engine": "ollama", "gpus": 0}
    alone = changed(DEV, models={"a": cpu})
    assert plan(alone).violations == ()
    (violation,) = plan(changed(alone, models__b=cpu)).violations
    assert (violation.rule, violation.path) == ("Room on nodes", "cluster.create.systemNodes")
    assert violation.message.startswith("5 pods (2 of the gateway, 1 of a, 1 of b, 1 of a rollout) ask for ")
    ways = {each.text: plan(follow(changed(alone, models__b=cpu), as_mapping(each.write))) for each in violation.advice}
    assert {text.partition(" (")[0] for text in ways} >= {"models.a.gpus: 1", "cluster.create.systemNodes.count: 3"}
    bills = [then.cost.usd_per_month_max for then in ways.values()]
    assert bills == sorted(bills)  # the lowest bill first
    fixed = changed(alone, models__b=cpu, cluster__create__systemNodes={"count": 3})
    assert plan(fixed).violations == ()
    assert plan(changed(alone, models__b={**cpu, "paused": True})).violations == ()


def test_the_gateway_has_room_beside_the_clusters_own_pods_or_the_stack_is_refused() -> None:
    """Two m7i.large, the smallest that a cluster can have, hold it; beside a model on the CPU they don't."""
    smallest = changed(DEV, cluster__create__systemNodes={"instanceType": "m7i.large", "count": 2})
    assert plan(smallest).violations == ()
    crowded = changed(smallest, models={"m": {"model": "llama3.2:1b", "engine": "ollama", "gpus": 0}})
    (violation,) = plan(crowded).violations
    assert violation.message.startswith("4 pods (2 of the gateway, 1 of m, 1 of a rollout) ask for ")


@pytest.mark.parametrize(
    ("nodes", "more", "write"),
    [
        ({"instanceType": "m7i.4xlarge"}, {}, {"instanceType": "m7i.xlarge"}),
        (
            {"instanceType": "m7i.4xlarge", "count": 3},
            {"zones": ["use1-az1", "use1-az2", "use1-az4"]},
            {"instanceType": "m7i.xlarge"},
        ),
        ({"count": 5}, {}, {"count": 2}),
        ({"instanceType": "m7g.4xlarge", "count": 4}, {}, {"instanceType": "m7g.xlarge", "count": 2}),
    ],
)
def test_system_nodes_that_cost_a_multiple_of_what_is_enough_are_said_and_smaller_ones_hold(
    nodes: dict[str, Any], more: dict[str, Any], write: dict[str, Any]
) -> None:
    """Of the same family, with a node for each zone."""
    stack = changed(DEV, **{f"cluster__create__{key}": value for key, value in {"systemNodes": nodes, **more}.items()})
    before = plan(stack)
    (warning,) = _of_system_nodes(before)
    (way,) = warning.advice
    assert as_mapping(way.write) == {f"cluster.create.systemNodes.{key}": value for key, value in write.items()}
    then = plan(follow(stack, as_mapping(way.write)))
    assert (then.violations, _of_system_nodes(then)) == ((), [])
    saved = before.cost.falls(before.cost.usd_per_month_expected - then.cost.usd_per_month_expected, "expected")
    assert f"{way.text.partition(' (')[0]} (saves ${saved:,} per month of the expected bill)" in warning.message
    assert ("allow: {replace: [systemNodes]}" in warning.message) == ("instanceType" in write)


def test_system_nodes_are_large_where_pods_need_them_or_little_is_saved() -> None:
    """One of 3 is less than half; pods of CPU models may need more than the smallest."""
    assert not _of_system_nodes(plan(changed(DEV, cluster__create__systemNodes={"count": 3})))
    cpu = {"model": "llama3.1:8b", "engine": "ollama", "gpus": 0, "replicas": 6}
    crowded = changed(DEV, models={"m": cpu}, cluster__create__systemNodes={"instanceType": "m7i.2xlarge", "count": 3})
    assert (plan(crowded).violations, _of_system_nodes(plan(crowded))) == ((), [])


def _of_system_nodes(made: Plan) -> list[Warned]:
    return [each for each in made.warnings if each.path == "cluster.create.systemNodes"]


def test_root_volumes_hold_every_engine_whatever_runs_on_the_pool() -> None:
    pool = plan(DEV).pools["l4"]
    assert pool.nvme
    assert pool.ephemeral_gib > max(engine.unpacked_gib for engine in CATALOG.engines.values())


def test_a_node_leaves_room_for_the_pods_of_every_node() -> None:
    assert sum(cpu for cpu, _ in DAEMONS.values()) <= DAEMONS_CPU
    assert sum(mib for _, mib in DAEMONS.values()) <= DAEMONS_GIB * 1024
    system = [asked for name, asked in DAEMONS.items() if name not in ON_GPU_NODES]
    assert DAEMONS.keys() > ON_GPU_NODES
    assert sum(cpu for cpu, _ in system) <= SYSTEM_CPU
    assert sum(mib for _, mib in system) <= SYSTEM_GIB * 1024


@pytest.mark.parametrize(
    ("pod", "values"),
    [
        ("dcgm-exporter", dcgm_exporter.values(tolerations=[], metrics={}, labels={})),
        ("fluent-bit", pod_logs.values(namespace="llm", region="us-east-1", group="logs")),
    ],
)
def test_what_the_room_counts_is_what_the_pod_asks_for(pod: str, values: Mapping[str, Any]) -> None:
    asked = values["resources"]["requests"]
    assert DAEMONS[pod] == (float(asked["cpu"].removesuffix("m")) / 1000, int(asked["memory"].removesuffix("Mi")))
