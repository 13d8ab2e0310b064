"""Pools of existing nodes whose pods may need a RuntimeClass to see a GPU."""

import re
from collections.abc import Iterator, Mapping

from infra.clouds.existing.distributions import Distribution
from infra.clouds.existing.section import ExistingNodes
from infra.plan.cluster import ClusterPlan
from infra.plan.findings import Decided, warned
from infra.plan.labels import GPU_RESOURCE
from infra.plan.notes import Chosen, Finding, Step, ToDo
from infra.plan.pools import PoolPlan

_HARM = "without a RuntimeClass a server finds no GPU: it crashes, or silently serves from the CPU"
# Distributions whose containerd has NVIDIA's runtime in addition to the default one, which sees no GPU.
_NEEDS_CLASS = re.compile(r"k3s|k3d|rke2", re.IGNORECASE)


def choose_runtime_class(
    pool: str, nodes: ExistingNodes, distribution: Distribution | None, kubectl: str
) -> Decided[str | None]:
    """The stack file's, or the distribution's for NVIDIA's GPUs. It is there too where NVIDIA's runtime is the default
    one, and then changes nothing."""
    if nodes.runtime_class_name is not None or distribution is None or distribution.runtime_class is None:
        return nodes.runtime_class_name
    if not _is_nvidia(nodes.resource or GPU_RESOURCE):
        return None
    yield Chosen(
        f"gpuPools.{pool}.existing.runtimeClassName",
        distribution.runtime_class,
        f"{distribution.title} and NVIDIA's GPU operator make it, and {_HARM}; to use another one, write its name as"
        f" `{kubectl} get runtimeclass` lists it",
    )
    return distribution.runtime_class


def ask_for_runtime_classes(
    cluster: ClusterPlan, pools: Mapping[str, PoolPlan], distribution: Distribution | None
) -> Iterator[Finding]:
    """Asks for RuntimeClasses: a context can lead to any cluster, so only its user can see which ones it has."""
    if distribution is not None:
        return
    for pool in pools.values():
        if pool.existing and pool.runtime_class is None and _is_nvidia(pool.resource):
            yield _ask_for_runtime_class(cluster, pool)


def _ask_for_runtime_class(cluster: ClusterPlan, pool: PoolPlan) -> Finding:
    path = f"gpuPools.{pool.name}.existing.runtimeClassName"
    write = f"write runtimeClassName: nvidia if `{cluster.kubectl} get runtimeclass` lists it"
    if match := _NEEDS_CLASS.search(cluster.name):
        return warned(
            path, f"no RuntimeClass is given, and the name {cluster.name} looks like {match[0]}: {_HARM}; {write}"
        )
    return ToDo(path, f"on k3s and RKE2 {_HARM}: {write}", Step.RUNTIME_CLASS)


def _is_nvidia(resource: str) -> bool:
    return resource.startswith("nvidia.com/")
