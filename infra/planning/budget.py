"""Whether the bill keeps to the budget."""

from collections.abc import Iterator
from dataclasses import replace

from infra.plan.money import Cost, CostItem, rise
from infra.plan.notes import Advice, Finding, Violation
from infra.plan.plan import Plan
from infra.plan.rules import Rule
from infra.plan.words import BILLS, usd
from infra.settings.platform import Budget, Settings

PATH = "budget.usdPerMonth"
NAMED = 3  # of the biggest items


def check_budget(settings: Settings, cost: Cost) -> Iterator[Finding]:
    budget = settings.budget
    if budget is None:
        return
    bill_is = total(cost, budget)
    if bill_is <= budget.usd_per_month:
        return
    over = rise(budget.usd_per_month, bill_is)
    bill = f"the {BILLS[budget.of]} bill, ${bill_is:,.0f} per month{f' ({cost.whose})' if cost.whose else ''},"
    shown = biggest(replace(cost, items=cost.in_dollars), budget)[:NAMED]
    items = ", ".join(f"{item.name} {of(item, budget):,.0f}" for item in shown)
    larger = Advice(((PATH, enough(bill_is)),), f"{PATH}: {enough(bill_is)}")
    yield Violation(
        Rule.BUDGET,
        PATH,
        f"{bill} is {usd(over) if over else 'less than $1'} over {budget.usd_per_month:,.0f}; the biggest: {items}",
        larger.text,
        (larger,),
    )


def further_over(plan: Plan, then: Plan | None) -> list[str]:
    """What is said of a change that breaks the budget, or a broken one further, and leaves it as it is."""
    before, after = _totals(plan, then)
    return _bill_then(plan, after) if rise(before, after) >= 1 and _is_over(plan, after) else []


def over_on_other_nodes(plan: Plan, then: Plan | None) -> list[str]:
    """What is said of a change that gives a model other nodes, or a pool more, while the budget is broken, be it for
    less: between two such changes nobody can choose without their bills."""
    before, after = _totals(plan, then)
    if then is not None and _is_over(plan, before) and after and _has_other_nodes(plan, then):
        return _bill_then(plan, after)
    return further_over(plan, then)


def _has_other_nodes(plan: Plan, then: Plan) -> bool:
    moved = any(each.instance_type != plan.models[name].instance_type for name, each in then.models.items())
    return moved or any(pool.max > plan.pools[name].max for name, pool in then.pools.items() if name in plan.pools)


def _totals(plan: Plan, then: Plan | None) -> tuple[float, float]:
    """The bill that the budget compares, before and after; nothing where the budget isn't the same."""
    budget = plan.settings.budget
    if budget is None or then is None or then.settings.budget != budget:
        return 0.0, 0.0
    return total(plan.cost, budget), total(then.cost, budget)


def _is_over(plan: Plan, bill: float) -> bool:
    return plan.settings.budget is not None and bill > plan.settings.budget.usd_per_month


def _bill_then(plan: Plan, bill: float) -> list[str]:
    assert plan.settings.budget is not None
    limit = plan.settings.budget.usd_per_month
    if not _is_over(plan, bill):
        return [f"the bill is then {usd(bill)}, within {limit:,.0f}"]
    return [f"the bill is then {usd(bill)}, {usd(rise(limit, bill))} over {limit:,.0f}"]


def enough(bill: float) -> int:
    """A budget that such a bill keeps to."""
    return round(-(-bill // 100) * 100)


def biggest(cost: Cost, budget: Budget) -> list[CostItem]:
    return sorted(cost.items, key=lambda item: (-of(item, budget), item.name))


def total(cost: Cost, budget: Budget) -> float:
    return cost.bill(budget.of)


def of(item: CostItem, budget: Budget) -> float:
    return {"max": item.max, "expected": item.expected, "min": item.min}[budget.of]
