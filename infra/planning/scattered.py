"""Pools that the stack makes, with replicas of different sizes: small ones may be on more nodes than packed ones need,
and Kubernetes moves none that runs. Where `max` adds no node then, a large one waits."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from infra.offers.pools import new_pool
from infra.offers.worst_case import may_find_none, may_wait
from infra.plan.findings import warned
from infra.plan.models import ModelPlan
from infra.plan.notes import Advice, Finding, Warned, Write
from infra.plan.plan import Plan
from infra.plan.pools import PoolPlan
from infra.plan.rules import Rule
from infra.plan.words import count
from infra.plan.writes import written
from infra.planning.advice import completed, in_order
from infra.planning.cheaper import Market
from infra.planning.own_pools import NO_FREE_NODE
from infra.planning.trial import Attempt, broken_by, with_lower_max
from infra.services.serving.placed import Placed

_OF_ONE_POOL = {"min", "max", "spare", "warmPool"}  # a further pool of the same nodes has its own


def warn_of_scattered(pool: PoolPlan, models: Sequence[ModelPlan]) -> Iterator[Finding]:
    """`models`: those of the pool. Too few GPUs for all, and steps that may have more nodes than `max`, break rules."""
    running = [each for each in models if not each.paused]
    if pool.existing or pool.max >= pool.always_now or pool.highest > pool.max:
        return
    if pool.peak_gpus + pool.surge_gpus > pool.max * pool.gpus_per_node:
        return
    pods = Counter(each.gpus for each in running for _ in range(each.replicas.max))
    waiting = may_wait(pods, pool.max, pool.gpus_per_node)
    for each in running:
        rolls = each.rollout.max_surge and may_find_none(each.gpus, pods, pool.max, pool.gpus_per_node)
        if each.gpus in waiting or rolls:
            yield warned(
                f"{each.path}.pool",
                f"Kubernetes may choose nodes for the other replicas with which no node of {pool.name} has"
                f" {count(each.gpus, pool.unit)} free for {each.name}, and max allows no further one: a"
                " larger max or a separate pool gives it one",
                kind=NO_FREE_NODE,
                detail=f"{each.gpus} free {pool.unit}s of one node of {pool.name}",
            )


def say_how_none_waits(warnings: Iterable[Warned], market: Market, attempt: Attempt) -> tuple[Warned, ...]:
    """The warnings; those of models that may find no node say what to write so that they do."""
    on = {f"{each.served.path}.pool": each for each in market.placed if each.offer is not None and each.offer.types}
    return tuple(
        _advised(each, on[each.path], market.plan, attempt) if each.kind == NO_FREE_NODE and each.path in on else each
        for each in warnings
    )


def _advised(warning: Warned, placed: Placed, plan: Plan, attempt: Attempt) -> Warned:
    found = (
        _that_holds(warning, write, plan, attempt) for write in (_larger(placed, plan), apart([placed], plan)) if write
    )
    ways = in_order([each for each in found if each is not None], plan, attempt, dollars=True)
    if not ways:
        return warning
    said = ", or ".join(each.text for each in ways)
    return replace(
        warning,
        message=f"{warning.message}: {said}",
        detail=f"{warning.detail}: {said}",
        advice=tuple(ways),
    )


def _that_holds(warning: Warned, write: Write, plan: Plan, attempt: Attempt) -> Advice | None:
    """With what goes with it; None where a rule would be broken, beside the budget, or another model may wait then."""
    before = {each.path for each in plan.warnings if each.kind == NO_FREE_NODE}
    for each in with_lower_max(plan, completed(plan, write), attempt):
        after = {other.path for other in each.then.warnings if other.kind == NO_FREE_NODE}
        broken = {rule for rule, _ in broken_by(each.then) - broken_by(plan)}
        if after <= before - {warning.path} and broken <= {Rule.BUDGET}:
            return Advice(each.write, written(each.write))
    return None


def _larger(placed: Placed, plan: Plan) -> Write:
    assert placed.offer is not None
    return ((f"gpuPools.{placed.offer.name}.max", plan.pools[placed.offer.name].max_enough),)


def apart(placed: Sequence[Placed], plan: Plan) -> Write:
    """A pool of the same nodes for these models of one pool. Empty where it can't be: a reservation is in one pool."""
    offer = placed[0].offer
    assert offer is not None
    own, name = offer.settings, f"{offer.name}-{placed[0].served.name}"
    if name in plan.pools or (own is not None and any(step.reserved for step in own.ladder)):
        return ()
    given = own.model_dump(mode="json", by_alias=True, exclude_unset=True) if own is not None else {}
    kept = [
        (f"gpuPools.{name}.{key}", tuple(value) if isinstance(value, list) else value)
        for key, value in given.items()
        if key not in _OF_ONE_POOL
    ]
    return (*(kept or new_pool(replace(offer, name=name))), *((f"{each.served.path}.pool", name) for each in placed))
