"""Weights on each node's own disk: how much room they take there, and what has to be so."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

from infra.clouds.cloud import Cloud
from infra.plan.cache import CachePlan
from infra.plan.models import SERVER_SCRATCH_GIB
from infra.plan.notes import Advice, Assumption, Finding, Violation
from infra.plan.pools import PoolPlan
from infra.plan.rules import Rule
from infra.services.serving.placed import Placed
from infra.services.serving.served import Served, claim_gib
from infra.services.weights.plan import room_on_node


def with_weights(pool: PoolPlan, placed: Sequence[Placed], cache: CachePlan) -> PoolPlan:
    """The pool with the room that the weights of its models take on each node: any node may run any of them."""
    if cache.directory is None:
        return pool
    return replace(pool, weights_gib=math.ceil(room_on_node(_kept(placed))))


def check_disk(pool: PoolPlan, placed: Sequence[Placed], cache: CachePlan, cloud: Cloud | None) -> Iterator[Finding]:
    """Of nodes that we make, the disk has to be large enough; of others, somebody has to look. `cloud`: of a cluster
    that the stack makes with any storage; beside one that exists it needs to know more."""
    kept = _kept(placed)
    if cache.directory is None or not kept:
        return
    largest = max(kept, key=lambda each: each.cached_gib)
    parts = f"{claim_gib(kept):.1f} of weights, and a new revision of {largest.name} beside the old one"
    if pool.existing:
        yield Assumption(
            "cache.path",
            f"each node of {pool.name} has {pool.weights_gib} GiB free in {cache.directory}: {parts}. Each downloads"
            f" {claim_gib(kept):.1f} GiB when it joins, and keeps it over restarts",
        )
        return
    beside = SERVER_SCRATCH_GIB * pool.gpus_per_node + max(each.image.unpacked_gib for each in kept)
    if pool.weights_gib + beside > pool.ephemeral_gib:
        kinds = [each.kind for each in cloud.storage[:1]] if cloud is not None else []
        one_copy = {f"cache.kind: {kind}": (("cache.kind", kind), ("cache.path", None)) for kind in kinds}
        yield Violation(
            Rule.DISK,
            f"gpuPools.{pool.name}.instanceTypes",
            f"{pool.weights_gib} GiB of weights ({parts}) and {beside:.0f} of images and scratch don't fit the"
            f" {pool.ephemeral_gib} GiB of a node's disk",
            " or ".join(["types with larger disks", *one_copy]),
            tuple(Advice(write, each) for each, write in one_copy.items()),
        )


def explain_nodes(placed: Sequence[Placed], cache: CachePlan) -> Iterator[Finding]:
    """What no file says: who makes the directory, and what each new node costs."""
    kept = _kept(placed)
    if cache.directory is None or not kept:
        return
    yield Assumption(
        "cache.kind",
        f"the kubelet makes {cache.directory} on each node, so nothing has to be prepared there; the pods mount claims,"
        " which Pod Security `restricted` admits, and whoever runs `up` may make PersistentVolumes. On a node with"
        " SELinux in enforcing mode they have one level, and containers have to be allowed that directory",
    )
    free = [each.name for each in kept if each.cpu]
    if free:
        yield Assumption(
            "cache.kind",
            f"{', '.join(free)}: every Linux node without taints has a copy, because it may run there:"
            f" {sum(each.cached_gib for each in kept if each.cpu):.1f} GiB on each of them",
        )


def _kept(placed: Sequence[Placed]) -> list[Served]:
    return [each.served for each in placed if each.served.place is None]
