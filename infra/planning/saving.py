"""The saving of a change of the stack file, calculated in the same way wherever it is shown."""

from typing import Literal

from infra.plan.plan import Plan


def saved_dollars(plan: Plan, then: Plan) -> tuple[int, Literal["min", "expected"]]:
    """As both bills are shown."""
    usd, of = saved(plan, then)
    return plan.cost.falls(usd, of), of


def saved(plan: Plan, then: Plan) -> tuple[float, Literal["min", "expected"]]:
    """The saving in dollars per month, and the bill that it refers to. If there are spot nodes before or after the
    change, it is the expected bill: the minimum uses the price of the cheapest zone at one moment, so it would show
    the largest possible saving."""
    if any(pool.capacity == "spot" for each in (plan, then) for pool in each.pools.values()):
        return plan.cost.usd_per_month_expected - then.cost.usd_per_month_expected, "expected"
    return plan.cost.usd_per_month_min - then.cost.usd_per_month_min, "min"
