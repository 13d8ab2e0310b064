"""How far a lower bill is still over its budget, and how far without nodes that nothing needs: a change that needs one
of these doesn't save it."""

from infra.plan.money import rise
from infra.plan.plan import Plan
from infra.plan.words import usd
from infra.plan.writes import pieces
from infra.planning.budget import total
from infra.planning.trial import Attempt, Followed, trimmed


def still_over(plan: Plan, found: Followed, attempt: Attempt) -> list[str]:
    """What is said of a change that lowers a bill over its budget, and leaves it over it."""
    budget, then = plan.settings.budget, found.then
    if budget is None or then.settings.budget != budget:
        return []
    before, after = (total(each.cost, budget) for each in (plan, then))
    if not before >= after > budget.usd_per_month:
        return []
    said = f"still {usd(rise(budget.usd_per_month, after))} over the budget"
    less = trimmed(then, attempt, found.write)
    if less is None:
        return [said]
    left = rise(budget.usd_per_month, total(less.then.cost, budget))
    with_it = f"{' and '.join(pieces(less.write))}: nothing needs more nodes"
    return [f"{said} ({usd(left)} with {with_it})" if left >= 1 else f"{said} (within it with {with_it})"]
