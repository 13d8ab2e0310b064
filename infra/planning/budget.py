"""Whether the bill keeps to the budget; if not, which single change to the stack file mends that: each planned anew."""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from infra.catalog import Catalog
from infra.planning.cost import GPU_NODES, NODE_DISKS
from infra.planning.findings import Findings
from infra.planning.plan import ClusterPlan, Cost, CostItem, ModelPlan, Plan, PoolPlan
from infra.settings import Settings
from infra.settings.platform import Budget

NAMED = 3  # of the biggest items, and of the changes proposed

Replan = Callable[[Settings], Plan]


def check_budget(settings: Settings, cost: Cost, findings: Findings, replan: Replan, catalog: Catalog) -> None:
    budget = settings.budget
    if budget is None:
        return
    total = _total(cost, budget)
    over = total - budget.usd_per_month
    if over <= 0:
        return
    biggest = _biggest(cost, budget)[:NAMED]
    bill = f"${total:,.0f} a month at {budget.of}{f' ({cost.whose})' if cost.whose else ''}"
    items = ", ".join(f"{item.name} {_of(item, budget):,.0f}" for item in biggest)
    mends = list(islice(_mends(settings, cost, budget, replan, catalog), NAMED))
    enough = f"budget.usdPerMonth: {-(-total // 100) * 100:.0f}"
    none = "" if mends else " (no one change of replicas, nodes or instance type keeps to it)"
    findings.refuse(
        "Budget",
        "budget.usdPerMonth",
        f"{bill} is ${over:,.0f} over {budget.usd_per_month:,.0f}; the biggest: {items}",
        ", or ".join([*mends, enough]) + none,
    )


@dataclass(frozen=True)
class _Mender:
    """Plans a changed stack file, and says whether that mends the bill."""

    settings: Settings  # without the budget: planning anew must not look for mends again
    budget: Budget
    replan: Replan
    broken: frozenset[tuple[str, str]]  # rules and paths that are broken anyway

    def total(self, **changes: Mapping[str, Any]) -> float:
        return _total(self.replan(self._with(changes)).cost, self.budget)

    def mended(self, **changes: Mapping[str, Any]) -> float | None:
        """The bill where it keeps to the budget and breaks no rule that held."""
        plan = self.replan(self._with(changes))
        total = _total(plan.cost, self.budget)
        breaks = any((each.rule, each.path) not in self.broken for each in plan.violations)
        return None if breaks or total > self.budget.usd_per_month else total

    def largest(self, least: int, most: int, change: Callable[[int], Mapping[str, Mapping[str, Any]]]) -> int | None:
        """The largest number that keeps to the budget: a smaller one never costs more."""
        if most < least or self.total(**change(least)) > self.budget.usd_per_month:
            return None
        fitting = bisect_right(
            range(least, most + 1),
            self.budget.usd_per_month,
            key=lambda number: self.total(**change(number)),
        )
        return least + fitting - 1

    def _with(self, changes: Mapping[str, Mapping[str, Any]]) -> Settings:
        return self.settings.model_copy(
            update={section: {**getattr(self.settings, section), **new} for section, new in changes.items()}
        )


def _mends(settings: Settings, cost: Cost, budget: Budget, replan: Replan, catalog: Catalog) -> Iterator[str]:
    """Fewer replicas of one model, a smaller pool, or a cheaper instance type: of what costs most first."""
    unlimited = settings.model_copy(update={"budget": None})
    plan = replan(unlimited)
    mender = _Mender(unlimited, budget, replan, frozenset((each.rule, each.path) for each in plan.violations))
    over = _total(cost, budget) - budget.usd_per_month
    disks = sum(_of(item, budget) for item in cost.items if item.name == NODE_DISKS)
    costly = [
        item.name.removeprefix(GPU_NODES)
        for item in _biggest(cost, budget)
        if item.name.startswith(GPU_NODES) and _of(item, budget) + disks > over
    ]
    for name in costly:
        yield from _fewer_replicas(mender, [model for model in plan.models.values() if model.pool == name])
        yield from _fewer_nodes(mender, plan.pools[name])
    used = {model.pool for model in plan.models.values()}
    for name in (each for each in costly if each in used):
        yield from _cheaper_type(mender, plan.pools[name], plan.cluster, catalog)


def _fewer_replicas(mender: _Mender, models: list[ModelPlan]) -> Iterator[str]:
    """Of one model of a pool, those first that could give up most GPUs: where that isn't enough, nor are the others."""
    end = "max" if mender.budget.of == "most" else "min"

    def to_give(model: ModelPlan) -> int:
        return model.gpus * (getattr(model.replicas, end) - _least(model, end))

    for model in sorted(models, key=lambda model: (-to_give(model), model.name)):
        mend = _replicas(mender, model, end) if to_give(model) > 0 else None
        if mend is None:
            return
        yield mend


def _least(model: ModelPlan, end: str) -> int:
    return max(model.replicas.min, 1) if end == "max" else 1


def _replicas(mender: _Mender, planned: ModelPlan, end: str) -> str | None:
    model = mender.settings.models[planned.name]

    def change(number: int) -> Mapping[str, Mapping[str, Any]]:
        replicas = model.replicas.model_copy(update={end: number})
        return {"models": {planned.name: model.model_copy(update={"replicas": replicas})}}

    number = mender.largest(_least(planned, end), getattr(planned.replicas, end) - 1, change)
    if number is None or (total := mender.mended(**change(number))) is None:
        return None
    return f"models.{planned.name}.replicas.{end}: {number} (${total:,.0f})"


def _fewer_nodes(mender: _Mender, planned: PoolPlan) -> Iterator[str]:
    """Where the stack file gives the pool more than its models and a rollout need, or keeps idle nodes."""
    pool = mender.settings.gpu_pools.get(planned.name)
    end = "max" if mender.budget.of == "most" else "min"
    given = getattr(pool, end) if pool is not None else None
    if pool is None or not given:
        return

    def change(number: int) -> Mapping[str, Mapping[str, Any]]:
        return {"gpu_pools": {planned.name: pool.model_copy(update={end: number})}}

    least = max(pool.min, 1) if end == "max" else 0
    number = mender.largest(least, given - 1, change)
    if number is not None and (total := mender.mended(**change(number))) is not None:
        yield f"gpuPools.{planned.name}.{end}: {number} (${total:,.0f})"


def _cheaper_type(mender: _Mender, planned: PoolPlan, cluster: ClusterPlan, catalog: Catalog) -> Iterator[str]:
    """The cheapest one that serves the pool's models; a pool that the planner makes has it already."""
    pool = mender.settings.gpu_pools.get(planned.name)
    if pool is None or planned.existing:
        return
    price = planned.usd_per_node_hour_least or 0.0
    cheaper = sorted(
        (each.usd_per_hour, each.name)
        for each in catalog.instances.values()
        if each.left_out is None and each.usd_per_hour is not None and each.usd_per_hour < price
    )
    for _, name in cheaper:
        if not set(cluster.zone_ids) <= set(catalog.zones_of(name, cluster.region or "")):
            continue
        changed = pool.model_copy(update={"instance_types": (name,)})
        total = mender.mended(gpu_pools={planned.name: changed})
        if total is not None:
            yield f"gpuPools.{planned.name}.instanceTypes: [{name}] (${total:,.0f})"
            return


def _biggest(cost: Cost, budget: Budget) -> list[CostItem]:
    return sorted(cost.items, key=lambda item: (-_of(item, budget), item.name))


def _total(cost: Cost, budget: Budget) -> float:
    return cost.usd_per_month_max if budget.of == "most" else cost.usd_per_month_min


def _of(item: CostItem, budget: Budget) -> float:
    return item.max if budget.of == "most" else item.min
