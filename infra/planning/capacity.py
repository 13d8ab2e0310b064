"""The steps of a pool: what its nodes may be, in the order in which they are asked for."""

from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from infra.catalog import Catalog
from infra.offers.pools import Offer
from infra.offers.worst_case import may_find_none, may_wait
from infra.plan.pools import CapacityPlan, PoolPlan
from infra.settings.capacity import SHORT, CapacityStep
from infra.settings.cluster import GpuPool

KEPT = 1024  # pools of which the nodes are known; a plan tries its advice in many plans of the same pools
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


def spread_nodes(pods: Iterable[int], gpus_per_node: int) -> int:
    """The nodes that pods of these GPUs have at the same time at most, however they come and go: a node is added for a
    pod only while no other has room for it. With as many, none ever waits."""
    return _spread_nodes(tuple(sorted(pods)), gpus_per_node)


@lru_cache(KEPT)
def _spread_nodes(pods: tuple[int, ...], gpus_per_node: int) -> int:
    packed, sizes = -(-sum(pods) // gpus_per_node), Counter(pods)
    return next((each for each in range(packed, len(pods)) if not may_wait(sizes, each, gpus_per_node)), len(pods))


def always_enough(pods: Iterable[int], rolling: Iterable[int], gpus_per_node: int) -> int:
    """The nodes with which no replica waits, nor the new pod of one rollout, wherever the replicas are. `rolling`: the
    GPUs of such a pod. A replica that comes during another model's rollout may wait until that has ended."""
    return _always_enough(tuple(sorted(pods)), tuple(sorted(set(rolling))), gpus_per_node)


@lru_cache(KEPT)
def _always_enough(pods: tuple[int, ...], rolling: tuple[int, ...], gpus_per_node: int) -> int:
    nodes, sizes = _spread_nodes(pods, gpus_per_node), Counter(pods)
    while any(may_find_none(gpus, sizes, nodes, gpus_per_node) for gpus in rolling):
        nodes += 1
    return nodes


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
