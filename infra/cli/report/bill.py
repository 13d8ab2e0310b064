"""The bill; of a stack that costs the same at any load, in one figure per row."""

from infra.cli.document import Column, Row, Section
from infra.plan.money import HOURS_PER_MONTH, Cheaper, Cost, CostItem
from infra.plan.plan import Plan
from infra.plan.words import number, saves
from infra.sizing.estimates import span


def bill_section(plan: Plan) -> Section:
    cost = plan.cost
    if not cost.items:
        return Section("BILL", (), ())
    items = cost.in_dollars
    nodes = [item for item in items if item.pool is not None]
    rest = [item for item in items if item.pool is None]
    rows = [_row(item.name, item.what, item.min, item.expected, item.max) for item in nodes]
    if rest:
        others = (sum(item.min for item in rest), sum(item.expected for item in rest), sum(item.max for item in rest))
        rows.append(_row("the rest", "", *others))
    sums = (cost.usd_per_month_min, cost.usd_per_month_expected, cost.usd_per_month_max)
    rows.append(_row("sum", "", *sums))
    rows.append(("per hour", *(f"{each / HOURS_PER_MONTH:,.2f}" for each in sums), ""))
    parts = f"\nthe rest{_others_whose(cost)}: {', '.join(_part(item) for item in rest)}" if rest else ""
    paused = "".join(f"\nless while paused: {_way(plan, way)}" for way in plan.while_paused)
    last = f"{parts}{paused}\n{cost.price_note}; not in it: {cost.left_out}"
    if all(len(set(amounts)) == 1 for _, *amounts, _ in rows):
        once = tuple((name, amount, what) for name, amount, *_, what in rows)
        return Section("BILL", (Column("$ per month", right=True), Column("nodes")), once, last.lstrip())
    columns = (
        Column("minimum, $ per month", right=True),
        Column("expected", right=True),
        Column("maximum", right=True),
        Column("nodes"),  # last, so that a narrow terminal has it below: the figures are read together
    )
    rollouts = f"\nmaximum: in rollouts, {cost.rollouts} per month" if cost.rollouts else ""
    expected = "expected: replicas a third of the way from their minimum to their maximum"
    return Section("BILL", columns, tuple(rows), f"{expected}{rollouts}{last}")


def _others_whose(cost: Cost) -> str:
    return f" ({cost.others_whose}, but for nodes)" if cost.others_whose else ""


def _row(name: str, what: str, *amounts: float) -> Row:
    return name, *(number(each) for each in amounts), what


def _way(plan: Plan, way: Cheaper) -> str:
    return f"`{way.setting}` {saves(plan.cost.falls(way.usd_per_month, way.of), way.of)}: {way.effect}"


def _part(item: CostItem) -> str:
    what = f" ({item.what})" if item.what else ""
    return f"{item.name}{what} {span(number(item.min), number(item.max))}"
