"""Labels of existing nodes: what a person does for them, and nodes that two pools select."""

from collections.abc import Iterator, Mapping
from itertools import permutations

from infra.plan.cluster import ClusterPlan
from infra.plan.findings import warned
from infra.plan.labels import GPU_LABEL
from infra.plan.notes import Finding, Step, ToDo
from infra.plan.pools import PoolPlan
from infra.planning.shared_gpus import to_do_of_shared
from infra.settings.platform import Settings


def to_do_of_own_nodes(settings: Settings, cluster: ClusterPlan, pools: Mapping[str, PoolPlan]) -> Iterator[Finding]:
    """What a person has to do on the nodes of an existing cluster, in any cloud."""
    installs = not cluster.made and settings.addons.nvidia_device_plugin.state == "install"
    yield from to_do_of_shared(cluster, pools, installs=installs)
    if not installs or not any(pool.existing for pool in pools.values()):
        return
    yield ToDo(
        "addons.nvidiaDevicePlugin",
        f"see that none is there already: `{cluster.kubectl} get daemonsets -A -o wide` lists an image"
        " k8s-device-plugin where a device plugin or a GPU operator runs; two on a node offer its GPUs twice, so leave"
        " install out then",
        Step.DEVICE_PLUGIN,
        -1,
    )
    whole = [pool for pool in pools.values() if pool.existing and pool.sharing is None]
    for nth, pool in enumerate(pool for pool in whole if pool.resource.startswith("nvidia.com/")):
        yield ToDo(
            "addons.nvidiaDevicePlugin",
            f"the device plugin runs on labelled nodes only: `{cluster.kubectl} label nodes -l"
            f" {pool.labels} {GPU_LABEL}=true`",
            Step.DEVICE_PLUGIN,
            nth,
        )


def warn_of_same_nodes(pools: Mapping[str, PoolPlan]) -> Iterator[Finding]:
    """Nodes that two pools select: each pool's plan counts them, and pods of either take their GPUs."""
    own = [pool for _, pool in sorted(pools.items()) if pool.existing and pool.selector]
    for pool, other in permutations(own, 2):
        wanted, there = pool.selector.items() - _on_all(other), other.selector.items() - _on_all(pool)
        if wanted <= there and (wanted != there or pool.name < other.name):
            yield warned(
                f"gpuPools.{other.name}.existing.selector",
                f"every node of {other.name} ({other.labels}) has the labels of {pool.name} too, so pods of both"
                f" run there, while the plan counts the nodes of each alone: give {pool.name} a label that they lack",
            )


def _on_all(pool: PoolPlan) -> set[tuple[str, str]]:
    """Labels that every node of the pool has, whatever its selector says."""
    nvidia = pool.resource.startswith("nvidia.com/")
    return {("kubernetes.io/os", "linux"), *([(GPU_LABEL, "true")] if nvidia else ())}
