"""The month's budget, against what nodes that are there cost."""

from collections.abc import Iterator

from infra.plan.plan import Plan
from infra.plan.words import usd
from infra.services.monitoring.alerts.alert import Alert, LeftOut
from infra.services.monitoring.alerts.kinds import Kind
from infra.services.monitoring.dollars import of_pools, per_hour
from infra.services.monitoring.sources import KUBE_STATE_METRICS, lacks, sources_of

_NEARLY = 0.8
_PACE_MINUTES = 360
_SPENT_MINUTES = 60
_MONTH = 'count_values("month", month())'  # one element, whose label is the month's number
_HOURS_LEFT = "scalar((days_in_month() - day_of_month() + 1) * 24 - hour())"


def budget(plan: Plan) -> Iterator[Alert | LeftOut]:
    why = _unknown(plan)
    amount = plan.settings.budget.usd_per_month if plan.settings.budget is not None else 0
    if why:
        yield from (LeftOut(kind, why) for kind in (Kind.BUDGET_NEARLY_SPENT, Kind.BUDGET_PACE))
        return
    spent, pace = _this_month(plan), _at_the_end(plan)
    look = f"`llm-platform usage {plan.stack} --since 1d` says which nodes and which clients cost it."
    yield Alert(
        Kind.BUDGET_NEARLY_SPENT,
        f"{spent} > {_NEARLY * amount:.2f} and {pace} > {amount:.2f}",
        _SPENT_MINUTES,
        f"${{{{ $value | humanize }}}} of the month's {usd(amount)} are spent, and at this pace that isn't enough",
        look,
    )
    yield Alert(
        Kind.BUDGET_PACE,
        f"{pace} > {amount:.2f}",
        _PACE_MINUTES,
        f"at the last day's pace this month costs ${{{{ $value | humanize }}}}; the budget is {usd(amount)}",
        look,
    )


def _unknown(plan: Plan) -> str:
    """Why nobody knows what is spent; blank: it is known."""
    if plan.settings.budget is None:
        return "the stack file has no budget"
    if not any(of_pools(plan)):
        return "no node has a price"
    return lacks(KUBE_STATE_METRICS) if KUBE_STATE_METRICS not in sources_of(plan) else ""


def _this_month(plan: Plan) -> str:
    """The hours of the last 31 days that are in the same month as now."""
    hours = f"({_MONTH} * on () group_left () {per_hour(plan)})[31d:1h]"
    return f"sum(sum_over_time({hours}) and on (month) {_MONTH})"


def _at_the_end(plan: Plan) -> str:
    return f"({_this_month(plan)} + {_HOURS_LEFT} * avg_over_time({per_hour(plan)}[1d:1h]))"
