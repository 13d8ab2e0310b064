"""Whether a Prometheus answers what scalers ask it: a query that matches nothing is no error that callers see."""

import math
from collections.abc import Iterator

from infra.plan.models import ModelPlan, Scaling
from infra.plan.plan import Plan
from infra.plan.signals import ASKED
from infra.services.serving.queries import of_engine, of_gateway
from infra.smoke.checks import Broken, Check, NotChecked
from infra.usage.prometheus import NoAnswer, Prometheus


def of_scalers(plan: Plan, prometheus: Prometheus) -> Iterator[tuple[str, Iterator[tuple[str, Check]]]]:
    """By model."""
    for model in plan.models.values():
        if model.scaling is not None and not model.paused:
            yield model.name, _of_model(plan, model, model.scaling, prometheus)


def _of_model(plan: Plan, model: ModelPlan, scaling: Scaling, prometheus: Prometheus) -> Iterator[tuple[str, Check]]:
    gateway = of_gateway(plan, model, scaling)
    for signal, query in gateway.items():
        yield f"scales: {signal}", lambda query=query: _one(prometheus, query)
    for signal, query in of_engine(plan, model, scaling).items():
        yield f"scales: {signal}", lambda query=query: _engines(prometheus, query, gateway.get(ASKED))


def _engines(prometheus: Prometheus, query: str, asked: str | None) -> str:
    """A model that sleeps has no engine, and so no answer."""
    if asked is not None and not any(_ask(prometheus, asked)) and not _ask(prometheus, query):
        return "nothing: it sleeps"
    return _one(prometheus, query)


def _one(prometheus: Prometheus, query: str) -> str:
    found = _ask(prometheus, query)
    if len(found) != 1:
        what = f"{len(found)} elements instead of one" if found else "it matches nothing, so the scaler hears nothing"
        raise Broken(f"{what}: {query}")
    if not math.isfinite(found[0]):
        raise Broken(f"{found[0]} is no number of replicas' load: {query}")
    return f"{found[0]:g}"


def _ask(prometheus: Prometheus, query: str) -> list[float]:
    try:
        return [each.value for each in prometheus.ask(query)]
    except NoAnswer as error:
        raise NotChecked(str(error)) from None
