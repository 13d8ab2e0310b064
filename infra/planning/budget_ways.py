"""Which changes of the stack file make the bill keep to the budget: each planned again."""

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from infra.catalog import Catalog
from infra.plan.notes import Advice, Violation, Write
from infra.plan.plan import Plan
from infra.plan.rules import Rule
from infra.planning.advice import in_order
from infra.planning.budget import PATH, biggest, of
from infra.planning.budget_beside import first_of
from infra.planning.budget_capacity import Harm
from infra.planning.budget_models import MIN_SHARE, fewer_requests, in_fewer_replicas, smaller
from infra.planning.budget_nodes import fewer_nodes, paused_alone, spare_of_several, unused
from infra.planning.budget_parts import (
    PARTS_OF,
    Means,
    able_on_spot,
    asleep,
    every_replica,
    every_type,
    most_expensive,
    platform,
    spot,
    spot_parts,
)
from infra.planning.budget_paused import as_large_as_needed, while_paused
from infra.planning.budget_search import Search
from infra.planning.budget_together import (
    ASLEEP,
    KEEP,
    LESS,
    MIN_PART,
    ON_SPOT,
    ON_SPOT_ASLEEP,
    QUICK,
    SLOW,
    SMALLER,
    Together,
    all_together,
)
from infra.planning.cheaper import Market
from infra.planning.trial import Attempt, holds

NONE_COUNTED = " (nodes that exist cost this, whatever runs on them)"
NONE_EXISTING = " (no single change of pools, replicas, nodes or weights keeps to it, nor do several that were tried)"
NONE = (
    " (no single change of pools, replicas, nodes, instance type, spot, weights, system nodes or NAT keeps to it,"
    " nor do several that were tried)"
)
NONE_KNOWN = " (nothing that was tried keeps to it at prices that are known for the region)"
NAMED = 3  # of the changes proposed, beside spot and the expected bill


def with_ways(
    violation: Violation,
    held: Sequence[Violation],
    plan: Plan,
    market_at: Callable[[Write], Market | None],
    attempt: Attempt,
    catalog: Catalog,
) -> Violation:
    """The broken budget with changes of the stack file that keep to it, before a budget that is enough; each goes with
    the first advice of every other broken rule. `held`: every violation of the plan, with advice that holds."""
    budget = plan.settings.budget
    if violation.rule != Rule.BUDGET or budget is None:
        return violation
    first = first_of((each for each in held if each.rule != Rule.BUDGET), budget, attempt)
    then = attempt(first) if first else plan
    market = market_at(first)
    if then is None or market is None or not holds(plan, then):
        return violation
    search, means = Search(then, budget, attempt, market_at, catalog, beside=first), Means(market)
    if search.over <= 0:
        return _with(violation, [each for each in [search.advice(())] if each is not None] or violation.advice, "")
    found = Together(_without_unused(search))
    ways = in_order(sorted(_ways(found, means), key=search.order), plan, attempt)
    near = _nearer(found, means) if not ways else ()
    larger = [*near, *in_order([search.enough()], plan, attempt)]
    keeps = any(PATH not in dict(each.write) for each in (*ways, *near))
    unsure = in_order(_at_other_prices(found, means), plan, attempt)
    return _with(violation, [*ways, *larger, *unsure], _none(then, unsure=unsure) if not keeps else "")


def say_cut(violation: Violation, tried: int) -> Violation:
    """With many models there are more changes than can be tried while somebody waits."""
    if violation.rule != Rule.BUDGET:
        return violation
    note = f"; the search ended after {tried} plans, so a way that changes or costs less may have been missed"
    return dataclasses.replace(violation, fix=f"{violation.fix}{note}")


def _nearer(found: Together, means: Means) -> list[Advice]:
    """Where nothing keeps to the budget: a budget that is enough for less than what the stack file asks for."""
    search = found.search
    paused = list(as_large_as_needed(search))
    wholes = [search.joined(each) for each in _all(search, means)]
    lowest = min([found.nearest(), *wholes], key=search.sound_total)
    lower = search.lowest - search.sound_total(lowest)
    near = None
    if not paused and lower > MIN_PART * (search.lowest - search.budget.usd_per_month):
        near = search.advice(lowest) or search.with_enough(lowest)
    return [*paused, *in_order([near] if near is not None else [], search.plan, search.attempt)]


def _at_other_prices(found: Together, means: Means) -> list[Advice]:
    """The first way that keeps to the budget if another region's price is this region's."""
    if not means.borrows:
        return []
    search = _without_unused(dataclasses.replace(found.search, known_prices=False))
    return list(islice(filter(search.is_borrowed, _ways(found.instead(search), means)), 1))


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


def _without_unused(search: Search) -> Search:
    """With each change, pools on which no model runs go, where that isn't enough."""
    empty = unused(search.plan)
    enough = not empty or search.advice(empty) is not None
    much = not enough and search.now - search.total(empty) > MIN_PART * search.over
    return dataclasses.replace(search, base=empty) if much else search


def _ways(found: Together, means: Means) -> list[Advice]:
    """A pool on which no model runs goes first, and with everything else where that isn't enough."""
    search = found.search
    alone = search.advice(unused(search.plan)) if unused(search.plan) else None
    if alone is not None:
        return [alone]
    paused = list(while_paused(search))
    ways = list(islice(_unlike(search, _changes(search, means)), NAMED))
    ways += search.first(_on_spot(search))
    if not paused:
        ways += _in_several(found, means, ways)
        ways += search.first(asleep(search, most_expensive(search)))
    expected = search.advice((("budget.of", "expected"),)) if search.budget.of == "max" and not paused else None
    ways = [*paused, *(each for each in ways if each not in paused)]
    return list(_unlike(search, [*ways, *([expected] if expected is not None else [])]))


def _unlike(search: Search, ways: Iterable[Advice]) -> Iterator[Advice]:
    """A way that changes all that another one changes, and more, for hardly less, is left out; so is one that serves
    the models from the same nodes as another one at the same bill."""
    seen: list[tuple[set[str], list[tuple[Any, ...]], int]] = []
    for way in ways:
        change, served, usd = set(map(repr, way.write)), search.served(way), round(search.total(way.write))
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
    """Nodes on which nothing runs, or for gaps alone, a smaller pool, fewer replicas of one model, a cheaper instance
    type, smaller weights and cache, other nodes, and fewer requests at once, each for the most expensive pool or model
    first."""
    plan = search.plan
    models = {name: [each for each in plan.models.values() if each.pool == name] for name in plan.pools}
    costly = _costly(search)
    yield from search.first(paused_alone(search))
    yield from search.first(spare_of_several(search))
    yield from search.first(means.apart())
    for name in costly:
        yield from fewer_nodes(search, plan.pools[name])
        yield from in_fewer_replicas(search, models[name])
    for name in (each for each in costly if models[each]):
        yield from filter(None, map(search.advice, means.types.of(name)))
    yield from filter(None, map(search.advice, platform(search.plan, search.catalog)))
    expensive = [model for model in most_expensive(search) if model.pool in costly]
    yield from smaller(search, most_expensive(search), expensive, means)
    writes = (write for model in expensive for write in means.cheaper(model.name)[:2])
    yield from search.first(writes, MIN_SHARE * search.now)
    yield from search.first(write for model in expensive for write in means.on_cpu(model.name))
    yield from islice(filter(None, (fewer_requests(search, model) for model in expensive)), 1)


def _on_spot(search: Search) -> Iterator[Write]:
    """One pool, then all of them."""
    costly, able = _costly(search), able_on_spot(search.plan)
    yield from (spot(name) for name in able if name in costly)
    if len(able) > 1:
        yield tuple(part for name in able for part in spot(name))


def _in_several(found: Together, means: Means, alone: Sequence[Advice]) -> Iterator[Advice]:
    """Several changes, of which none is enough alone: fewer replicas, which move nothing; with many models, one change
    of all; what takes nothing from anybody; what leaves every fit certain, where no other way does; and more, until a
    way is found that isn't slow."""
    search = found.search
    fewer = list(filter(None, [found.in_fewer_replicas()])) if all(map(search.is_slow, alone)) else []
    many = len(search.plan.models) > PARTS_OF and not fewer and all(map(search.is_slow, alone))
    of_all = list(filter(None, (all_together(search, each) for each in _all(search, means)))) if many else []
    taken = [search.harms(way) for way in (*alone, *of_all)]
    ways: list[Advice] = []
    cheaper: Advice | None = None
    for menu in _menus(taken, asleep=search.budget.of != "max"):
        way = found.way(menu) if not any(each <= menu for each in taken) else None
        if way is not None:
            ways.append(way)
            taken.append(search.harms(way))
            cheaper = found.cheaper(menu)
    yield from islice(_unlike(search, [*ways, *fewer, *of_all]), NAMED)
    yield from [cheaper] if cheaper is not None else []


def _menus(taken: list[frozenset[Harm]], *, asleep: bool) -> Iterator[frozenset[Harm]]:
    """`taken`: by the ways that are found, until the next one is asked for. `asleep`: models that sleep cost less."""
    yield KEEP
    if all(each & {Harm.CAPACITY, Harm.UNSURE, Harm.SLOW} for each in taken):
        yield SMALLER
    if all(each & {Harm.UNSURE, Harm.SLOW} for each in taken):
        yield LESS
    for menus in (QUICK[1:], ON_SPOT, ASLEEP, SLOW):
        if all(Harm.SLOW in each for each in taken):
            yield from menus
    if asleep:
        yield ON_SPOT_ASLEEP


def _all(search: Search, means: Means) -> Iterator[list[Write]]:
    replicas, types = every_replica(search), every_type(search, means)
    yield replicas
    yield [*types, *replicas]
    yield [*platform(search.plan, search.catalog), *types, *spot_parts(search.plan), *replicas]
