"""Rules for `monitoring.alerts`."""

from infra.services.addons.check import state_of
from infra.services.monitoring.alerts.section import AlertsSection
from infra.services.monitoring.own_section import monitoring_of
from infra.settings.checks.scope import CLUSTER_KIND, Scope
from infra.settings.mistakes import Key, did_you_mean

_KEY: Key = ("monitoring", "alerts")
_PROMETHEUS: Key = ("addons", "prometheus")
# What an alert says itself, and what Prometheus and Alertmanager write.
_KINDS = ("slack", "pagerduty", "webhook", "email")
_EXAMPLE = "write pagerduty: {keySecret: alertKey-pagerduty}"
_OWN = ("alertname", "model", "namespace", "quantile", "receiver", "severity", "signal", "window")


def check_alerts(scope: Scope) -> None:
    for label in monitoring_of(scope.settings).alerts.labels:
        if label in _OWN:
            got = "a label that each alert has by itself, and by which it is known"
            scope.report.wrong((*_KEY, "labels", label), got, f"write another name, such as platform_{label}")
    _check_receivers(scope)


def _check_receivers(scope: Scope) -> None:
    said = monitoring_of(scope.settings).alerts
    for name, receiver in said.receivers.items():
        given = [kind for kind in _KINDS if getattr(receiver, kind) is not None]
        if len(given) != 1:
            got = f"got {' and '.join(given) or 'none'}; a receiver is exactly one of {', '.join(_KINDS)}"
            scope.report.wrong((*_KEY, "receivers", name), got, _EXAMPLE)
    if (lacking := _no_alerts(scope)) is not None:
        got, write = lacking
        reads: list[Key] = [_PROMETHEUS, *CLUSTER_KIND]
        if said.receivers:
            no_alert = f"{got}: there is no alert that they could get"
            scope.report.wrong((*_KEY, "receivers"), no_alert, write, reads=reads)
        if said.heartbeat is not None:
            scope.report.wrong((*_KEY, "heartbeat"), f"{got}: nothing would call it", write, reads=reads)
    _check_route(scope, said)


def _no_alerts(scope: Scope) -> tuple[str, str] | None:
    """Why nothing reads the rules, and what to write."""
    addon = scope.settings.addons.prometheus
    state, existing = state_of(scope, "prometheus", addon), addon.existing
    if state == "disabled":
        return "addons.prometheus is disabled", "write addons: {prometheus: install}"
    if state == "existing" and (existing is None or existing.url is None):
        where = "write addons: {prometheus: {existing: {url: http://prometheus-operated.monitoring:9090}}}, or install"
        return "the stack installs no Prometheus, and doesn't say where one is", where
    if existing is not None and existing.auth is not None and existing.auth.sigv4 is not None:
        own = "leave receivers, route and heartbeat out, and let the workspace's own rules notify"
        return "Amazon Managed Prometheus reads no rules from the cluster", own
    return None


def _check_route(scope: Scope, said: AlertsSection) -> None:
    """A receiver that no route names is said once the names that a route has are right: one of them may be meant."""
    ways = {"critical": said.route.critical, "warning": said.route.warning}
    known = [name for name in said.receivers if name not in ways.values()]
    wrong = {way: name for way, name in ways.items() if name is not None and not _is_there(scope, name)}
    for way, name in wrong.items():
        scope.report.wrong((*_KEY, "route", way), *_unknown(name, list(said.receivers)))
    reads: list[Key] = [(*_KEY, "route", way) for way in ways]
    for name in [] if wrong else known:
        write = f"write route: {{critical: {name}}} beside receivers, or warning"
        scope.report.wrong((*_KEY, "receivers", name), "no route leads to it, so it gets nothing", write, reads=reads)


def _is_there(scope: Scope, receiver: str) -> bool:
    return scope.written((*_KEY, "receivers", receiver))


def _unknown(name: str, known: list[str]) -> tuple[str, str]:
    if not known:
        return f"no receiver {name}; there are none", "write receivers beside it, or leave route out"
    close = did_you_mean(name, known)
    return f"no receiver {name}; there are {', '.join(known)}", f"write {close or known[0]}"
