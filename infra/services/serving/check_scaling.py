"""Rules for `scaling`: it says one thing, there are replicas to add, and what it says can be measured."""

from infra.engines import ENGINES
from infra.services.serving.section import Model
from infra.services.serving.shapes import asked_shape
from infra.settings.checks.scope import Scope
from infra.settings.mistakes import Key


def check_scaling(scope: Scope, key: Key, model: Model) -> None:
    given, where = model.scaling, (*key, "scaling")
    if given is None:
        return
    if (given.ttft_p95_seconds is None) == (given.requests_per_replica is None):
        got = "empty" if given.ttft_p95_seconds is None else "ttftP95Seconds and requestsPerReplica"
        scope.report.wrong(where, got, "write one: {ttftP95Seconds: 2}, or {requestsPerReplica: 16}")
    if model.replicas.min == model.replicas.max:
        got = f"replicas are fixed at {model.replicas.min}, so nothing scales"
        low = model.replicas.min
        write = f"write replicas: {{min: {low}, max: {max(2, 2 * low)}}}, or leave scaling out"
        scope.report.out_of_place(where, got, write, reads=[(*key, "replicas")])
    _check_measured(scope, where, key, model)


def _check_measured(scope: Scope, where: Key, key: Key, model: Model) -> None:
    engine, given = ENGINES[model.engine], model.scaling
    assert given is not None
    reads: list[Key] = [(*key, each) for each in ("engine", "gpus", "task", "model")]
    if not engine.is_measured or model.gpus == 0:
        what = f"{engine.title} has no metrics" if not engine.is_measured else "on the CPU nothing counts its requests"
        if given.ttft_p95_seconds is not None or model.replicas.min:
            scope.report.out_of_place(where, f"{what}, so requests can't be counted", "leave scaling out", reads=reads)
    elif given.ttft_p95_seconds is not None and (why := _no_speed(scope, model)):
        scope.report.wrong((*where, "ttftP95Seconds"), why, "write requestsPerReplica: 16 in its place", reads=reads)


def _no_speed(scope: Scope, model: Model) -> str | None:
    """Why nobody knows at how many requests a promise is kept."""
    if ENGINES[model.engine].throughput is None:
        return f"the speed of {ENGINES[model.engine].title} isn't known"
    shape = asked_shape(model, scope.catalog)
    task = model.task or (shape.task if shape else "chat")
    return f"a model for {task} generates no tokens" if task != "chat" else None
