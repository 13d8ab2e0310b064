"""The service that measures the models, and that KEDA queries to scale them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from infra.owner import Part
from infra.services.monitoring.alerts.check import check_alerts
from infra.services.monitoring.alerts.report import alert_table
from infra.services.monitoring.check import check_prometheus
from infra.services.monitoring.own_section import SECTION
from infra.services.monitoring.to_dos import list_prometheus_to_dos
from infra.services.service import Around, Made, Service, Table

if TYPE_CHECKING:
    from infra.plan.notes import Finding
    from infra.plan.plan import Plan
    from infra.settings.checks.scope import Scope


class Monitoring(Part, Service):
    name, title = "monitoring", "Monitoring"
    section = SECTION
    owns = ("llm:kubernetes:PrometheusLogin", "llm:kubernetes:PrometheusRules")

    def check(self, scope: Scope) -> None:
        check_prometheus(scope)
        check_alerts(scope)

    def to_dos(self, around: Around) -> Iterable[Finding]:
        scaled = [name for name, model in sorted(around.models.items()) if model.scaling is not None]
        return list_prometheus_to_dos(around.settings, around.cluster, around.addons, around.monitoring, scaled)

    def make(self, plan: Plan, made: Made) -> None:
        from infra.services.monitoring.make import make_alerts

        make_alerts(plan, made)

    def report(self, plan: Plan) -> Iterable[Table]:
        yield from alert_table(plan)


MONITORING = Monitoring()
