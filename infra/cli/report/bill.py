"""The bill."""

from infra.cli.report.section import Column, Section
from infra.cli.report.words import number, span
from infra.planning.plan import Plan

_GPU_NODES = "GPU nodes "


def bill_section(plan: Plan) -> Section:
    cost = plan.cost
    if not cost.items:
        return Section("BILL", (), ())
    nodes = [item for item in cost.items if item.name.startswith(_GPU_NODES)]
    rest = [item for item in cost.items if item not in nodes]
    rows = [(item.name, number(item.min), number(item.max)) for item in nodes]
    rows.append(("the rest", number(sum(item.min for item in rest)), number(sum(item.max for item in rest))))
    rows.append(("sum", number(cost.usd_per_month_min), number(cost.usd_per_month_max)))
    columns = (Column("least, $ a month", right=True), Column("most", right=True))
    parts = ", ".join(f"{item.name} {span(item.min, item.max)}" for item in rest)
    note = f"the rest: {parts}\n{cost.price_note}; not in it: {cost.left_out}"
    return Section("BILL", columns, tuple(rows), note)
