"""The service that gives applications outside the cluster access to the models."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from infra.owner import Part
from infra.services.gateway.check import check_gateway
from infra.services.gateway.custom import list_custom
from infra.services.gateway.parts import check_room
from infra.services.gateway.report import gateway_tables
from infra.services.gateway.to_dos import list_gateway
from infra.services.gateway.watches import list_watched
from infra.services.service import Around, Service, Table

if TYPE_CHECKING:
    from infra.plan.findings import Decided
    from infra.plan.notes import Finding
    from infra.plan.plan import Plan
    from infra.settings.checks.scope import Scope


class Gateway(Part, Service):
    name, title = "gateway", "The gateway"
    keys = ("gateway",)
    owns = (
        "llm:kubernetes:Gateway",
        "llm:kubernetes:GatewayLoadBalancer",
        "llm:kubernetes:GatewayProxy",
        "llm:kubernetes:TokenLimits",
    )

    def check(self, scope: Scope) -> None:
        check_gateway(scope)

    def plan(self, around: Around) -> Decided[None]:
        yield from check_room(around.traffic, around.settings.namespace.name)

    def to_dos(self, around: Around) -> Iterable[Finding]:
        yield from list_custom(around.traffic, around.settings.namespace.name)
        yield from list_watched(around.traffic, around.cluster)
        yield from list_gateway(around.settings, around.cluster, around.gateway)

    def report(self, plan: Plan) -> Iterable[Table]:
        yield from gateway_tables(plan)


GATEWAY = Gateway()
