"""What makes a rule hold for more money than the budget, beside a way to the budget instead of a larger one."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from infra.catalog import Catalog
from infra.plan.notes import Violation, Write
from infra.plan.plan import Plan
from infra.plan.rules import Rule
from infra.planning.advice import in_order
from infra.planning.budget import PATH
from infra.planning.budget_search import Search
from infra.planning.budget_together import KEEP, Together
from infra.planning.cheaper import Market
from infra.planning.trial import Attempt


def with_budget_kept(
    violation: Violation, plan: Plan, market_at: Callable[[Write], Market | None], attempt: Attempt, catalog: Catalog
) -> Violation:
    """Before the first advice that needs a larger budget, the same advice with changes that take nothing from anybody,
    and with which the bill keeps to the budget that there is."""
    larger = [PATH in dict(each.write) for each in violation.advice]
    if violation.rule == Rule.BUDGET or not any(larger):
        return violation
    first = larger.index(True)
    beside = tuple(each for each in violation.advice[first].write if each[0] != PATH)
    search = _search(beside, market_at, attempt, catalog)
    way = Together(search).way(KEEP) if search is not None else None
    named = [_runs_on(attempt(each.write)) for each in violation.advice[:first]]
    if way is None or _runs_on(attempt(way.write)) in named:
        return violation
    kept = in_order([way], plan, attempt, dollars=True)
    advice = (*violation.advice[:first], *kept, *violation.advice[first:])
    return replace(violation, fix=", or ".join(each.text for each in advice), advice=advice)


def _search(
    beside: Write, market_at: Callable[[Write], Market | None], attempt: Attempt, catalog: Catalog
) -> Search | None:
    then = attempt(beside)
    if then is None or then.settings.budget is None:
        return None
    return Search(then, then.settings.budget, attempt, market_at, catalog, beside=beside)


def _runs_on(plan: Plan | None) -> list[tuple[Any, ...]]:
    models = plan.models.values() if plan is not None else ()
    return [(each.name, each.engine, each.instance_type, each.gpus, each.replicas) for each in models]
