"""Rules for `monitoring.alerts`."""

from infra.services.monitoring.own_section import monitoring_of
from infra.settings.checks.scope import Scope
from infra.settings.mistakes import Key

_KEY: Key = ("monitoring", "alerts")
# What an alert says itself, and what Prometheus and Alertmanager write.
_OWN = ("alertname", "model", "namespace", "quantile", "receiver", "severity", "signal")


def check_alerts(scope: Scope) -> None:
    for label in monitoring_of(scope.settings).alerts.labels:
        if label in _OWN:
            got = "a label that each alert has by itself, and by which it is known"
            scope.report.wrong((*_KEY, "labels", label), got, f"write another name, such as platform_{label}")
