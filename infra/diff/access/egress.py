"""Where the stack sends to: pods, security groups, routes to the internet, and what Jobs download."""

from collections.abc import Iterator

from infra.diff.access.peers import peers
from infra.engines import ENGINES
from infra.registry import types_of
from infra.sides.statements import JOB, Statements, Workload, say, say_of_each, variables, words, workloads
from infra.sides.types import Side


def egress(side: Side) -> Statements:
    found = peers(side, "Egress", "to anywhere")
    say_of_each(found, side, lambda each: types_of(each["type"]).egress(each))
    for workload in workloads(side):
        only = "download Job only" if workload.type == JOB else f"pods of {workload.name}"
        for host, what in _downloads(workload):
            say(found, f"{host} ({only})", what)
    return found


def _downloads(workload: Workload) -> Iterator[tuple[str, str]]:
    for container in workload.containers:
        said = [each.downloads(words(container), variables(container)) for each in ENGINES.values()]
        yield from dict.fromkeys(filter(None, said))
