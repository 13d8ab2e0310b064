"""A change of the stack file on trial: it is planned, and kept where it breaks no rule that holds now."""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace

from infra.plan.money import rise
from infra.plan.notes import Advice, Write
from infra.plan.plan import Plan
from infra.plan.words import LIKELY
from infra.planning.borrowed_prices import borrowed_then
from infra.planning.old_pods import held_by_old_pods
from infra.planning.peak_nodes import rarely_there
from infra.planning.stored_weights import stored_then
from infra.settings.cluster import GpuPool

Attempt = Callable[[Write], Plan | None]  # the plan once that is written; None: refused, or enough was tried


@dataclass(frozen=True)
class Followed:
    """What is written, with the lower `max` of each pool that it leaves too large, and the plan that follows."""

    write: Write
    then: Plan


def followed(plan: Plan, write: Write, attempt: Attempt) -> Followed | None:
    """None where the change is refused, or breaks a rule that holds now."""
    return next((each for each in with_lower_max(plan, write, attempt) if holds(plan, each.then)), None)


def with_lower_max(plan: Plan, write: Write, attempt: Attempt) -> Iterator[Followed]:
    """With the lower `max` of pools, where there is one; then as it is. None of those that are refused."""
    then = attempt(write)
    lower = tuple(_lower_max(plan, then, dict(write))) if then is not None else ()
    lowered = attempt((*write, *lower)) if lower else None
    if lowered is not None:
        yield Followed((*write, *lower), lowered)
    if then is not None:
        yield Followed(write, then)


def _lower_max(plan: Plan, then: Plan, written: Collection[str]) -> Iterator[tuple[str, int]]:
    """Of pools whose `max` the stack file gives, and the change doesn't: less by the number of nodes that the change
    frees at the peak, so that what the file gives beyond the need stays."""
    for name, pool in then.pools.items():
        given = then.settings.gpu_pools.get(name)
        if given is None or given.max is None or pool.existing or name not in plan.pools:
            continue
        if f"gpuPools.{name}.max" in written:
            continue
        lower = max(given.max - (plan.pools[name].needed - pool.needed), pool.max_needed, pool.min, 1)
        if lower < given.max:
            yield f"gpuPools.{name}.max", lower


def spare_max(plan: Plan, *, rollouts: bool = True) -> Iterator[tuple[str, int]]:
    """Of pools whose `max` the stack file gives, and of counted nodes that exist, the lower one that leaves no node
    beyond the need. `rollouts`: that of rollouts too; on existing nodes, models that do without stop for each."""
    for name, pool in plan.pools.items():
        given = plan.settings.gpu_pools.get(name)
        kept = given.min if given is not None else 0
        needed = pool.max_needed if rollouts or not pool.existing else -(-pool.peak_gpus // pool.gpus_per_node)
        lower = max(needed, kept, 1)
        if given is not None and (given.max is not None or is_counted(given)) and lower < pool.max:
            yield f"gpuPools.{name}.max", lower


def trimmed(plan: Plan, attempt: Attempt, beside: Write = ()) -> Followed | None:
    """A plan once the `max` of each pool that this stack makes has no node that neither replicas nor a rollout need,
    which takes nothing from anybody. `beside`: what the plan came from. None: no node is spare, or a rule breaks."""
    used = {model.pool for model in plan.models.values()}
    paths = {f"gpuPools.{name}.max" for name, pool in plan.pools.items() if name in used and not pool.existing}
    spare = tuple(each for each in spare_max(plan) if each[0] in paths)
    then = attempt(tuple((dict(beside) | dict(spare)).items())) if spare else None
    return Followed(spare, then) if then is not None and holds(plan, then) else None


def is_counted(pool: GpuPool) -> bool:
    """Whether it is a number of nodes that exist, each with a price: they are billed whatever runs on them."""
    existing = pool.existing
    return existing is not None and existing.nodes is not None and existing.usd_per_gpu_hour is not None


def holds(plan: Plan, then: Plan) -> bool:
    """Whether a changed stack breaks no rule that it doesn't break already."""
    return broken_by(then) <= broken_by(plan)


def broken_by(plan: Plan) -> frozenset[tuple[str, str]]:
    return frozenset((each.rule, each.path) for each in plan.violations)


def what_follows(plan: Plan, then: Plan, over: Iterable[str] = ()) -> Iterator[str]:
    """What a reader of a change has to know beside what it saves. `over`: how far the bill is over its budget."""
    yield from higher_maximum(plan, then)  # a lower minimum hides it
    yield from rarely_there(plan, then)
    yield from borrowed_then(plan, then)
    yield from stored_then(plan, then)
    yield from over
    if likely(plan, then):
        yield LIKELY
    yield from held_by_old_pods(plan, then)


def higher_maximum(plan: Plan, then: Plan) -> Iterator[str]:
    more = rise(plan.cost.usd_per_month_max, then.cost.usd_per_month_max)
    if more >= 1:
        yield f"the maximum is then ${then.cost.usd_per_month_max:,.0f}, ${more:,.0f} more"


def likely(plan: Plan, then: Plan | None) -> list[str]:
    """The models that fit then, but not for certain, and whose fit isn't the same as now."""
    models = then.models.values() if then is not None else ()
    changed = (each for each in models if each.fit is not None and each.fit != plan.models[each.name].fit)
    return [each.name for each in changed if each.fit is not None and each.fit.judged and not each.fit.certain]


def noted(advice: Advice, note: str) -> Advice:
    """The same advice with a further note in its brackets."""
    end = advice.text.endswith(")") and " (" in advice.text
    return replace(advice, text=f"{advice.text[:-1]}; {note})" if end else f"{advice.text} ({note})")


def with_room(plan: Plan, write: Write, attempt: Attempt) -> tuple[Write, Plan] | None:
    """What is written, with the larger `max` of pools that it needs, and the plan that follows; None where the change
    is refused, or breaks a rule that holds now."""
    then = attempt(write)
    if then is None or holds(plan, then):
        return (write, then) if then is not None else None
    small = (each for each in then.pools.values() if not each.existing and each.max_enough > each.max)
    larger = tuple((f"gpuPools.{each.name}.max", each.max_enough) for each in small)
    then = attempt((*write, *larger)) if larger else None
    return ((*write, *larger), then) if then is not None and holds(plan, then) else None
