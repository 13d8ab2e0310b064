"""Where the weights are kept: one claim that every model reads."""

from collections.abc import Callable, Sequence
from functools import partial

from infra.catalog import Catalog
from infra.clouds.cloud import Cloud
from infra.plan.cache import CachePlan, Storage
from infra.plan.cluster import ClusterPlan
from infra.plan.findings import Decided, split, warned
from infra.plan.notes import Advice, Chosen, Violation
from infra.plan.rules import Rule
from infra.services.serving.placement import Placed
from infra.services.serving.served import Served, claim_folders, claim_gib
from infra.services.weights.classes import of_one_node
from infra.services.weights.quickest import quickest
from infra.services.weights.selinux import shared_level
from infra.settings.platform import Settings

# Room for the files that the hub keeps beside the weights, and for the file system itself.
ROOM = 1.05
# Sizes that a claim is made with, so that a new model seldom changes it.
STEPS_GIB = (20, 50, 100, 200, 500, 1000, 2000, 5000, 10000)
_STEPS = ", ".join(f"{each}Gi" for each in STEPS_GIB)
CLASS = "storageClass"  # the kind that needs no cloud
NODE = Storage("node", "the node's own disk", size_gib=1)  # a claim needs a number, and a directory has none
NONE = "none"


def plan_cache(
    settings: Settings, placed: Sequence[Placed], cluster: ClusterPlan, cloud: Cloud, catalog: Catalog, costs_more: str
) -> Decided[CachePlan]:
    """`costs_more`: what says that the quickest cache costs too much; blank: it doesn't."""
    models = [each.served for each in placed]
    if all(each.place is not None for each in models):
        return (yield from _nothing_stored(settings))
    of_kind = partial(_of_kind, settings, models, cluster, cloud, catalog)
    if settings.cache is not None:
        return (yield from of_kind(settings.cache.kind, f"{settings.cache.kind} is in the stack file"))
    kind, reason = CLASS, "the cluster's default storage class: none is made on a cluster that exists"
    if cluster.made and cloud.storage:
        kind, reason = _of_cloud(placed, cloud, of_kind, costs_more, catalog)
    yield Chosen("cache.kind", kind, reason)
    return (yield from of_kind(kind, reason))


def zone_of_cache(settings: Settings, models: Sequence[Served], cluster: ClusterPlan, cloud: Cloud) -> str | None:
    """The zone that the stack file asks for by the kind that it names; None: any."""
    kind = settings.cache.kind if settings.cache is not None and any(each.place is None for each in models) else None
    return _zone(next((each for each in cloud.storage if each.kind == kind), None), cluster)


def _zone(storage: Storage | None, cluster: ClusterPlan) -> str | None:
    return cluster.zone_ids[0] if storage and storage.one_reader and cluster.zone_ids else None


def _of_cloud(
    placed: Sequence[Placed],
    cloud: Cloud,
    of_kind: Callable[[str, str], Decided[CachePlan]],
    costs_more: str,
    catalog: Catalog,
) -> tuple[str, str]:
    """The kind of a cluster that we make, and why: its file system or its bucket."""
    bucket = next((each for each in cloud.storage if each.bucket), None)
    if bucket is None:
        return cloud.storage[0].kind, "every replica in every zone reads one copy of the weights"
    (files, _), (objects, _) = (split(of_kind(each.kind, "")) for each in (cloud.storage[0], bucket))
    chosen, reason = quickest(placed, files, objects, costs_more, catalog)
    return chosen.kind, reason


def _of_kind(
    settings: Settings,
    models: Sequence[Served],
    cluster: ClusterPlan,
    cloud: Cloud,
    catalog: Catalog,
    kind: str,
    reason: str,
) -> Decided[CachePlan]:
    cache = settings.cache
    storage_class = cache.storage_class if cache else None
    folders = claim_folders(models)
    storage = next((each for each in (*cloud.storage, NODE) if each.kind == kind), None)
    size = yield from _size(settings, storage, models)
    one_reader = storage.one_reader if storage else of_one_node(storage_class, cloud)
    cidrs, closes = (
        (yield from cloud.bucket_cidrs(settings, cluster, catalog)) if storage and storage.bucket else ((), "")
    )
    return CachePlan(
        kind=kind,
        storage=storage,
        storage_class=storage_class,
        size_gib=size,
        access_mode="ReadWriteOnce" if one_reader else "ReadWriteMany",
        zone_id=_zone(storage, cluster),
        reason=f"{reason}; {sum(folders.values()):.1f} GiB of weights",
        folders=folders,
        one_node=settings.cluster.existing is not None and settings.cluster.existing.one_node,
        directory=(yield from _directory(settings, cloud)) if kind == NODE.kind else None,
        compiled=cache.compile if cache is not None else (yield from _keeps_compiled(models, cluster, storage)),
        bucket_cidrs=cidrs,
        closes=closes,
        own_directory=cache is not None and cache.path not in (None, _default_directory(settings, cloud)),
        selinux_level=shared_level(settings) if kind == NODE.kind else None,
    )


def _default_directory(settings: Settings, cloud: Cloud) -> str:
    """Of the models' namespace: another stack on the same nodes has another one."""
    return f"{cloud.node_directory}/{settings.namespace.name}"


def _directory(settings: Settings, cloud: Cloud) -> Decided[str]:
    given = settings.cache.path if settings.cache else None
    if given is not None:
        return given
    path = _default_directory(settings, cloud)
    yield Chosen("cache.path", path, cloud.node_directory_reason)
    return path


def room_on_node(models: Sequence[Served]) -> float:
    """GiB of a node's disk that these models' weights take, with a new revision of the largest beside the old one."""
    return (claim_gib(models) + max((each.cached_gib for each in models), default=0.0)) * ROOM


def _nothing_stored(settings: Settings) -> Decided[CachePlan]:
    """Every model's weights are elsewhere already."""
    reason = "no model's weights are downloaded, so nothing is stored here"
    if settings.cache is not None:
        yield warned("cache", f"{reason}: no cache is made; leave the section out", kind="cache-unused")
    return CachePlan(NONE, None, None, 0, "ReadWriteMany", None, reason)


def _keeps_compiled(models: Sequence[Served], cluster: ClusterPlan, storage: Storage | None) -> Decided[bool]:
    """A new cluster gets what starts sooner and costs less than 5 % more: the archive of a server is about 0.1 GiB."""
    keep = [
        each.name for each in models if each.place is None and not each.cpu and each.question.engine.limits.compiles
    ]
    if not cluster.made or storage is None or not keep:
        return False
    reason = f"starts of {', '.join(keep)} after the first read what it compiled, for about 0.1 GiB of storage each"
    yield Chosen("cache.compile", True, reason)
    return True


def size_for(gib: float) -> int:
    """The size of a claim that has to hold these weights."""
    return next((step for step in STEPS_GIB if step >= gib * ROOM), STEPS_GIB[-1])


def _size(settings: Settings, storage: Storage | None, models: Sequence[Served]) -> Decided[int]:
    """It has room for a new revision of a model beside the old one, which running servers go on reading."""
    if storage is not None and (storage.bucket or storage.size_gib is not None):
        return storage.size_gib or 0
    given = settings.cache.size if settings.cache else None
    weights, largest = claim_gib(models), max(models, key=lambda each: each.cached_gib)
    fix = size_for(weights + largest.cached_gib)
    again = f"{largest.cached_gib:.1f} for a new revision of {largest.name} beside the old one"
    if given is None:
        reason = f"{weights:.1f} GiB of weights + {again}, {ROOM - 1:.0%} to spare, rounded up to the next of {_STEPS}"
        yield Chosen("cache.size", f"{fix}Gi", reason)
        return fix
    size = int(given[:-2]) * (1024 if given.endswith("Ti") else 1)
    if size < weights:
        yield Violation(
            Rule.DISK,
            "cache.size",
            f"{weights:.1f} GiB of weights don't fit a cache of {size} GiB",
            f'cache.size: "{fix}Gi"',
            (Advice((("cache.size", f"{fix}Gi"),), f'cache.size: "{fix}Gi"'),),
        )
    elif size < weights + largest.cached_gib:
        yield warned(
            "cache.size", f'{size} GiB leave {size - weights:.1f}, short of {again}; cache.size: "{fix}Gi" has room'
        )
    return size
