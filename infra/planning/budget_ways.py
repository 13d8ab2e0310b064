"""Which changes of the stack file make the bill keep to the budget: each planned again."""

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from infra.catalog import Catalog
from infra.plan.notes import Advice, Violation, Write
from infra.plan.plan import Plan
from infra.plan.rules import Rule
from infra.planning.advice import in_order
from infra.planning.budget import PATH, biggest, of, total
from infra.planning.budget_models import MIN_SHARE, fewer_requests, in_fewer_replicas, smaller
from infra.planning.budget_nodes import fewer_nodes, paused_alone, spare_of_several, unused
from infra.planning.budget_parts import (
    MODELS_TRIED,
    Means,
    able_on_spot,
    every_replica,
    every_type,
    minimum_replicas,
    most_expensive,
    parts,
    platform,
    spot,
    spot_parts,
)
from infra.planning.budget_paused import as_large_as_needed, while_paused
from infra.planning.budget_search import Search
from infra.planning.budget_together import MIN_PART, all_together, as_near_as_it_gets, together
from infra.planning.trial import Attempt, broken_by, holds
from infra.settings.platform import Budget

NONE_COUNTED = " (nodes that exist cost this, whatever runs on them)"
NONE_EXISTING = " (no single change of pools, replicas, nodes or weights keeps to it, nor do several that were tried)"
NONE = (
    " (no single change of pools, replicas, nodes, instance type, spot, weights, system nodes or NAT keeps to it,"
    " nor do several that were tried)"
)
NONE_KNOWN = " (nothing that was tried keeps to it at prices that are known for the region)"
NAMED = 3  # of the changes proposed, beside spot and the expected bill
ALIKE = 0.005  # bills that differ by less are alike


def with_ways(
    violation: Violation, held: Sequence[Violation], plan: Plan, means: Means, attempt: Attempt, catalog: Catalog
) -> Violation:
    """The broken budget with changes of the stack file that keep to it, before a budget that is enough; each goes with
    the first advice of every other broken rule. `held`: every violation of the plan, with advice that holds."""
    budget = plan.settings.budget
    if violation.rule != Rule.BUDGET or budget is None:
        return violation
    first = _first_of((each for each in held if each.rule != Rule.BUDGET), budget, attempt)
    then = attempt(first) if first else plan
    if then is None or not holds(plan, then):
        return violation
    search = Search(then, budget, attempt, catalog, beside=first)
    if search.over <= 0:
        return _with(violation, [each for each in [search.advice(())] if each is not None] or violation.advice, "")
    alone = all(each.rule == Rule.BUDGET for each in then.violations)
    found = sorted(_ways(search, means), key=search.keeps_capacity, reverse=True) if alone else []
    ways = in_order(found, plan, attempt)
    near = _nearer(search, means) if alone and not ways else ()
    larger = [*near, *in_order([search.enough()], plan, attempt)]
    keeps = any(PATH not in dict(each.write) for each in (*ways, *near))
    unsure = in_order(_at_other_prices(search, means), plan, attempt) if alone else []
    return _with(violation, [*ways, *larger, *unsure], _none(then, unsure=unsure) if alone and not keeps else "")


def say_cut(violation: Violation, tried: int) -> Violation:
    """With many models there are more changes than can be tried while somebody waits."""
    if violation.rule != Rule.BUDGET:
        return violation
    note = f"; the search ended after {tried} plans, so a way that changes or costs less may have been missed"
    return dataclasses.replace(violation, fix=f"{violation.fix}{note}")


def _nearer(search: Search, means: Means) -> list[Advice]:
    """Where nothing keeps to the budget: a budget that is enough for less than what the stack file asks for."""
    paused = list(as_large_as_needed(search))
    some = [*parts(search, means, slow=True), *minimum_replicas(search, most_expensive(search))]
    near = None if paused else as_near_as_it_gets(search, some, spot_parts, _all(search, means))
    return [*paused, *in_order([near] if near is not None else [], search.plan, search.attempt)]


def _at_other_prices(search: Search, means: Means) -> list[Advice]:
    """The first way that keeps to the budget if another region's price is this region's."""
    if not means.borrows:
        return []
    search = dataclasses.replace(search, known_prices=False)
    return list(islice(filter(search.is_borrowed, _ways(search, means)), 1))


def _first_of(others: Iterable[Violation], budget: Budget, attempt: Attempt) -> Write:
    """What makes each of the other rules hold: the bill is computed with it. A change that makes several hold is
    enough for all of them."""
    whole: Write = ()
    for each in others:
        then = attempt(whole) if whole else None
        if then is None or (each.rule, each.path) in broken_by(then):
            more = dict(_shortest(each.advice, budget, attempt)) if each.advice else {}
            whole = tuple((dict(whole) | more).items())
    return whole


def _shortest(ways: Sequence[Advice], budget: Budget, attempt: Attempt) -> Write:
    """The first, or of larger pools one with fewer changes for a bill that is alike: a node for the hours of rollouts
    instead of a gap in each model."""
    first, *others = (each.write for each in ways)
    larger = [each for each in others if len(each) < len(first) and all(map(_is_max, dict(each)))]
    then = attempt(first) if larger else None
    for write in larger if then is not None else ():
        one = attempt(write)
        if one is not None and then is not None and total(one.cost, budget) <= (1 + ALIKE) * total(then.cost, budget):
            return write
    return first


def _is_max(path: str) -> bool:
    return path.startswith("gpuPools.") and path.endswith(".max")


def _none(plan: Plan, *, unsure: Sequence[Advice]) -> str:
    """On nodes that exist there is neither an instance type nor spot."""
    if unsure:
        return NONE_KNOWN
    if plan.settings.cluster.create is not None or not all(pool.existing for pool in plan.pools.values()):
        return NONE
    priced = [pool for pool in plan.pools.values() if pool.usd_per_node_hour is not None]
    return NONE_COUNTED if all(pool.min == pool.max for pool in priced) else NONE_EXISTING


def _with(violation: Violation, advice: Sequence[Advice], note: str) -> Violation:
    fix = ", or ".join(each.text for each in advice)
    return dataclasses.replace(violation, fix=f"{fix}{note}", advice=tuple(advice))


def _ways(search: Search, means: Means) -> list[Advice]:
    """A pool on which no model runs goes first, and with everything else where that isn't enough."""
    empty = unused(search.plan)
    if empty:
        alone = search.advice(empty)
        if alone is not None:
            return [alone]
        if search.now - search.total(empty) > MIN_PART * search.over:
            search = dataclasses.replace(search, base=empty)
    paused = list(while_paused(search))
    ways = list(islice(_unlike(search, _changes(search, means)), NAMED))
    ways += search.first(_on_spot(search))
    if not paused and all(map(search.is_slow, ways)):
        ways += _in_several(search, means, slow=not ways)
    if not (paused or any(map(search.is_certain, ways))):
        ways += _lower_bills(search, means)
    expected = search.advice((("budget.of", "expected"),)) if search.budget.of == "max" and not paused else None
    ways = [*paused, *(each for each in ways if each not in paused)]
    return list(_unlike(search, [*ways, *([expected] if expected is not None else [])]))


def _unlike(search: Search, ways: Iterable[Advice]) -> Iterator[Advice]:
    """A way that changes all that another one changes, and more, for hardly less, is left out; so is one that serves
    the models from the same nodes as another one at the same bill."""
    seen: list[tuple[set[tuple[str, Any]], list[tuple[Any, ...]], int]] = []
    for way in ways:
        change, served, usd = set(way.write), search.served(way), round(search.total(way.write))
        if not any(
            (change >= less and usd > (1 - MIN_SHARE) * other) or (served == same and usd == other)
            for less, same, other in seen
        ):
            seen.append((change, served, usd))
            yield way


def _costly(search: Search) -> list[str]:
    """Pools without whose nodes the bill would keep to the budget, the most expensive first."""
    cost, budget = search.plan.cost, search.budget
    beside = sum(of(item, budget) for item in cost.items if item.with_nodes)
    return [item.pool for item in biggest(cost, budget) if item.pool and of(item, budget) + beside > search.over]


def _changes(search: Search, means: Means) -> Iterator[Advice]:
    """Nodes on which nothing runs, a smaller pool, fewer replicas of one model, a cheaper instance type, smaller
    weights and cache, other nodes, and fewer requests at once, each for the most expensive pool or model first."""
    plan = search.plan
    models = {name: [each for each in plan.models.values() if each.pool == name] for name in plan.pools}
    costly = _costly(search)
    yield from search.first(paused_alone(search))
    yield from search.first(spare_of_several(search))
    for name in costly:
        yield from fewer_nodes(search, plan.pools[name])
        yield from in_fewer_replicas(search, models[name])
    for name in (each for each in costly if models[each]):
        yield from filter(None, map(search.advice, means.types.of(name)))
    yield from filter(None, map(search.advice, platform(search)))
    expensive = [model for model in most_expensive(search) if model.pool in costly]
    yield from smaller(search, most_expensive(search), expensive, means)
    writes = (write for model in expensive for write in means.cheaper.get(model.name, ())[:2])
    yield from search.first(writes, MIN_SHARE * search.now)
    yield from search.first(write for model in expensive for write in means.on_cpu(model.name))
    yield from islice(filter(None, (fewer_requests(search, model) for model in expensive)), 1)


def _on_spot(search: Search) -> Iterator[Write]:
    """One pool, then all of them."""
    costly, able = _costly(search), able_on_spot(search.plan)
    yield from (spot(name) for name in able if name in costly)
    if len(able) > 1:
        yield tuple(part for name in able for part in spot(name))


def _in_several(search: Search, means: Means, *, slow: bool) -> Iterator[Advice]:
    """Changes of which none is enough alone: fewer replicas of several models, which move nothing; then the largest
    savings of what keeps the replicas, and of all; then on spot too. With many models, the same change of all. `slow`:
    where that isn't enough, models that chat move to the CPU too."""
    fewer, others = list(minimum_replicas(search, most_expensive(search))), list(parts(search, means))
    many = len(search.plan.models) > MODELS_TRIED
    found = [together(search, each) for each in (fewer, others, [*others, *fewer])]
    if many and not any(found):
        found = [all_together(search, each) for each in _all(search, means)]
    if not any(found):
        found = [together(search, each, spot_parts) for each in (others, [*others, *fewer])]
    if slow and not any(found):
        on_cpu = list(parts(search, means, slow=True))
        wholes = (on_cpu, [*on_cpu, *fewer])
        found = [together(search, each) for each in wholes] + [together(search, each, spot_parts) for each in wholes]
    yield from islice(_unlike(search, filter(None, found)), NAMED)


def _lower_bills(search: Search, means: Means) -> list[Advice]:
    """The largest savings of several models together, of those after which every fit is certain."""
    found = [write for model in most_expensive(search) for write in means.cheaper.get(model.name, ())[:2]]
    joined = together(search, filter(search.stays_certain, found))
    return [joined] if joined is not None else []


def _all(search: Search, means: Means) -> Iterator[list[Write]]:
    replicas, types = every_replica(search), every_type(search, means)
    yield replicas
    yield [*types, *replicas]
    yield [*platform(search), *types, *spot_parts(search.plan), *replicas]
