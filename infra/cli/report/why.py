"""What `plan --why` says to a person, and its JSON."""

from collections.abc import Iterator
from typing import Any

from infra.cli.document import Column, Document, Row, Section, columns
from infra.cli.why import Value, Why, owner_title
from infra.cli.why_bill import BUDGET
from infra.cli.why_paths import thing
from infra.plan.models import ReplicasPlan
from infra.plan.money import HOURS_PER_MONTH, CostItem
from infra.plan.plan import Plan
from infra.plan.words import count, number, usd
from infra.plan.writes import shown

_ORIGINS = {"given": "in the stack file", "chosen": "chosen", "default": "default"}
_ROWS = 5  # of the bill, the biggest, where all of them are asked for
_SHOWN = 40  # resources; the JSON has all


def why_document(plan: Plan, found: Why) -> Document:
    sections = (_values(found), _reasons(found), _resources(plan, found), _bill(plan, found), _notes(found))
    return Document(f"{plan.stack} · {found.key}", (), [each for each in sections if each.rows])


def _values(found: Why) -> Section:
    rows = [
        (each.path, _shown(each), _ORIGINS[each.origin], _reason(each.origin, each.reason)) for each in found.values
    ]
    return Section("VALUE", columns("", "", ""), rows)


def _shown(said: Value) -> str:
    """A key without a value says what its absence means as its reason."""
    return "not written" if said.value is None and said.origin == "default" else shown(said.value)


def _reason(origin: str, reason: str) -> str:
    """What is in the stack file has its reason there."""
    return "" if origin == "given" else reason


def _reasons(found: Why) -> Section:
    name = found.subjects[0] if len(found.subjects) == 1 else ""
    return Section("WHY", columns(""), [(name if not n else "", each) for n, each in enumerate(found.reasons)])


def _resources(plan: Plan, found: Why) -> Section:
    rows = [
        (
            urn.rpartition("::")[2],
            urn.split("::")[2].rpartition("$")[2],
            path or f"every stack has it: {owner_title(plan, urn)}",
        )
        for urn, path in found.resources.items()
    ]
    more = len(rows) - _SHOWN
    note = f"{count(len(rows), 'resource')}" + (
        f", of which {_SHOWN} are shown; --format json has all" if more > 0 else ""
    )
    return Section("RESOURCES", columns("type", "from"), rows[:_SHOWN], note if rows else "")


def _bill(plan: Plan, found: Why) -> Section:
    heads = (
        Column("minimum, $ per month", right=True),
        Column("expected", right=True),
        Column("maximum", right=True),
        Column(""),
    )
    shown_items = {each.name: each for each in plan.cost.in_dollars}
    mine = [shown_items[each.name] for each in found.items]
    if not mine or [thing(each) for each in found.subjects] != [BUDGET]:
        return Section("BILL", heads, [_row(each) for each in mine], "\n".join(_shares(plan, found)))
    rest, cost = mine[_ROWS:], plan.cost
    low, expected, high = (sum(getattr(each, of) for each in rest) for of in ("min", "expected", "max"))
    others = CostItem("the rest", low, expected, high)
    whole = CostItem("sum", cost.usd_per_month_min, cost.usd_per_month_expected, cost.usd_per_month_max)
    rows = [_row(each) for each in (*mine[:_ROWS], *([others] if rest else []), whole)]
    return Section("BILL", heads, rows, "the whole bill, and what is not in it: BILL of `plan`")


def _row(item: CostItem) -> Row:
    return item.name, number(item.min), number(item.expected), number(item.max), item.what


def _shares(plan: Plan, found: Why) -> Iterator[str]:
    """Who else is on the nodes of a row, and what a replica is of them."""
    pools = {each.pool for each in found.items if each.pool is not None}
    for model in plan.models.values():
        if model.pool in pools and model.usd_per_hour is not None:
            month, has = usd(model.usd_per_hour * HOURS_PER_MONTH), _range(model.replicas)
            yield f"a replica of {model.name} takes {month} per month of the nodes of {model.pool}; it has {has}"


def _range(replicas: ReplicasPlan) -> str:
    return (
        count(replicas.min, "replica") if replicas.min == replicas.max else f"{replicas.min} to {replicas.max} replicas"
    )


def _notes(found: Why) -> Section:
    return Section("LOOK AT", columns(""), [(kind, f"{note.path}: {note.message}") for kind, note in found.notes])


def why_data(found: Why) -> dict[str, Any]:
    return {
        "key": found.key,
        "from": list(found.subjects),
        "values": [{**vars(each)} for each in found.values],
        "reasons": list(found.reasons),
        "notes": [{"kind": kind, "path": note.path, "message": note.message} for kind, note in found.notes],
        "resources": [{"urn": urn, "from": path or None} for urn, path in found.resources.items()],
        "cost_items": [each.name for each in found.items],
    }
