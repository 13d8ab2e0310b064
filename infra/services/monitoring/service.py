"""How models are measured, and KEDA asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from infra.owner import Part
from infra.services.monitoring.check import check_prometheus
from infra.services.service import Service

if TYPE_CHECKING:
    from infra.settings.checks.scope import Scope


class Monitoring(Part, Service):
    name, title = "monitoring", "Monitoring"
    owns = ("llm:kubernetes:PrometheusLogin",)

    def check(self, scope: Scope) -> None:
        check_prometheus(scope)


MONITORING = Monitoring()
