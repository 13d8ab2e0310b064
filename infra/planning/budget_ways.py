"""Which changes of the stack file make the bill keep to the budget: each planned again."""

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from infra.catalog import Catalog
from infra.plan.cluster import PoolPlan
from infra.plan.models import ModelPlan
from infra.plan.notes import Advice, Violation, Write
from infra.plan.plan import Plan
from infra.plan.rules import Rule
from infra.planning.advice import in_order
from infra.planning.budget import biggest, of
from infra.planning.budget_paused import as_large_as_needed, while_paused
from infra.planning.budget_search import Search
from infra.planning.budget_together import MIN_PART, as_near_as_it_gets, together
from infra.planning.trial import Attempt, holds
from infra.registry import cloud_of
from infra.settings.cluster import GpuPool

NONE_COUNTED = " (nodes that exist cost this, whatever runs on them)"
NONE_EXISTING = " (no single change of pools, replicas, nodes or weights keeps to it, nor do several that were tried)"
NONE = (
    " (no single change of pools, replicas, nodes, instance type, spot, weights, system nodes or NAT keeps to it,"
    " nor do several that were tried)"
)
NAMED = 3  # of the changes proposed, beside spot and the expected bill
MODELS_TRIED = 4  # the most expensive ones: elsewhere, with fewer requests, or smaller
MIN_SHARE = 0.02  # of the bill: a smaller saving is no reason to run other weights
# Which ends of replicas and nodes a bill depends on; a smaller maximum first: what runs at night stays.
ENDS = {"max": ("max",), "expected": ("max", "min"), "min": ("min",)}


@dataclass(frozen=True)
class Means:
    """Changes of one model, by its name: to smaller weights and a smaller cache, the smallest change first; and to what
    serves it for less, the largest saving first."""

    smaller: Mapping[str, Sequence[Write]]
    cheaper: Mapping[str, Sequence[Write]]


def with_ways(
    violation: Violation, held: Sequence[Violation], plan: Plan, means: Means, attempt: Attempt, catalog: Catalog
) -> Violation:
    """The broken budget with changes of the stack file that keep to it, before a budget that is enough; each goes with
    the first advice of every other broken rule. `held`: every violation of the plan, with advice that holds."""
    budget = plan.settings.budget
    if violation.rule != Rule.BUDGET or budget is None:
        return violation
    first = _first_of(each for each in held if each.rule != Rule.BUDGET)
    then = attempt(first) if first else plan
    if then is None or not holds(plan, then):
        return violation
    search = Search(then, budget, attempt, catalog, beside=first)
    if search.over <= 0:
        return _with(violation, [each for each in [search.advice(())] if each is not None] or violation.advice, "")
    alone = all(each.rule == Rule.BUDGET for each in then.violations)
    ways = in_order(_ways(search, means), plan, attempt) if alone else []
    larger = [*(_nearer(search, means) if alone and not ways else ()), search.enough()]
    return _with(violation, [*ways, *larger], _none(then) if alone and not ways else "")


def _nearer(search: Search, means: Means) -> list[Advice]:
    """Where nothing keeps to the budget: a budget that is enough for less than what the stack file asks for."""
    paused = list(as_large_as_needed(search))
    near = None if paused else as_near_as_it_gets(search, [*_parts(search, means), *_minimum_replicas(search)])
    return [*paused, *in_order([near] if near is not None else [], search.plan, search.attempt)]


def _first_of(others: Iterable[Violation]) -> Write:
    """What makes each of the other rules hold: the bill is computed with it."""
    return tuple({path: value for each in others for way in each.advice[:1] for path, value in way.write}.items())


def _none(plan: Plan) -> str:
    """On nodes that exist there is neither an instance type nor spot."""
    if plan.settings.cluster.create is not None or not all(pool.existing for pool in plan.pools.values()):
        return NONE
    priced = [pool for pool in plan.pools.values() if pool.usd_per_node_hour is not None]
    return NONE_COUNTED if all(pool.min == pool.max for pool in priced) else NONE_EXISTING


def _with(violation: Violation, advice: Sequence[Advice], note: str) -> Violation:
    fix = ", or ".join(each.text for each in advice)
    return dataclasses.replace(violation, fix=f"{fix}{note}", advice=tuple(advice))


def _ways(search: Search, means: Means) -> list[Advice]:
    """A pool on which no model runs goes first, and with everything else where that isn't enough."""
    unused = _unused(search.plan)
    if unused:
        alone = search.advice(unused)
        if alone is not None:
            return [alone]
        if search.now - search.total(unused) > MIN_PART * search.over:
            search = dataclasses.replace(search, base=unused)
    paused = list(while_paused(search))
    ways = list(islice(_unlike(search, _changes(search, means)), NAMED))
    ways += search.first(_on_spot(search))
    if not (ways or paused):
        ways += _in_several(search, means)
    expected = search.advice((("budget.of", "expected"),)) if search.budget.of == "max" and not paused else None
    ways = [*paused, *(each for each in ways if each not in paused)]
    return [*ways, *([expected] if expected is not None else [])]


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


def _unused(plan: Plan) -> Write:
    used = {model.pool for model in plan.models.values()}
    return tuple(
        (f"gpuPools.{name}", None)
        for name in plan.settings.gpu_pools
        if name not in used and not plan.pools[name].existing
    )


def _costly(search: Search) -> list[str]:
    """Pools without whose nodes the bill would keep to the budget, the most expensive first."""
    cost, budget = search.plan.cost, search.budget
    beside = sum(of(item, budget) for item in cost.items if item.with_nodes)
    return [item.pool for item in biggest(cost, budget) if item.pool and of(item, budget) + beside > search.over]


def _most_expensive(search: Search) -> list[ModelPlan]:
    pools = [item.pool for item in biggest(search.plan.cost, search.budget) if item.pool]
    return [model for pool in pools for model in search.plan.models.values() if model.pool == pool][:MODELS_TRIED]


def _changes(search: Search, means: Means) -> Iterator[Advice]:
    """A smaller pool, fewer replicas of one model, a cheaper instance type, smaller weights and cache, other nodes, and
    fewer requests at once, each for the most expensive pool or model first."""
    plan = search.plan
    models = {name: [each for each in plan.models.values() if each.pool == name] for name in plan.pools}
    costly = _costly(search)
    for name in costly:
        yield from _fewer_nodes(search, plan.pools[name])
        yield from _fewer_replicas(search, models[name])
    for name in (each for each in costly if models[each]):
        yield from _cheaper_type(search, plan.pools[name])
    yield from filter(None, map(search.advice, _platform(search)))
    expensive = _most_expensive(search)
    yield from _smaller(search, expensive, means.smaller)
    writes = (write for model in expensive for write in means.cheaper.get(model.name, ())[:2])
    yield from search.first(writes, MIN_SHARE * search.now)
    yield from islice(filter(None, (_fewer_requests(search, model) for model in expensive)), 1)


def _fewer_replicas(search: Search, models: Sequence[ModelPlan]) -> Iterator[Advice]:
    """For one model of a pool at a time, first the model that could give up the largest number of GPUs: if that isn't
    enough, the others aren't either."""
    for end in ENDS[search.budget.of]:
        for model in sorted(models, key=lambda model: (-_to_give(model, end), model.name)):
            advice = _replicas(search, model, end, ()) if _to_give(model, end) > 0 else None
            if advice is None:
                break
            yield advice


def _to_give(model: ModelPlan, end: str) -> int:
    """GPUs of the replicas that a model can do without."""
    return model.gpus * (getattr(model.replicas, end) - _minimum(model, end))


def _minimum(model: ModelPlan, end: str) -> int:
    return max(model.replicas.min, 1) if end == "max" else 1


def _replicas(search: Search, model: ModelPlan, end: str, beside: Write) -> Advice | None:
    def change(number: int) -> Write:
        return (*beside, (f"models.{model.name}.replicas.{end}", number))

    number = search.largest(_minimum(model, end), getattr(model.replicas, end) - 1, change)
    return search.advice(change(number)) if number is not None else None


def _fewer_requests(search: Search, model: ModelPlan) -> Advice | None:
    """Fewer requests at once need a smaller cache, and so fewer GPUs, where the planner chooses their number."""
    given = search.plan.settings.models[model.name]
    if given.gpus is not None or model.task != "chat":
        return None

    def change(number: int) -> Write:
        return ((f"models.{model.name}.concurrency", number),)

    number = search.largest(1, (given.concurrency or 1) - 1, change)
    return search.advice(change(number)) if number is not None else None


def _fewer_nodes(search: Search, planned: PoolPlan) -> Iterator[Advice]:
    """Where the stack file gives the pool more nodes than its models and a rollout need, or keeps idle nodes."""
    pool = search.plan.settings.gpu_pools.get(planned.name)
    for end in ENDS[search.budget.of]:
        advice = _nodes(search, planned.name, pool, end) if pool is not None else None
        if advice is not None:
            yield advice


def _nodes(search: Search, name: str, pool: GpuPool, end: str) -> Advice | None:
    def change(number: int) -> Write:
        return ((f"gpuPools.{name}.{end}", number),)

    given = getattr(pool, end)
    number = search.largest(max(pool.min, 1) if end == "max" else 0, given - 1, change) if given else None
    return search.advice(change(number)) if number is not None else None


def _on_spot(search: Search) -> Iterator[Write]:
    """One pool, then all of them."""
    costly, able = _costly(search), _able_on_spot(search)
    yield from (_spot(name) for name in able if name in costly)
    if len(able) > 1:
        yield tuple(part for name in able for part in _spot(name))


def _spot(pool: str) -> Write:
    return ((f"gpuPools.{pool}.capacity", "spot"),)


def _able_on_spot(search: Search) -> list[str]:
    """Pools of nodes that we make on demand and on which a model runs, the most expensive first."""
    pools, used = search.plan.pools, {model.pool for model in search.plan.models.values()}
    names = (item.pool for item in biggest(search.plan.cost, search.budget) if item.pool and item.pool in used)
    return [name for name in names if pools[name].capacity == "on-demand" and not pools[name].existing]


def _platform(search: Search) -> list[Write]:
    """Changes of the cluster itself that cost less."""
    plan = search.plan
    ways = cloud_of(plan.settings).cheaper_platform(plan.settings, plan.cluster, search.catalog)
    return [each.write for each in ways]


def _cheaper_type(search: Search, planned: PoolPlan, beside: Write = ()) -> Iterator[Advice]:
    """The cheapest one that serves the pool's models, and the cheapest that certainly does; a pool that the planner
    makes has it already."""
    if planned.name not in search.plan.settings.gpu_pools or planned.existing:
        return
    cluster, catalog = search.plan.cluster, search.catalog
    for name in _cheaper_types(planned, catalog):
        if set(cluster.zone_ids) <= set(catalog.zones_of(name, cluster.region or "")):
            advice = search.advice((*beside, (f"gpuPools.{planned.name}.instanceTypes", (name,))))
            if advice is not None:
                yield advice
                if search.is_certain(advice):
                    return


def _cheaper_types(planned: PoolPlan, catalog: Catalog) -> list[str]:
    usable = [each for each in catalog.instances.values() if each.left_out is None and each.usd_per_hour]
    price = planned.usd_per_node_hour_min or 0.0
    cheaper = sorted((each.usd_per_hour or 0.0, each.name) for each in usable if (each.usd_per_hour or 0.0) < price)
    return [name for _, name in cheaper]


def _smaller(search: Search, models: Sequence[ModelPlan], smaller: Mapping[str, Sequence[Write]]) -> Iterator[Advice]:
    """Smaller weights and a smaller cache: of one model, then of all; where that alone isn't enough, with a cheaper
    type or fewer replicas. The first that keeps to the budget."""
    ways = {model.name: smaller.get(model.name, ()) for model in models}
    one = [write for model in models for write in ways[model.name]]
    every = tuple(part for model in models for part in _smallest(ways[model.name]))
    smallest = [*((model, _smallest(ways[model.name])) for model in models), *((model, every) for model in models)]
    found = search.first(filter(None, (*one, every)), MIN_SHARE * search.now)
    with_less = (_with_less(search, model, write) for model, write in smallest if write)
    yield from found or islice(filter(None, with_less), 1)


def _smallest(ways: Sequence[Write]) -> Write:
    """The one with the smallest need of memory, among those that keep the repository."""
    own = [write for write in ways if not any(path.endswith(".like") for path, _ in write)]
    return own[-1] if own else ()


def _with_less(search: Search, model: ModelPlan, write: Write) -> Advice | None:
    pool = search.plan.pools.get(model.pool or "")
    cheaper = next(_cheaper_type(search, pool, write), None) if pool else None
    fewer = (_replicas(search, model, end, write) for end in ENDS[search.budget.of])
    return cheaper or next(filter(None, fewer), None)


def _in_several(search: Search, means: Means) -> Iterator[Advice]:
    """Changes of which none is enough alone: fewer replicas of several models, which move nothing; then the largest
    savings."""
    fewer, others = list(_minimum_replicas(search)), list(_parts(search, means))
    found = (together(search, parts) for parts in (fewer, [*others, *fewer]))
    yield from _unlike(search, filter(None, found))


def _minimum_replicas(search: Search) -> Iterator[Write]:
    for model in _most_expensive(search):
        for end in ENDS[search.budget.of]:
            if _to_give(model, end) > 0:
                yield ((f"models.{model.name}.replicas.{end}", _minimum(model, end)),)


def _parts(search: Search, means: Means) -> Iterator[Write]:
    yield from _platform(search)
    yield from map(_spot, _able_on_spot(search))
    for model in _most_expensive(search):
        yield from means.cheaper.get(model.name, ())[:1]
