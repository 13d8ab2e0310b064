"""What `pulumi up` would try in place and an API refuses, whatever `allow` says."""

from collections.abc import Iterator

from infra.clouds.aws.cloud import AWS
from infra.diff.findings import Finding
from infra.owner import CLAIM
from infra.plan.rules import Rule
from infra.registry import owner_of
from infra.services.weights.service import WEIGHTS
from infra.sides.types import Resources, Side, type_of

_CLUSTER, _VPC, _SUBNET = "aws:eks/cluster:Cluster", "aws:ec2/vpc:Vpc", "aws:ec2/subnet:Subnet"
_STORAGE = "spec.resources.requests.storage"
_BESIDE = "a new stack beside this one; move the DNS name when it serves, then destroy this one"


def refused_in_place(old: Side, new: Side, resources: Resources) -> list[Finding]:
    """In the words of a plan's violations."""
    return [
        {"rule": Rule.IN_PLACE, "path": path, "message": message, "fix": fix}
        for path, message, fix in (*_network(old, new, resources), *_smaller(resources))
    ]


def _network(old: Side, new: Side, resources: Resources) -> Iterator[tuple[str, str, str]]:
    """EKS takes other subnets of the same VPC, in exactly the zones that the cluster was made with.

    docs.aws.amazon.com/eks/latest/userguide/network-reqs.html and latest/eksctl/cluster-subnets-security-groups.html,
    2026-11-22.
    """
    moved = [
        urn
        for urn, changes in resources.changed.items()
        if _is_ours(urn, _CLUSTER) and any(path.startswith("vpcConfig.subnetIds") for path in changes)
    ]
    if not moved:
        return
    was, now = _zones(old), _zones(new)
    touched = (*resources.replaced, *resources.removed, *resources.added)
    if any(_is_ours(urn, _VPC) for urn in touched) or _vpc(old) != _vpc(new):
        yield "cluster.create.network", "EKS can't move a cluster to another VPC", _BESIDE
    elif was != now:
        message = f"EKS can't change the zones of a cluster: {', '.join(now)}, was {', '.join(was)}"
        yield "cluster.create.zones", message, f"zones: [{', '.join(was)}], or {_BESIDE}"


def _zones(side: Side) -> list[str]:
    """Of the subnets that the stack makes."""
    return sorted({each["inputs"]["availabilityZoneId"] for each in side.resources if _is_ours(each["urn"], _SUBNET)})


def _is_ours(urn: str, type_: str) -> bool:
    """Of the cluster that the models run in."""
    return type_of(urn) == type_ and owner_of(urn) is AWS


def _vpc(side: Side) -> str | None:
    """One that exists already."""
    create = (side.platform.get("cluster") or {}).get("create") or {}
    return (create.get("network") or {}).get("vpcId")


def _smaller(resources: Resources) -> Iterator[tuple[str, str, str]]:
    for urn, changes in resources.changed.items():
        if type_of(urn) == CLAIM and (size := changes.get(_STORAGE)) and _gib(size.new) < _gib(size.old):
            owner = owner_of(urn)
            path, fix = ("cache.size", f"cache.size: {size.old}") if owner is WEIGHTS else (owner.name, size.old)
            yield path, f"a volume can't become smaller: {size.new}, was {size.old}", fix


def _gib(size: str) -> int:
    return int(size[:-2]) * (1024 if size.endswith("Ti") else 1)
