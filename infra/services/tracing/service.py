"""The service that takes the spans of requests."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from infra.owner import Part
from infra.services.service import Around, Made, Service, Table
from infra.services.tracing.check import check_traces
from infra.services.tracing.plan import TracingPlan, plan_tracing, traces_to_dos
from infra.services.tracing.report import traces_table

if TYPE_CHECKING:
    from infra.plan.findings import Decided
    from infra.plan.notes import Finding
    from infra.plan.plan import Plan
    from infra.settings.checks.scope import Scope


class Tracing(Part, Service):
    name, title = "tracing", "Traces"
    keys = ("monitoring.traces",)
    owns = ("llm:kubernetes:Traces",)

    def check(self, scope: Scope) -> None:
        check_traces(scope)

    def plan(self, around: Around) -> Decided[TracingPlan | None]:
        return (yield from plan_tracing(around))

    def to_dos(self, around: Around) -> Iterable[Finding]:
        return traces_to_dos(around)

    def make(self, plan: Plan, made: Made) -> None:
        from infra.services.tracing.make import make_traces

        if (part := _part(plan)) is not None:
            make_traces(plan, part, made)

    def report(self, plan: Plan) -> Iterable[Table]:
        if (part := _part(plan)) is not None:
            yield traces_table(plan, part)


def _part(plan: Plan) -> TracingPlan | None:
    return plan.parts.get("tracing")


TRACING = Tracing()
