"""Rules for `monitoring.dashboards` and `monitoring.grafana`."""

from infra.services.addons.check import state_of
from infra.services.monitoring.own_section import monitoring_of
from infra.settings.checks.scope import CLUSTER_KIND, Scope
from infra.settings.mistakes import Key

_GRAFANA: Key = ("monitoring", "grafana")
_KEY: Key = ("monitoring", "dashboards")
_PROMETHEUS: Key = ("addons", "prometheus")


def check_dashboards(scope: Scope) -> None:
    said, grafana = monitoring_of(scope.settings).dashboards, monitoring_of(scope.settings).grafana
    state = state_of(scope, "prometheus", scope.settings.addons.prometheus)
    if grafana and state != "install":
        got = "true, and the stack installs no Prometheus: Grafana comes with its chart"
        write = "write addons: {prometheus: install}, or leave grafana out and write dashboards: {kind: sidecar} for a"
        scope.report.wrong(_GRAFANA, got, f"{write} Grafana that exists", reads=[_PROMETHEUS, *CLUSTER_KIND])
    if said.kind in ("sidecar", "files") and state == "disabled":
        got = f"{said.kind}, and addons.prometheus is disabled: no panel would have data"
        write = "write kind: none, or addons: {prometheus: install}"
        scope.report.wrong((*_KEY, "kind"), got, write, reads=[_PROMETHEUS])
    for name in ("namespace", "labels"):
        if scope.written((*_KEY, name)) and (grafana or said.kind != "sidecar"):
            _unread(scope, name, grafana=grafana)


def _unread(scope: Scope, name: str, *, grafana: bool) -> None:
    got, reads = "read only by the sidecar of a Grafana that exists", [_GRAFANA, (*_KEY, "kind")]
    ours = "leave it out: the Grafana that the stack installs finds its own"
    scope.report.out_of_place((*_KEY, name), got, ours if grafana else "write kind: sidecar beside it", reads=reads)
