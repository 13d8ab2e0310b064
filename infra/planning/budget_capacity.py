"""What a changed plan takes: what its replicas hold less, or make less, than those of the plan, and more."""

from collections.abc import Iterator
from enum import StrEnum

from infra.offers.capacity import Capacity, capacity
from infra.plan.models import ModelPlan, ReplicasPlan
from infra.plan.plan import Plan
from infra.plan.words import count
from infra.planning.cpu_speed import leave_gpus, slow_then
from infra.planning.trial import likely


class Harm(StrEnum):
    """What a cheaper plan takes from somebody; nothing, where it takes none of these."""

    SLOW = "slow"  # answers come more slowly than people read
    SPOT = "spot"  # nodes may be taken away
    ASLEEP = "asleep"  # who comes first waits until a replica has started
    WEIGHTS = "weights"  # another form of the weights or of the cache answers
    REPLICAS = "replicas"
    CAPACITY = "capacity"  # a replica holds fewer requests, or is slower
    UNSURE = "unsure"  # a fit isn't certain


def harms(plan: Plan, then: Plan) -> frozenset[Harm]:
    pairs = [(plan.models[name], model) for name, model in then.models.items() if name in plan.models]
    found = {
        Harm.SLOW: slow_then(plan, then) > 0,
        Harm.SPOT: any(_is_on_spot(one, then) and not _is_on_spot(was, plan) for was, one in pairs),
        Harm.ASLEEP: any(falls_asleep(was, one) for was, one in pairs),
        Harm.WEIGHTS: any(one.pool is not None and _weights(was) != _weights(one) for was, one in pairs),
        Harm.REPLICAS: any(_is_fewer(was.replicas, one.replicas) for was, one in pairs),
        Harm.CAPACITY: bool(list(lost_capacity(plan, then)) or leave_gpus(plan, then)),
        Harm.UNSURE: bool(likely(plan, then)),
    }
    return frozenset(harm for harm, there in found.items() if there)


def _is_on_spot(model: ModelPlan, plan: Plan) -> bool:
    return model.pool is not None and plan.pools[model.pool].capacity == "spot"


def _weights(model: ModelPlan) -> tuple[str | None, ...]:
    return model.model, model.quantization, model.kv_cache_dtype


def falls_asleep(was: ModelPlan, then: ModelPlan) -> bool:
    return then.replicas.min == 0 < was.replicas.min


def _is_fewer(was: ReplicasPlan, then: ReplicasPlan) -> bool:
    return then.max < was.max or 0 < then.min < was.min


def lost_capacity(plan: Plan, then: Plan) -> Iterator[tuple[str, str]]:
    """Models whose replicas hold less or are slower then, with the words for it."""
    for name, model in then.models.items():
        if lost := _of(model).lost(_of(plan.models[name])):
            yield name, lost


def lost_speed(plan: Plan, then: Plan) -> Iterator[tuple[str, str]]:
    """Models whose replicas are slower then, with the words for it."""
    for name, model in then.models.items():
        if slower := _of(model).slower(_of(plan.models[name])):
            yield name, slower


def fewer_at_once(was: ModelPlan, then: ModelPlan) -> str:
    """Of a model that leaves its GPUs: no cache says what it holds there."""
    if then.pool is not None or was.pool is None or was.takes_at_once is None or then.takes_at_once is None:
        return ""
    fewer = then.takes_at_once < was.takes_at_once
    now = f"takes {count(then.takes_at_once, 'request')} at once per replica instead of {was.takes_at_once}"
    return now if fewer else ""


def _of(model: ModelPlan) -> Capacity:
    return capacity(model.fit, model.throughput)
