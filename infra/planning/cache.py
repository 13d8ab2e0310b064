"""Where the weights are kept: one claim that every model reads."""

from collections.abc import Iterator, Sequence
from typing import Literal

from infra.plan.cluster import CachePlan, ClusterPlan
from infra.plan.findings import Decided, warned
from infra.plan.notes import Advice, Assumption, Chosen, Finding, Violation
from infra.plan.rules import Rule
from infra.planning.served import Served
from infra.settings import Settings

# Two revisions are there while one replaces the other in part, and the hub keeps metadata.
ROOM = 1.3
# Sizes that a claim is made with, so that most new models change nothing.
STEPS_GIB = (20, 50, 100, 200, 500, 1000, 2000, 5000, 10000)
# EFS has no size: the claim needs a number, and this one never changes.
EFS_GIB = 1024
# gp3: what its price holds in IOPS, and throughput that one GPU node can read.
EBS_IOPS, EBS_THROUGHPUT = 3000, 250


def plan_cache(settings: Settings, models: Sequence[Served], cluster: ClusterPlan) -> Decided[CachePlan]:
    cache = settings.cache
    kind, reason = yield from _kind(settings)
    storage_class = cache.storage_class if cache else None
    weights = sum(each.disk_gib for each in models)
    size = yield from _size(settings, kind, weights)
    one_reader = kind == "ebs" or (kind == "storageClass" and storage_class is None)
    if kind == "storageClass":
        yield from _check_readers(settings, storage_class, models)
    if one_reader:
        yield warned(
            "cache",
            "one node at a time holds the volume: where there are several, a changed model or revision first wants one"
            " `pulumi up` with paused: true, or its download waits for the volume",
        )
    return CachePlan(
        kind=kind,
        storage_class=storage_class,
        size_gib=size,
        access_mode="ReadWriteOnce" if one_reader else "ReadWriteMany",
        zone_id=cluster.zone_ids[0] if kind == "ebs" and cluster.zone_ids else None,
        iops=EBS_IOPS,
        throughput=EBS_THROUGHPUT,
        reason=f"{reason}; {weights:.1f} GiB of weights",
    )


def _kind(settings: Settings) -> Decided[tuple[Literal["efs", "ebs", "storageClass"], str]]:
    if settings.cache is not None:
        return settings.cache.kind, f"{settings.cache.kind} is in the stack file"
    if settings.cluster.create is not None:
        reason = "every replica in every zone reads one copy of the weights"
        yield Chosen("cache.kind", "efs", reason)
        return "efs", reason
    reason = "the cluster's default storage class: none is made on a cluster that exists"
    yield Chosen("cache.kind", "storageClass", reason)
    return "storageClass", reason


def _size(settings: Settings, kind: str, weights: float) -> Decided[int]:
    if kind == "efs":
        return EFS_GIB
    given = settings.cache.size if settings.cache else None
    needed = weights * ROOM
    if given is None:
        size = next((step for step in STEPS_GIB if step >= needed), STEPS_GIB[-1])
        reason = f"{weights:.1f} GiB of weights x {ROOM}, rounded up; {STEPS_GIB[0]}Gi at least"
        yield Chosen("cache.size", f"{size}Gi", reason)
        return size
    size = int(given[:-2]) * (1024 if given.endswith("Ti") else 1)
    if size < weights:
        fix = next((step for step in STEPS_GIB if step >= needed), STEPS_GIB[-1])
        yield Violation(
            Rule.DISK,
            "cache.size",
            f"{weights:.1f} GiB of weights don't fit a cache of {size} GiB",
            f'cache.size: "{fix}Gi"',
            (Advice((("cache.size", f"{fix}Gi"),), f'cache.size: "{fix}Gi"'),),
        )
    elif size < needed:
        yield warned("cache.size", f"{size} GiB leave {size - weights:.1f} for a new revision beside the old one")
    return size


def _check_readers(settings: Settings, storage_class: str | None, models: Sequence[Served]) -> Iterator[Finding]:
    readers = sum(each.replicas.max for each in models)
    if storage_class is not None:
        yield Assumption(
            "cache.storageClass", f"{storage_class} exists and offers ReadWriteMany: {readers} pods read the cache"
        )
    elif settings.cluster.create is not None:
        yield Violation(
            Rule.STORAGE_CLASS,
            "cache.storageClass",
            "a new EKS cluster has no default storage class: the claim would wait for ever",
            "cache: {kind: efs}, or cache.storageClass: a class that will be there",
        )
    elif readers > 1:
        yield Violation(
            Rule.ONE_READER,
            "cache.storageClass",
            f"{readers} pods would read the cache; a default storage class gives a volume to one node (ReadWriteOnce)",
            "cache: {kind: storageClass, storageClass: a class that offers ReadWriteMany}",
        )
    else:
        yield Assumption("cache.storageClass", "the cluster has a default storage class; 1 pod reads the cache")
