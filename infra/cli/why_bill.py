"""The rows of the bill in which something is, and of what a row is."""

import re
from collections.abc import Iterator
from dataclasses import replace

from infra.cli.why_monitoring import PARTS, rows_of
from infra.cli.why_paths import kebab, thing, within
from infra.plan.alike import parts
from infra.plan.money import CostItem, rise
from infra.plan.plan import Plan
from infra.plan.words import BILLS, usd
from infra.planning.budget import NAMED, biggest, of, total
from infra.settings.platform import Budget

BUDGET = "budget"
_NO_BUDGET = Budget.model_validate(
    {"usdPerMonth": 1}
)  # the bill that a budget is compared with where nothing else is said


def of_budget(plan: Plan, path: str) -> Iterator[str]:
    """How far the bill is from the budget, and which rows make the largest part of it."""
    if thing(path) != BUDGET:
        return
    if not plan.cost.items:
        yield "nothing is billed: no cloud resource is made, and nodes without a price aren't counted"
        return
    budget = plan.settings.budget
    compared = budget or _NO_BUDGET
    bill = total(plan.cost, compared)
    is_ = f"the {BILLS[compared.of]} bill is {usd(bill)} per month"
    if budget is None:
        yield f"{is_}, and no budget limits it"
    else:
        left = rise(bill, budget.usd_per_month)
        far = f"{usd(abs(left))} {'below' if left >= 0 else 'over'}"
        yield f"{is_}, {far} the budget of {usd(budget.usd_per_month)} per month"
    shown = biggest(replace(plan.cost, items=plan.cost.in_dollars), compared)[:NAMED]
    parts_of_it = ", ".join(
        f"{each.name} {usd(of(each, compared))} ({of(each, compared) / bill:.0%})" for each in shown
    )
    yield f"of that: {parts_of_it}"


def paths_of_row(plan: Plan, row: str) -> list[str]:
    """Of the thing that is paid in it; none: there is no such row."""
    if row not in {each.name for each in plan.cost.items}:
        return []
    return [next((path for path in _things(plan) if row in {each.name for each in items(plan, path)}), "cluster")]


def _things(plan: Plan) -> Iterator[str]:
    yield from (f"gpuPools.{name}" for name in plan.pools)
    yield from PARTS
    yield from (f"addons.{name}" for name in plan.addons)
    yield from ("cache", "gateway")


def items(plan: Plan, path: str) -> list[CostItem]:
    """The rows of the nodes of a pool, a model's too; all others of the cluster; all of a budget, the biggest first;
    else those that name it."""
    section, name, _ = parts(path)
    if section in ("models", "gpuPools"):
        pools = (
            {each.pool for each in plan.models.values() if within(path, each.path) or path == section}
            if section == "models"
            else {name or each for each in plan.pools}
        )
        return [each for each in plan.cost.items if each.pool is not None and each.pool in pools]
    if section == BUDGET:
        return biggest(plan.cost, plan.settings.budget or _NO_BUDGET)
    if section == "cluster":
        return [each for each in plan.cost.items if each.pool is None and not _of_others(plan, each)]
    if (rows := rows_of(path)) is not None:
        return [each for each in plan.cost.items if each.name in rows]
    last = kebab(thing(path).rpartition(".")[2]) if path else ""
    words = {last, plan.cache.kind, "weights"} if section == "cache" else {last}
    return [each for each in plan.cost.items if any(word and _names(each, word) for word in words)]


def _names(item: CostItem, word: str) -> bool:
    """In its name, or at the beginning of what it is: `system nodes` only says whose shares are elsewhere."""
    in_name = re.search(rf"\b{re.escape(word)}\b", item.name, re.IGNORECASE) is not None
    return in_name or (item.pool is None and item.what.lower().startswith(f"the {word}"))


def _of_others(plan: Plan, item: CostItem) -> bool:
    words = ("gateway", plan.cache.kind, *map(kebab, plan.addons))
    return item.name in (rows_of("monitoring") or ()) or any(_names(item, word) for word in words)
