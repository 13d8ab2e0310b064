"""The steps of a pool: what its nodes may be, in the order in which they are asked for."""

from collections.abc import Iterable, Sequence
from typing import Any

from infra.catalog import Catalog
from infra.offers.pools import Offer
from infra.plan.pools import CapacityPlan, PoolPlan
from infra.settings.capacity import SHORT, CapacityStep
from infra.settings.cluster import GpuPool

_WORDS = {"on-demand": "ondemand", "spot": "spot", "reservation": "reserved", "block": "block"}


def steps_of(offer: Offer, pool_max: int, catalog: Catalog) -> tuple[CapacityPlan, ...]:
    """() where the stack file has one word."""
    ladder = offer.settings.ladder if offer.settings else ()
    return tuple(_step(each, offer, pool_max, catalog) for each in ladder)


def _step(step: CapacityStep, offer: Offer, pool_max: int, catalog: Catalog) -> CapacityPlan:
    if step.reserved is None:
        return CapacityPlan(_WORDS[step.kind], step.kind, offer.types, offer.zone_ids, pool_max)
    instances = step.instances or pool_max
    types = offer.types if step.instance_type is None else (catalog.instances[step.instance_type],)
    return CapacityPlan(
        f"{_WORDS[step.kind]}-{step.reserved[-SHORT:]}",
        step.kind,
        types[:1],
        (step.zone,) if step.zone else offer.zone_ids,
        min(instances, pool_max),
        reservation=step.reserved,
        instances=instances,
        begins=step.begins,
        ends=step.ends,
    )


def reserved_nodes(offer: Offer) -> int | None:
    """The nodes that all of its reservations hold; None: more can be asked for, or nobody says how many they hold."""
    ladder = offer.settings.ladder if offer.settings else ()
    counted = [each for each in ladder if each.kind != "block"] or ladder
    if not counted or any(each.instances is None for each in counted):
        return None
    return sum(each.instances or 0 for each in counted)


def spread_nodes(pods: Sequence[int], gpus_per_node: int) -> int:
    """The nodes that pods of these GPUs have at the same time at most, however they come and go.

    A node is added for a pod of g GPUs only while each other node has fewer than g free. Where all pods are of one size
    each node is then as full as it gets; else it has at least gpus_per_node - g + 1 in use.
    """
    sizes, total = set(pods), sum(pods)
    if len(sizes) < 2:
        return sum(-(-len(pods) // (gpus_per_node // size)) for size in sizes)
    bound = max((total - size) // (gpus_per_node - size + 1) for size in sizes) + 1
    return min(len(pods), bound)


def keeps_reserved(pools: Iterable[PoolPlan], then: Iterable[PoolPlan]) -> bool:
    """Whether all that is reserved is still used as what it is. A stack file ends no reservation: it is billed until
    somebody cancels it, and starts no instance of another type."""
    left = {(step.reservation, step.types): step.instances for pool in then for step in pool.steps}
    return all(
        left.get((step.reservation, step.types), 0) >= step.instances
        for pool in pools
        for step in pool.steps
        if step.reservation
    )


def limited(pool: PoolPlan) -> bool:
    """Whether nothing is asked for beside what is reserved."""
    return bool(pool.steps) and not {"spot", "on-demand"} & set(pool.kinds)


def with_on_demand(pool: GpuPool) -> list[Any]:
    """Its steps as a stack file has them, and on-demand as the last one."""
    written = (each.word or each.model_dump(mode="json", by_alias=True, exclude_none=True) for each in pool.ladder)
    return [*written, "on-demand"]
