"""The parts of `monitoring`, of which each has its own resources and its own row of the bill."""

from collections.abc import Iterator
from typing import NamedTuple

from infra.plan.plan import Plan
from infra.services.monitoring.alerts.groups import decide_alerts, unread
from infra.services.monitoring.alerts.kinds import WHEN, Kind
from infra.services.monitoring.plan import PROMETHEUS_LOGIN


class _Part(NamedTuple):
    resources: tuple[str, ...]  # how their logical names begin
    row: str | None  # of the bill


_MONITORING = "monitoring"
PARTS = {
    f"{_MONITORING}.alerts": _Part(("alerts", "scalers", "alert-receivers"), "Alertmanager"),
    f"{_MONITORING}.dashboards": _Part(("dashboards",), None),
    f"{_MONITORING}.grafana": _Part(("addons-prometheus-grafana",), "Grafana"),
    f"{_MONITORING}.logs": _Part(("addons-fluent-bit",), "logs"),
    f"{_MONITORING}.traces": _Part(("traces",), "traces"),
}
# Add-ons of the plan that are no key of `addons`: the key that asks for them.
ASKED_BY = {"addons.fluentBit": f"{_MONITORING}.logs"}

PROMETHEUS = "addons.prometheus"


def of_alert(plan: Plan, name: str) -> Iterator[str]:
    """When an alert of that name fires, and where this stack lacks it."""
    if name in {*Kind}:
        kind, decided = Kind(name), decide_alerts(plan)
        if any(each.kind == kind for group in decided.by_group.values() for each in group):
            yield f"fires when: {WHEN[kind]}"
        left_out = [each for each in decided.left_out if each.kind == kind]
        yield from (f"left out{f' for {each.model}' if each.model else ''}: {each.why}" for each in left_out)
        if why := unread(plan):
            yield f"left out: {why}"


def part_of(path: str) -> str | None:
    return next((part for part in PARTS if path == part or path.startswith(f"{part}.")), None)


def logical_names() -> Iterator[tuple[str, str]]:
    yield from ((name, part) for part, (names, _) in PARTS.items() for name in names)
    yield PROMETHEUS_LOGIN, PROMETHEUS


def rows_of(path: str) -> frozenset[str] | None:
    """The rows of the bill of a part, or of all parts; None: it is about something else."""
    part = part_of(path)
    if part is None and path != _MONITORING:
        return None
    return frozenset(row for each, (_, row) in PARTS.items() if row is not None and part in (None, each))
