"""The service that lets named clients and models use what somebody else hosts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from infra.owner import Part
from infra.services.external.check import check_external
from infra.services.external.report import external_tables
from infra.services.service import Service, Table

if TYPE_CHECKING:
    from infra.plan.plan import Plan
    from infra.settings.checks.scope import Scope


class Elsewhere(Part, Service):
    name, title = "external", "Models elsewhere"

    def check(self, scope: Scope) -> None:
        check_external(scope)

    def report(self, plan: Plan) -> Iterable[Table]:
        yield from external_tables(plan)


EXTERNAL = Elsewhere()
