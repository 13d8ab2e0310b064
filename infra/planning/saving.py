"""What a change of the stack file saves: one rule for every place that says it."""

from typing import Literal

from infra.plan.plan import Plan


def saved(plan: Plan, then: Plan) -> tuple[float, Literal["min", "expected"]]:
    """Dollars per month less, and of which bill. With nodes on spot before or after it is the expected one: the minimum
    has the price of the cheapest zone at one moment, which would be the largest saving that there could be."""
    if any(pool.capacity == "spot" for each in (plan, then) for pool in each.pools.values()):
        return plan.cost.usd_per_month_expected - then.cost.usd_per_month_expected, "expected"
    return plan.cost.usd_per_month_min - then.cost.usd_per_month_min, "min"
