"""The nodes of a pool that exist already: whether the pods that `up` makes could ever start there."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from infra.live.check import Obstacle
from infra.live.cluster import ReachedCluster
from infra.live.state import State
from infra.plan.plan import Plan
from infra.plan.pools import PoolPlan
from infra.plan.words import count

_KEEPS_OFF = ("NoSchedule", "NoExecute")
_OF_NODE = "node.kubernetes.io/"  # taints of a node that isn't ready, is full or is being drained: they go again


def own_nodes(plan: Plan, state: State, cluster: ReachedCluster) -> Iterator[Obstacle]:
    """A node that is away for a while is no obstacle: only what no node of a pool has is. Nodes that
    somebody adds when pods wait for them may all be away; their RuntimeClass is there all the same."""
    used = {model.pool for model in plan.models.values() if not model.paused}
    pools = [pool for name, pool in sorted(plan.pools.items()) if name in used and pool.existing]
    if plan.cluster.made:
        return
    for pool in pools:
        yield from _runtime_class(pool, cluster)
    counted = [pool for pool in pools if _nodes_are_counted(plan, pool)]
    nodes = cluster.list("nodes") if counted else []
    for pool in counted:
        yield from _of_pool(plan, pool, nodes)


def _nodes_are_counted(plan: Plan, pool: PoolPlan) -> bool:
    own = plan.settings.gpu_pools[pool.name].existing
    return own is not None and own.nodes is not None


def _of_pool(plan: Plan, pool: PoolPlan, nodes: Sequence[Mapping[str, Any]]) -> Iterator[Obstacle]:
    path = f"gpuPools.{pool.name}.existing"
    mine = [node for node in nodes if pool.selector.items() <= (node["metadata"].get("labels") or {}).items()]
    if not mine:
        fix = f"{path}.selector: labels that `{plan.cluster.kubectl} get nodes --show-labels` shows"
        yield Obstacle(f"{path}.selector", f"none of {count(len(nodes), 'node')} has the labels {pool.labels}", fix)
        return
    offered = max(_offers(node, pool.resource) for node in mine)
    installs = (addon := plan.addons.get("nvidiaDevicePlugin")) is not None and addon.state == "install"
    if not installs and offered == 0:
        yield Obstacle(f"{path}.resource", f"no node of {pool.name} offers {pool.resource}", _instead(mine, path))
    elif not installs and offered < pool.gpus_per_node:
        said = f"nodes of {pool.name} offer {offered} of {pool.resource}, and the plan counts {pool.gpus_per_node} each"
        fix = f"{path}.gpusPerNode as the nodes have it, or the device plugin's configuration, if they share GPUs"
        yield Obstacle(f"{path}.gpusPerNode", said, fix)
    refused = [_refusing(node, pool) for node in mine]
    if all(refused):
        taint = next(each for each in refused if each)
        said = f"pods of {pool.name} tolerate no node of it: each has a taint such as {taint['key']}"
        fix = f"{path}.tolerations: [{{key: {taint['key']}, operator: Exists}}]"
        yield Obstacle(f"{path}.tolerations", said, fix)


def _offers(node: Mapping[str, Any], resource: str) -> int:
    return int((node.get("status", {}).get("allocatable") or {}).get(resource) or 0)


def _instead(nodes: Sequence[Mapping[str, Any]], path: str) -> str:
    """What they offer of other devices: only such resources have a domain."""
    found = {key for node in nodes for key in node.get("status", {}).get("allocatable") or {} if "/" in key}
    names = sorted(key for key in found if any(_offers(node, key) for node in nodes))
    if names:
        return f"{path}.resource: {' or '.join(names)}, which they offer"
    return "a driver and a device plugin on these nodes; addons.nvidiaDevicePlugin: install installs NVIDIA's plugin"


def _refusing(node: Mapping[str, Any], pool: PoolPlan) -> Mapping[str, str] | None:
    """A taint that keeps pods of the pool off the node; None: it takes them."""
    taints = node.get("spec", {}).get("taints") or ()
    lasting = (each for each in taints if each["effect"] in _KEEPS_OFF and not each["key"].startswith(_OF_NODE))
    return next((each for each in lasting if not any(_tolerates(one, each) for one in pool.tolerations)), None)


def _tolerates(toleration: Mapping[str, str], taint: Mapping[str, str]) -> bool:
    if toleration.get("effect") not in (None, taint["effect"]) or toleration.get("key") not in (None, taint["key"]):
        return False
    return toleration.get("operator") == "Exists" or toleration.get("value", "") == taint.get("value", "")


def _runtime_class(pool: PoolPlan, cluster: ReachedCluster) -> Iterator[Obstacle]:
    if pool.runtime_class is None or cluster.get("runtimeclass", pool.runtime_class) is not None:
        return
    names = ", ".join(sorted(each["metadata"]["name"] for each in cluster.list("runtimeclass"))) or "none"
    path = f"gpuPools.{pool.name}.existing.runtimeClassName"
    yield Obstacle(path, f"the cluster has no RuntimeClass {pool.runtime_class}; it has: {names}", f"{path}: NAME")
