"""Rules for node groups on an EKS cluster that exists."""

from infra.clouds.aws.check_driver import check_driver
from infra.clouds.aws.check_release import check_release
from infra.clouds.aws.storage import EFS
from infra.settings.checks.scope import CLUSTER_KIND, Scope
from infra.settings.cluster import ExistingCluster, GpuPool
from infra.settings.mistakes import Key

_EXISTING: Key = ("cluster", "existing")
_OF_NODES = ("zones", "subnetIds", "securityGroupIds", "amiRelease")
_EXAMPLE = ("use1-az1", "use1-az2")
_LISTS = ("zones", "subnetIds", "securityGroupIds")


def check_existing(scope: Scope, existing: ExistingCluster) -> None:
    pools = [name for name in scope.settings.gpu_pools if scope.written(("gpuPools", name, "instanceTypes"))]
    if not scope.written((*_EXISTING, "eks")) or not pools:
        _check_unused(scope, on_eks=scope.written((*_EXISTING, "eks")))
        return
    check_release(scope, _EXISTING, existing.version, existing.ami_release)
    check_driver(scope, _EXISTING, existing.version, existing.ami_release)
    _check_once(scope, existing)
    _check_zones(scope, existing)
    for name in pools:
        _check_groups(scope, ("gpuPools", name, "nodeGroups"), scope.settings.gpu_pools[name])


def some_zones(scope: Scope) -> str:
    """Two zones of the stack's own region, as they are written."""
    return f"[{', '.join((scope.catalog.regions.get(scope.region or '') or _EXAMPLE)[:2])}]"


def _check_groups(scope: Scope, key: Key, pool: GpuPool) -> None:
    """A group per zone needs a subnet there; the steps of a ladder have one per zone unless the file says otherwise."""
    per_zone = pool.node_groups == "perZone" or (pool.node_groups is None and len(pool.ladder) > 0)
    zones: Key = (*_EXISTING, "zones")
    if per_zone and not scope.written(zones):
        said = "perZone" if pool.node_groups else "a list of capacity has a group per zone"
        got = f"{said}, and nothing says in which zones the cluster has subnets"
        write = f"write cluster.existing.zones: {some_zones(scope)}, the ids of these zones; or nodeGroups: one"
        scope.report.wrong(key, got, write, reads=[zones, (*key[:2], "capacity")])


def _check_unused(scope: Scope, *, on_eks: bool) -> None:
    """Keys of nodes that this stack doesn't make."""
    for name in _OF_NODES:
        if scope.written((*_EXISTING, name)):
            got = "is of node groups of this stack, and no pool has instanceTypes"
            if not on_eks:
                got = "is of node groups on an EKS cluster, and this is a kubeconfig context"
            scope.report.out_of_place((*_EXISTING, name), got, f"leave {name} out", reads=CLUSTER_KIND)


def _check_once(scope: Scope, existing: ExistingCluster) -> None:
    for name, values in zip(
        _LISTS, (existing.zones or (), existing.subnet_ids or (), existing.security_group_ids), strict=True
    ):
        if len(set(values)) < len(values):
            write = f"write {name}: [{', '.join(dict.fromkeys(values))}]"
            scope.report.wrong((*_EXISTING, name), "the same one twice", write)


def _check_zones(scope: Scope, existing: ExistingCluster) -> None:
    """A file system is mounted in each zone with nodes, and some have no GPUs: the catalogue doesn't know these."""
    served = scope.catalog.regions.get(scope.region or "")
    mounted = scope.settings.cache is not None and scope.settings.cache.kind == EFS.kind
    for index, zone in enumerate(existing.zones or ()):
        if served is not None and zone not in served and not (mounted and _area(zone) == _area(served[0])):
            got = f"{zone} isn't a zone of {scope.region} that EKS serves and that has GPUs"
            key: Key = (*_EXISTING, "zones", index)
            scope.report.wrong(key, got, f"write one of {', '.join(served)}", reads=[("aws:region",)])
            scope.report.broken(key)


def _area(zone: str) -> str:
    """What the ids of a region's zones begin with: use1 of use1-az1."""
    return zone.rpartition("-")[0]
