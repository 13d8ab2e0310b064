"""What the plan says of alerts: which there are, of which models, and which are left out and why."""

from collections.abc import Iterator, Sequence

from infra.plan.plan import Plan
from infra.services.monitoring.alerts.alert import Alert, LeftOut
from infra.services.monitoring.alerts.groups import decide_alerts, unread
from infra.services.monitoring.alerts.kinds import WHEN, Kind
from infra.services.monitoring.alerts.receivers import notified
from infra.services.service import Table

_FEW = 4  # names of models in a row
_NOTE = (
    "critical: callers notice it, so somebody is woken; warning: a cause or a risk, for working hours. What to do:"
    " the page of its name in docs/runbooks"
)


def alert_tables(plan: Plan) -> Iterator[Table]:
    if why := unread(plan):
        yield Table("ALERTS", ("",), (("none", why),))
        return
    whom = notified(plan.settings, installs=plan.addons["prometheus"].state == "install")
    decided = decide_alerts(plan)
    alerts = [each for group in decided.by_group.values() for each in group]
    by_kind = {kind: [each for each in alerts if each.kind == kind] for kind in Kind}
    rows = tuple(_row(kind, found, len(plan.models)) for kind, found in by_kind.items() if found)
    yield Table("ALERTS", ("fires when", "of", "severity"), rows, f"{_NOTE}; {whom}")
    if rows := tuple(_lacking(decided.left_out)):
        yield Table("NO ALERT", ("",), rows)


def _row(kind: Kind, alerts: Sequence[Alert], models: int) -> tuple[str, ...]:
    severities = sorted({each.severity for each in alerts})
    return str(kind), WHEN[kind], _of(alerts, models), ", ".join(severities)


def _of(alerts: Sequence[Alert], models: int) -> str:
    names = sorted({each.labels["model"] for each in alerts if "model" in each.labels})
    if not names:
        return "the platform"
    return ", ".join(names) if len(names) <= _FEW else f"{len(names)} of {models} models"


def _lacking(left_out: Sequence[LeftOut]) -> Iterator[tuple[str, ...]]:
    """One row for those that are left out for the same reason."""
    by_why: dict[str, dict[str, list[str]]] = {}
    for each in left_out:
        models = by_why.setdefault(each.why, {}).setdefault(str(each.kind), [])
        models.extend([each.model] if each.model else [])
    for why, kinds in by_why.items():
        names = ", ".join(kinds)
        models = sorted({model for found in kinds.values() for model in found})
        yield names, f"{', '.join(models)}: {why}" if models else why
