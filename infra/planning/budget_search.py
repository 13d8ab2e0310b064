"""Plans a changed stack file, and says whether that keeps to the budget."""

from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from infra.catalog import Catalog
from infra.plan.notes import Advice, Write
from infra.plan.plan import Plan
from infra.plan.writes import written
from infra.planning.advice import Attempt, completed
from infra.planning.budget import total
from infra.settings.platform import Budget

SPOT = "AWS may take a spot node back with two minutes' notice"


@dataclass(frozen=True)
class Search:
    """Of one plan that is over its budget."""

    plan: Plan  # as it is
    budget: Budget
    attempt: Attempt
    catalog: Catalog
    base: Write = ()  # goes with each change: pools on which no model runs

    @cached_property
    def now(self) -> float:
        return self.total(())

    @property
    def over(self) -> float:
        return self.now - self.budget.usd_per_month

    def total(self, write: Write) -> float:
        """Dollars per month; without end where the stack file would be refused."""
        plan = self._planned(write)
        return total(plan.cost, self.budget) if plan is not None else float("inf")

    def advice(self, write: Write, least: float = 0.0) -> Advice | None:
        """The change, with its bill, where it keeps to the budget, saves so much, and no rule is broken then."""
        plan = self._planned(write)
        if plan is None or plan.violations or not self._cards_allow(plan) or self._unjudged(plan):
            return None
        if self.now - total(plan.cost, self.budget) < least:
            return None
        whole = self._whole(write)
        return Advice(
            whole, f"{written(whole)} ({'; '.join([self._bill(plan), *self._moved(plan), *_spot_said(whole)])})"
        )

    def _planned(self, write: Write) -> Plan | None:
        whole = self._whole(write)
        return self.attempt(whole) if whole else self.plan

    def _whole(self, write: Write) -> Write:
        used = {f"gpuPools.{value}" for path, value in write if path.endswith(".pool")}
        base = (each for each in self.base if each[0] not in {path for path, _ in write} | used)
        return (*completed(self.plan, write), *base)

    def _bill(self, plan: Plan) -> str:
        budget = plan.settings.budget or self.budget
        usd = f"${total(plan.cost, budget):,.0f}"
        if budget.of == self.budget.of:
            return usd
        return f"{usd} is expected; the maximum is ${plan.cost.usd_per_month_max:,.0f}"

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


def _spot_said(write: Write) -> list[str]:
    return [SPOT] if any(path.endswith(".capacity") and value == "spot" for path, value in write) else []
