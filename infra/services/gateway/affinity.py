"""`models.NAME.affinity`: requests that have something in common go to one replica."""

from collections.abc import Iterator, Mapping

from infra.plan.findings import warned
from infra.plan.gateway import SESSION, Affinity, TrafficPlan
from infra.plan.models import ModelPlan
from infra.plan.notes import Finding
from infra.services.service import Table
from infra.settings.checks.scope import Scope
from infra.settings.mistakes import Key

_MARKS: Mapping[Affinity, str] = {"user": "`user` of the body", "session": f"the header {SESSION}"}


def check_affinity(scope: Scope) -> None:
    """The gateway reads the body before it knows whether a request goes to the model's own servers, and what it read
    doesn't reach the listener that chooses one."""
    for name, model in scope.settings.models.items():
        if model.affinity == "user" and model.fallback is not None:
            key: Key = ("models", name, "affinity")
            got = "user, and the model has a fallback: `user` isn't known where one of the model's replicas is chosen"
            write = f"write session, and callers send the header {SESSION}; or leave affinity or fallback out"
            scope.report.wrong(key, got, write, reads=[key, ("models", name, "fallback")])


def warn_of_affinity(models: Mapping[str, ModelPlan], chosen: Mapping[str, Affinity | None]) -> Iterator[Finding]:
    for name, model in models.items():
        if chosen[name] is not None and model.replicas.max == 1:
            message = "it has no effect with one replica: leave it out, or write replicas with a max of 2 or more"
            yield warned(f"models.{name}.affinity", message)


def affinity_table(traffic: TrafficPlan) -> Iterator[Table]:
    rows = tuple((name, _MARKS[each.affinity]) for name, each in traffic.upstreams.items() if each.affinity is not None)
    if rows:
        yield Table("AFFINITY", ("one replica answers those with the same",), rows, _NOTE)


_NOTE = (
    "while it is ready and has less than half more requests than the mean of all; requests without it are spread at"
    " random; a replica that comes or goes moves some users or sessions to another one"
)
