"""Whether the bill keeps to the budget; if not, which changes to the stack file make it: each planned again."""

import dataclasses
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from infra.catalog import Catalog
from infra.plan.cluster import PoolPlan
from infra.plan.models import ModelPlan
from infra.plan.money import Cost, CostItem
from infra.plan.notes import Advice, Finding, Violation, Write
from infra.plan.plan import Plan
from infra.plan.rules import Rule
from infra.plan.words import BILLS
from infra.planning.advice import Attempt, written
from infra.planning.paused import cheapest_system_nodes
from infra.settings import Settings
from infra.settings.cluster import GpuPool
from infra.settings.platform import Budget

PATH = "budget.usdPerMonth"
NONE = " (no one change of replicas, nodes, instance type, weights, system nodes or NAT keeps to it)"
NAMED = 3  # of the biggest items, and of the changes proposed
SMALLER_MODELS = 4  # whose weights and cache are tried smaller, dearest first
# Which ends of replicas and nodes a bill depends on; a smaller maximum first: what runs at night stays.
ENDS = {"max": ("max",), "expected": ("max", "min"), "min": ("min",)}


def check_budget(settings: Settings, cost: Cost) -> Iterator[Finding]:
    budget = settings.budget
    if budget is None:
        return
    total = _total(cost, budget)
    over = total - budget.usd_per_month
    if over <= 0:
        return
    bill = f"the {BILLS[budget.of]} bill, ${total:,.0f} per month{f' ({cost.whose})' if cost.whose else ''},"
    items = ", ".join(f"{item.name} {_of(item, budget):,.0f}" for item in _biggest(cost, budget)[:NAMED])
    enough = f"{PATH}: {_enough(total)}"
    yield Violation(
        Rule.BUDGET,
        PATH,
        f"{bill} is ${over:,.0f} over {budget.usd_per_month:,.0f}; the biggest: {items}",
        enough,
        (Advice(((PATH, _enough(total)),), enough),),
    )


def with_ways(
    violation: Violation, plan: Plan, smaller: Mapping[str, Sequence[Write]], attempt: Attempt, catalog: Catalog
) -> Violation:
    """The broken budget with changes of the stack file that keep to it, before a budget that is enough.

    `smaller`: the ways to smaller weights and a smaller cache, by model, what changes least first.
    """
    budget = plan.settings.budget
    if violation.rule != Rule.BUDGET or budget is None or any(each.rule != Rule.BUDGET for each in plan.violations):
        return violation  # where another rule is broken, mending that comes first: the bill is then another
    ways = list(islice(_ways(_Search(plan, budget, smaller, attempt, catalog)), NAMED))
    if not ways:
        return dataclasses.replace(violation, fix=f"{violation.fix}{NONE}")
    advice = (*ways, *violation.advice)
    return dataclasses.replace(violation, fix=", or ".join(each.text for each in advice), advice=advice)


@dataclass(frozen=True)
class _Search:
    """Plans a changed stack file, and says whether that keeps to the budget."""

    plan: Plan  # as it is
    budget: Budget
    smaller: Mapping[str, Sequence[Write]]
    attempt: Attempt
    catalog: Catalog

    def total(self, write: Write) -> float:
        """Dollars per month; without end where the stack file would be refused."""
        plan = self.attempt(write)
        return _total(plan.cost, self.budget) if plan is not None else float("inf")

    def advice(self, write: Write) -> Advice | None:
        """The change, with its bill, where it keeps to the budget and no rule is broken then."""
        plan = self.attempt(write)
        if plan is None or plan.violations or not self._cards_allow(plan) or self._unjudged(plan):
            return None
        then = [f"${_total(plan.cost, self.budget):,.0f}", *self._moved(plan)]
        return Advice(write, f"{written(write)} ({'; '.join(then)})")

    def _moved(self, plan: Plan) -> Iterator[str]:
        """Models that run on other nodes then, with what a replica costs."""
        for name, model in plan.models.items():
            if model.instance_type != self.plan.models[name].instance_type and model.usd_per_hour is not None:
                gpus = f"{model.gpus} x {plan.pools[model.pool or ''].gpu}"
                yield f"{name} on {gpus} for ${model.usd_per_hour:.2f} an hour"

    def _unjudged(self, plan: Plan) -> bool:
        """Whether a model runs elsewhere then, and nobody knows whether it fits there."""
        before = self.plan.models
        moved = (each for each in plan.models.values() if each.instance_type != before[each.name].instance_type)
        return any(each.fit is not None and each.fit.judged is None for each in moved)

    def _cards_allow(self, plan: Plan) -> bool:
        """A cache in 8 bit is for cards that compute in it."""
        before = self.plan.models
        new = [each for each in plan.models.values() if each.kv_cache_dtype != before[each.name].kv_cache_dtype]
        return all(self.catalog.gpus[plan.pools[each.pool].gpu].fp8 for each in new if each.pool)

    def largest(self, least: int, most: int, change: Callable[[int], Write]) -> int | None:
        """The largest number that keeps to the budget: a smaller one never costs more."""
        usd = self.budget.usd_per_month
        if most < least or self.total(change(least)) > usd:
            return None
        fitting = bisect_right(range(least, most + 1), usd, key=lambda number: self.total(change(number)))
        return least + fitting - 1


def _ways(search: _Search) -> Iterator[Advice]:
    """Fewer replicas of one model, a smaller pool, a cheaper instance type, smaller weights and cache: of what costs
    most first."""
    plan, budget = search.plan, search.budget
    over = _total(plan.cost, budget) - budget.usd_per_month
    beside = sum(_of(item, budget) for item in plan.cost.items if item.with_nodes)
    nodes = [(item.pool, item) for item in _biggest(plan.cost, budget) if item.pool is not None]
    costly = [pool for pool, item in nodes if _of(item, budget) + beside > over]
    models = {name: [each for each in plan.models.values() if each.pool == name] for name in plan.pools}
    for name in costly:
        yield from _fewer_replicas(search, models[name])
        yield from _fewer_nodes(search, plan.pools[name])
    for name in (each for each in costly if models[each]):
        yield from _cheaper_type(search, plan.pools[name])
    yield from _platform(search)
    dearest = [model for pool, _ in nodes for model in models[pool]]
    yield from _smaller(search, dearest[:SMALLER_MODELS])


def _fewer_replicas(search: _Search, models: Sequence[ModelPlan]) -> Iterator[Advice]:
    """Of one model of a pool, those first that could give up most GPUs: where that isn't enough, nor are the others."""
    for end in ENDS[search.budget.of]:
        for model in sorted(models, key=lambda model: (-_to_give(model, end), model.name)):
            advice = _replicas(search, model, end, ()) if _to_give(model, end) > 0 else None
            if advice is None:
                break
            yield advice


def _to_give(model: ModelPlan, end: str) -> int:
    """GPUs of the replicas that a model can do without."""
    return model.gpus * (getattr(model.replicas, end) - _least(model, end))


def _least(model: ModelPlan, end: str) -> int:
    return max(model.replicas.min, 1) if end == "max" else 1


def _replicas(search: _Search, model: ModelPlan, end: str, beside: Write) -> Advice | None:
    def change(number: int) -> Write:
        return (*beside, (f"models.{model.name}.replicas.{end}", number))

    number = search.largest(_least(model, end), getattr(model.replicas, end) - 1, change)
    return search.advice(change(number)) if number is not None else None


def _fewer_nodes(search: _Search, planned: PoolPlan) -> Iterator[Advice]:
    """Where the stack file gives the pool more than its models and a rollout need, or keeps idle nodes."""
    pool = search.plan.settings.gpu_pools.get(planned.name)
    for end in ENDS[search.budget.of]:
        advice = _nodes(search, planned.name, pool, end) if pool is not None else None
        if advice is not None:
            yield advice


def _nodes(search: _Search, name: str, pool: GpuPool, end: str) -> Advice | None:
    def change(number: int) -> Write:
        return ((f"gpuPools.{name}.{end}", number),)

    given = getattr(pool, end)
    number = search.largest(max(pool.min, 1) if end == "max" else 0, given - 1, change) if given else None
    return search.advice(change(number)) if number is not None else None


def _cheaper_type(search: _Search, planned: PoolPlan, beside: Write = ()) -> Iterator[Advice]:
    """The cheapest one that serves the pool's models; a pool that the planner makes has it already."""
    if planned.name not in search.plan.settings.gpu_pools or planned.existing:
        return
    cluster, catalog = search.plan.cluster, search.catalog
    for name in _cheaper_types(planned, catalog):
        if set(cluster.zone_ids) <= set(catalog.zones_of(name, cluster.region or "")):
            advice = search.advice((*beside, (f"gpuPools.{planned.name}.instanceTypes", (name,))))
            if advice is not None:
                yield advice
                return


def _cheaper_types(planned: PoolPlan, catalog: Catalog) -> list[str]:
    usable = [each for each in catalog.instances.values() if each.left_out is None and each.usd_per_hour]
    price = planned.usd_per_node_hour_least or 0.0
    cheaper = sorted((each.usd_per_hour or 0.0, each.name) for each in usable if (each.usd_per_hour or 0.0) < price)
    return [name for _, name in cheaper]


def _platform(search: _Search) -> Iterator[Advice]:
    """Cheaper system nodes that are no smaller, and one NAT gateway instead of one per zone."""
    settings = search.plan.settings
    best = cheapest_system_nodes(settings, search.catalog)
    create = settings.cluster.create
    writes: list[Write] = []
    if create is not None and best is not None and best.name != create.system_nodes.instance_type:
        writes.append((("cluster.create.systemNodes.instanceType", best.name),))
    if search.plan.cluster.nat_per_zone:
        writes.append((("cluster.create.network.nat", "one"),))
    yield from filter(None, map(search.advice, writes))


def _smaller(search: _Search, models: Sequence[ModelPlan]) -> Iterator[Advice]:
    """Smaller weights and a smaller cache: of one model, then of all; where that alone isn't enough, with a cheaper
    type or fewer replicas. The first that keeps to the budget."""
    ways = {model.name: search.smaller.get(model.name, ()) for model in models}
    one = [write for model in models for write in ways[model.name]]
    every = tuple(part for model in models for part in _most(ways[model.name]))
    most = [*((model, _most(ways[model.name])) for model in models), *((model, every) for model in models)]
    found = next(filter(None, (search.advice(write) for write in (*one, every) if write)), None)
    if found is None:
        found = next(filter(None, (_with_less(search, model, write) for model, write in most if write)), None)
    if found is not None:
        yield found


def _most(ways: Sequence[Write]) -> Write:
    """The one that needs least memory and no other repository."""
    own = [write for write in ways if not any(path.endswith(".like") for path, _ in write)]
    return own[-1] if own else ()


def _with_less(search: _Search, model: ModelPlan, write: Write) -> Advice | None:
    pool = search.plan.pools.get(model.pool or "")
    cheaper = next(_cheaper_type(search, pool, write), None) if pool else None
    fewer = (_replicas(search, model, end, write) for end in ENDS[search.budget.of])
    return cheaper or next(filter(None, fewer), None)


def headroom(settings: Settings, cost: Cost) -> float:
    """Dollars per month that the bill may grow by; without end where there is no budget, or it is broken already."""
    budget = settings.budget
    left = budget.usd_per_month - _total(cost, budget) if budget is not None else -1.0
    return left if left >= 0 else float("inf")


def _enough(total: float) -> int:
    return round(-(-total // 100) * 100)


def _biggest(cost: Cost, budget: Budget) -> list[CostItem]:
    return sorted(cost.items, key=lambda item: (-_of(item, budget), item.name))


def _total(cost: Cost, budget: Budget) -> float:
    return sum(_of(item, budget) for item in cost.items)


def _of(item: CostItem, budget: Budget) -> float:
    return {"max": item.max, "expected": item.expected, "min": item.min}[budget.of]
