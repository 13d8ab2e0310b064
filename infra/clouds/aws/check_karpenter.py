"""Rules for `cluster.create.nodeScaler: karpenter`: what Karpenter can't do, or would have nothing to do with."""

from itertools import pairwise

from infra.clouds.aws.karpenter import ORDER, capacity_type
from infra.services.addons.optional import AUTOSCALER, KARPENTER, node_scaler
from infra.settings.checks.scope import Scope
from infra.settings.cluster import GpuPool
from infra.settings.mistakes import Key

_KEY: Key = ("cluster", "create", "nodeScaler")
_OR = f"or leave {_KEY[-1]} out"


def check_karpenter(scope: Scope) -> None:
    settings = scope.settings
    if node_scaler(settings) != KARPENTER:
        return
    addon = settings.addons.cluster_autoscaler
    if addon.state in ("install", "existing") or addon.existing is not None:
        got = "Karpenter makes the nodes of this stack, so the cluster autoscaler has none"
        scope.report.wrong(("addons", AUTOSCALER), got, f"leave {AUTOSCALER} out, {_OR}", reads=[_KEY])
    ours = {name: pool for name, pool in settings.gpu_pools.items() if pool.instance_types is not None}
    if settings.gpu_pools and not ours:
        got = "karpenter, and no pool has instanceTypes: it would make no node"
        scope.report.wrong(_KEY, got, "leave nodeScaler out, or write a pool with instanceTypes", reads=[("gpuPools",)])
    for name, pool in ours.items():
        _check_pool(scope, ("gpuPools", name), pool)


def _check_pool(scope: Scope, key: Key, pool: GpuPool) -> None:
    wrong = scope.report.wrong
    if pool.min:
        got = f"min {pool.min}: Karpenter makes a node only for a pod that waits, and holds no minimum of nodes"
        write = f"write spare: 1 instead, whose pods keep a node free for the next replica; {_OR}"
        wrong((*key, "min"), got, write, reads=[_KEY])
    for of_groups in ("nodeGroups", "amiRelease", "placementGroup"):
        if scope.written((*key, of_groups)):
            wrong((*key, of_groups), "Karpenter's nodes are in no group", f"leave it out, {_OR}", reads=[_KEY])
    if scope.written((*key, "nodeRepair")):
        got = "EKS repairs nodes of node groups alone, and Karpenter's own repair is an alpha feature"
        wrong((*key, "nodeRepair"), got, f"leave it out, {_OR}", reads=[_KEY])
    if pool.sharing is not None:
        got = "Karpenter counts the GPUs that a type has, and not those that the device plugin then offers: it would"
        wrong((*key, "sharing"), f"{got} add a node per pod", f"leave sharing out, {_OR}", reads=[_KEY])
    types = [capacity_type(kind) for kind in pool.kinds]
    if any(ORDER.index(first) > ORDER.index(second) for first, second in pairwise(types)):
        got = (
            f"{', '.join(pool.kinds)}: Karpenter's order is reservations and Capacity Blocks, then spot, then on-demand"
        )
        wrong((*key, "capacity"), got, f"write the steps in that order, {_OR}", reads=[_KEY])
