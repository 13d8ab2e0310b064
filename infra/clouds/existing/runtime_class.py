"""Pools of existing nodes whose pods may need a RuntimeClass to see a GPU."""

import re
from collections.abc import Iterator, Mapping

from infra.clouds.existing.distributions import Distribution
from infra.plan.cluster import ClusterPlan, PoolPlan
from infra.plan.findings import warned
from infra.plan.notes import Finding, Step, ToDo

# Distributions whose containerd has NVIDIA's runtime in addition to the default one, which sees no GPU.
_NEEDS_CLASS = re.compile(r"k3s|k3d|rke2", re.IGNORECASE)


def ask_for_runtime_classes(
    cluster: ClusterPlan, pools: Mapping[str, PoolPlan], distribution: Distribution | None
) -> Iterator[Finding]:
    """Asks for RuntimeClasses: a context can lead to any cluster, so only its user can see which ones it has."""
    if distribution is not None and not distribution.needs_runtime_class:
        return
    for pool in pools.values():
        if pool.existing and pool.runtime_class is None and pool.resource.startswith("nvidia.com/"):
            yield from _ask_for_runtime_class(cluster, pool, distribution)


def _ask_for_runtime_class(
    cluster: ClusterPlan, pool: PoolPlan, distribution: Distribution | None
) -> Iterator[Finding]:
    path = f"gpuPools.{pool.name}.existing.runtimeClassName"
    harm = "without a RuntimeClass a server finds no GPU: it crashes, or silently serves from the CPU"
    write = f"write runtimeClassName: nvidia if `{cluster.kubectl} get runtimeclass` lists it"
    if distribution is not None:
        yield warned(path, f"no RuntimeClass is given, and this is {distribution.title}: {harm}; {write}")
    elif match := _NEEDS_CLASS.search(cluster.name):
        yield warned(
            path, f"no RuntimeClass is given, and the name {cluster.name} looks like {match[0]}: {harm}; {write}"
        )
    else:
        yield ToDo(path, f"on k3s and RKE2 {harm}: {write}", Step.RUNTIME_CLASS)
