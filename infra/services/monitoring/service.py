"""The service that measures the models, and that KEDA queries to scale them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from infra.owner import Part
from infra.services.monitoring.alerts.check import check_alerts
from infra.services.monitoring.alerts.receivers import assume_alertmanager
from infra.services.monitoring.alerts.report import alert_tables
from infra.services.monitoring.check import check_prometheus
from infra.services.monitoring.dashboards.all import texts
from infra.services.monitoring.dashboards.check import check_dashboards
from infra.services.monitoring.dashboards.plan import DashboardsPlan, grafana_to_do, plan_dashboards
from infra.services.monitoring.dashboards.report import dashboard_table
from infra.services.monitoring.own_section import SECTION
from infra.services.monitoring.to_dos import list_prometheus_to_dos
from infra.services.service import Around, Made, Service, Table

if TYPE_CHECKING:
    from infra.plan.findings import Decided
    from infra.plan.notes import Finding
    from infra.plan.plan import Plan
    from infra.settings.checks.scope import Scope


@dataclass(frozen=True)
class MonitoringPart:
    """What was decided besides the Prometheus that the models need."""

    dashboards: DashboardsPlan


class Monitoring(Part, Service):
    name, title = "monitoring", "Monitoring"
    section = SECTION
    keys = ("monitoring", "addons.prometheus")
    owns = (
        "llm:kubernetes:PrometheusLogin",
        "llm:kubernetes:PrometheusRules",
        "llm:kubernetes:AlertReceivers",
        "llm:kubernetes:Dashboards",
    )

    def check(self, scope: Scope) -> None:
        check_prometheus(scope)
        check_alerts(scope)
        check_dashboards(scope)

    def plan(self, around: Around) -> Decided[MonitoringPart | None]:
        dashboards = yield from plan_dashboards(around)
        return MonitoringPart(dashboards) if dashboards is not None else None

    def to_dos(self, around: Around) -> Iterable[Finding]:
        scaled = [name for name, model in sorted(around.models.items()) if model.scaling is not None]
        yield from list_prometheus_to_dos(around.settings, around.cluster, around.addons, around.monitoring, scaled)
        yield from grafana_to_do(around)
        yield from assume_alertmanager(around)

    def make(self, plan: Plan, made: Made) -> None:
        from infra.services.monitoring.make import make_alerts, make_dashboards, make_receivers

        make_alerts(plan, made)
        make_receivers(plan, made)
        if (part := _part(plan)) is not None:
            make_dashboards(plan, part.dashboards, made)

    def files(self, plan: Plan) -> Mapping[str, str]:
        part = _part(plan)
        return {f"dashboards/{name}": text for name, text in texts(plan).items()} if part is not None else {}

    def report(self, plan: Plan) -> Iterable[Table]:
        yield from alert_tables(plan)
        if (part := _part(plan)) is not None:
            yield from dashboard_table(plan, part.dashboards)


def _part(plan: Plan) -> MonitoringPart | None:
    return plan.parts.get("monitoring")


MONITORING = Monitoring()
