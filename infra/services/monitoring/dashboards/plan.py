"""Which dashboards a stack has, and where Grafana finds them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from infra.plan.findings import Decided
from infra.plan.notes import Assumption, Chosen, Finding, Step, ToDo
from infra.services.monitoring.dashboards.section import LABELS, DashboardsSection
from infra.services.monitoring.own_section import monitoring_of
from infra.services.service import Around
from infra.settings.platform import Settings

_PATH = "monitoring.dashboards"
SECRET = "grafana-admin"  # with the login of the Grafana that the stack installs
_RELEASE_SERVICE = "kube-prometheus-stack-grafana"


@dataclass(frozen=True)
class DashboardsPlan:
    kind: Literal["sidecar", "files"]
    namespace: str | None  # of the ConfigMaps
    labels: Mapping[str, str]


def has_grafana(settings: Settings) -> bool:
    """Whether the stack installs it."""
    return monitoring_of(settings).grafana


def plan_dashboards(around: Around) -> Decided[DashboardsPlan | None]:
    said, grafana = monitoring_of(around.settings).dashboards, has_grafana(around.settings)
    kind = said.kind or ("sidecar" if grafana else "none")
    if said.kind is None and grafana:
        yield Chosen(f"{_PATH}.kind", kind, "the stack installs Grafana, which reads ConfigMaps of its namespace")
    if kind == "none":
        return None
    if kind == "files":
        return DashboardsPlan(kind, None, {})
    if grafana:
        return DashboardsPlan(kind, around.catalog.charts["kube-prometheus-stack"].namespace, LABELS)
    yield from _assumed(said)
    return DashboardsPlan(kind, said.namespace or around.settings.namespace.name, said.labels or LABELS)


def grafana_to_do(around: Around) -> Iterator[Finding]:
    if has_grafana(around.settings):
        namespace = around.catalog.charts["kube-prometheus-stack"].namespace
        kubectl = f"{around.cluster.kubectl} -n {namespace}"
        password = f"get secret {SECRET} -o jsonpath='{{.data.admin-password}}' | base64 -d"
        yield ToDo(
            "monitoring.grafana",
            f"Grafana is at http://127.0.0.1:3000 while `{kubectl} port-forward svc/{_RELEASE_SERVICE} 3000:80` runs;"
            f" log in as admin with the password that `{kubectl} {password}` prints",
            Step.GRAFANA,
        )


def _assumed(said: DashboardsSection) -> Iterator[Finding]:
    labels = ", ".join(f"{name}: {value}" for name, value in (said.labels or LABELS).items())
    where = f"the namespace {said.namespace}" if said.namespace else "all namespaces"
    yield Assumption(
        _PATH, f"a Grafana in the cluster whose sidecar reads ConfigMaps with the label {labels} of {where}"
    )
