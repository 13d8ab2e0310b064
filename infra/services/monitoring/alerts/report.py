"""What the plan says of alerts: which there are, of which models, and which are left out and why."""

from collections.abc import Iterator, Sequence

from infra.plan.plan import Plan
from infra.services.monitoring.alerts.alert import Alert
from infra.services.monitoring.alerts.groups import alerts_of
from infra.services.monitoring.alerts.kinds import WHEN, Kind
from infra.services.service import Table

_FEW = 4  # names of models in a row
_NOTE = "critical: callers notice it, so somebody is woken; each has a page of its name in docs/runbooks"


def alert_table(plan: Plan) -> Iterator[Table]:
    alerts = [each for group in alerts_of(plan).values() for each in group]
    by_kind = {kind: [each for each in alerts if each.kind == kind] for kind in Kind}
    rows = tuple(_row(kind, found, len(plan.models)) for kind, found in by_kind.items() if found)
    if rows:
        yield Table("ALERTS", ("fires when", "of", ""), rows, _NOTE)


def _row(kind: Kind, alerts: Sequence[Alert], models: int) -> tuple[str, ...]:
    severities = sorted({each.severity for each in alerts})
    return str(kind), WHEN[kind], _of(alerts, models), " or ".join(severities)


def _of(alerts: Sequence[Alert], models: int) -> str:
    names = sorted({each.labels["model"] for each in alerts if "model" in each.labels})
    if not names:
        return "the platform"
    return ", ".join(names) if len(names) <= _FEW else f"{len(names)} of {models} models"
