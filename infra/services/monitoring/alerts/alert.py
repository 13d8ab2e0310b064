"""What an alert is. Each has a page of the same name in docs/runbooks."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

from infra.services.monitoring.alerts.kinds import Kind

# critical: callers notice it, so somebody is woken. warning: a cause, or a risk, for working hours. none: nothing is
# wrong, and no person is notified.
Severity = Literal["critical", "warning", "none"]


@dataclass(frozen=True)
class Alert:
    """One alert of one model, or of the platform."""

    kind: Kind
    expression: str
    minutes: int  # that it lasts before somebody is notified
    summary: str  # one sentence; `{{ $value }}` is the expression's value
    look: str  # what to do first
    severity: Severity = "warning"
    labels: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True)
class LeftOut:
    """An alert that this stack doesn't have."""

    kind: Kind
    why: str
    model: str = ""  # that lacks it; blank: the whole stack


@dataclass(frozen=True)
class Common:
    """What each alert says besides its own words."""

    namespace: str  # of the models: by it an Alertmanager knows whose alert it is
    runbooks: str  # URL, or path in the repository, of the folder with the pages
    labels: Mapping[str, str]  # that the stack file gives


def rule(alert: Alert, common: Common) -> dict[str, Any]:
    """As Prometheus reads it."""
    labels = {"severity": alert.severity, "namespace": common.namespace, **alert.labels, **common.labels}
    page = f"{common.runbooks.rstrip('/')}/{alert.kind}.md"
    return {
        "alert": str(alert.kind),
        "expr": alert.expression,
        "for": f"{alert.minutes}m",
        "labels": labels,
        "annotations": {"summary": alert.summary, "description": alert.look, "runbook_url": page},
    }
