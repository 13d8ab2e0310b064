"""The changes that EKS refuses."""

import re
from collections.abc import Iterator

from infra.clouds.aws.diff.tokens import CLUSTER, NODE_GROUP, SUBNET, VPC, is_ours
from infra.sides.nodes import highest_number
from infra.sides.types import ResourceChanges, Side, name_of, pool_of

_BESIDE = "a new stack beside this one; move the DNS name when the new one serves, then destroy this one"


def refused_in_place(old: Side, new: Side, resources: ResourceChanges) -> Iterator[tuple[str, str, str]]:
    """EKS accepts other subnets only in the same VPC, and in exactly the zones in which the cluster was created.

    docs.aws.amazon.com/eks/latest/userguide/network-reqs.html and latest/eksctl/cluster-subnets-security-groups.html,
    2026-11-22.
    """
    yield from _skipped(old, new)
    yield from _older_ami(new, resources)
    yield from _older_groups(new, resources)
    moved = [
        urn
        for urn, changes in resources.changed.items()
        if is_ours(urn, CLUSTER) and any(path.startswith("vpcConfig.subnetIds") for path in changes)
    ]
    if not moved:
        return
    was, now = _zones(old), _zones(new)
    touched = (*resources.replaced, *resources.removed, *resources.added)
    if any(is_ours(urn, VPC) for urn in touched) or _vpc(old) != _vpc(new):
        yield "cluster.create.network", "EKS can't move a cluster to another VPC", _BESIDE
    elif was != now:
        message = f"EKS can't change the zones of a cluster: {', '.join(now)}, was {', '.join(was)}"
        yield "cluster.create.zones", message, f"zones: [{', '.join(was)}], or {_BESIDE}"


def _skipped(old: Side, new: Side) -> Iterator[tuple[str, str, str]]:
    """docs.aws.amazon.com/eks/latest/userguide/update-cluster.html"""
    was, now = _version(old), _version(new)
    if was and now and now[0] == was[0] and now[1] - was[1] > 1:
        message = f"EKS upgrades one minor version at a time: {_text(now)}, was {_text(was)}"
        yield (
            "cluster.create.version",
            message,
            f'version: "{was[0]}.{was[1] + 1}" first, and the next one once that runs',
        )


def _older_ami(new: Side, resources: ResourceChanges) -> Iterator[tuple[str, str, str]]:
    """docs.aws.amazon.com/eks/latest/APIReference/API_UpdateNodegroupVersion.html, 2026-11-27: a node group can't be
    moved back to an earlier AMI version. With an older version of Kubernetes, `advice` says what to do."""
    for urn, changes in resources.changed.items():
        release = changes.get("releaseVersion") if is_ours(urn, NODE_GROUP) else None
        if release and "version" not in changes and _numbers(release.new) < _numbers(release.old):
            message = f"EKS doesn't move a node group back to an older AMI: {release.new}, was {release.old}"
            pool = pool_of(name_of(urn))
            own = "amiRelease" in ((new.platform.get("gpuPools") or {}).get(pool) or {})
            section = f"gpuPools.{pool}" if own else "cluster.create"
            yield f"{section}.amiRelease", message, f'amiRelease: "{release.old}", or a newer one'
            return


def _older_groups(new: Side, resources: ResourceChanges) -> Iterator[tuple[str, str, str]]:
    """docs.aws.amazon.com/eks/latest/APIReference/API_CreateNodegroup.html, 2026-11-27, of `version`: the cluster's "is
    the only accepted specified value". Groups that run already may stay behind."""
    urns = (urn for urn in (*resources.added, *resources.replaced) if is_ours(urn, NODE_GROUP))
    made = filter(None, (new.resource(NODE_GROUP, name_of(urn)) for urn in urns))
    pools = {pool_of(each["name"]): each["inputs"].get("version") for each in made}
    of = _text(_version(new))
    for pool, version in pools.items():
        if of and version != of and "amiRelease" in ((new.platform.get("gpuPools") or {}).get(pool) or {}):
            message = f"EKS makes a node group of its cluster's version {of} alone, and here one of {version} is made"
            yield f"gpuPools.{pool}.amiRelease", message, f"leave it out, or write a release of {of}"


def _numbers(release: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.split(r"[.-]", release) if part.isdecimal())


def _text(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))


def _zones(side: Side) -> list[str]:
    """The zone ids of the subnets that the stack creates."""
    return sorted({each["inputs"]["availabilityZoneId"] for each in side.resources if is_ours(each["urn"], SUBNET)})


def _vpc(side: Side) -> str | None:
    """The id of the existing VPC that the stack file names; None if the stack creates its VPC."""
    create = (side.platform.get("cluster") or {}).get("create") or {}
    return (create.get("network") or {}).get("vpcId")


def advice(old: Side, new: Side) -> Iterator[str]:
    """https://docs.aws.amazon.com/eks/latest/userguide/rollback-cluster.html"""
    was, now = (_version(side) for side in (old, new))
    if was and now and now < was:
        yield (
            "EKS refuses an older `cluster.create.version`, except one minor version within 7 days of an upgrade, node"
            " groups first: move the cluster back by hand before you merge this (docs/platform/upgrade.md)."
        )
    yield from _fewer_nodes(old, new)
    yield from _left_reservations(old, new)


def _fewer_nodes(old: Side, new: Side) -> Iterator[str]:
    """Seen of EKS: InvalidParameterException, desiredSize can't be greater than maxSize. Nodes that only a rollout
    needs don't count: none runs while nothing changes."""
    for name in sorted(old.pools.keys() & new.pools.keys()):
        was, now = old.pools[name], new.pools[name]
        if any(was[key] != now[key] for key in ("instance_types", "capacity")):
            continue
        before, after = _maxima(old, name), _maxima(new, name)
        running = highest_number(was)
        less = {
            each: after[each]
            for each in sorted(before.keys() & after.keys())
            if after[each] < min(before[each], running)
        }
        if not less:
            continue
        one = list(before) == [f"{name}-nodes"]
        kept = running if one else was["max"]
        which = (
            f"{now['max']} of `{name}`"
            if one
            else " or ".join(f"{number} of `{group}`" for group, number in less.items())
        )
        yield (
            f"EKS refuses a maximum below the nodes that run{'' if one else ' in a zone'}, and `pulumi up` stops there:"
            f" if more than {which} may run when this is merged, keep `gpuPools.{name}.max: {kept}` in this"
            " change, and lower it in the next one."
        )


def _maxima(side: Side, pool: str) -> dict[str, int]:
    """Of each node group of a pool."""
    mine = (each for each in side.resources if each["type"] == NODE_GROUP and pool_of(each["name"]) == pool)
    return {each["name"]: each["inputs"]["scalingConfig"]["maxSize"] for each in mine}


def _version(side: Side) -> tuple[int, ...]:
    cluster = side.resource(CLUSTER, "cluster-eks")
    parts = str(cluster["inputs"].get("version", "")).split(".") if cluster else []
    return tuple(int(part) for part in parts if part.isdecimal())


def _left_reservations(old: Side, new: Side) -> Iterator[str]:
    """The bill counts those of the stack file, and AWS those that nobody cancelled."""
    for each in sorted(_reservations(old) - _reservations(new)):
        yield (
            f"No pool asks for {each} any more, and AWS bills it until it is cancelled:"
            f" `aws ec2 cancel-capacity-reservation --capacity-reservation-id {each}`"
        )


def _reservations(side: Side) -> set[str]:
    steps = (step for pool in side.pools.values() for step in pool.get("steps") or ())
    return {step["reservation"] for step in steps if step["kind"] == "reservation"}
