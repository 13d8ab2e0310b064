"""When a scaler hears nothing: an alert for each of its queries that has no answer, which KEDA takes for an error."""

import math
from collections.abc import Iterator

from infra.plan.models import ModelPlan, Scaling
from infra.plan.plan import Plan
from infra.plan.signals import ASKED, CACHE, HELD, IN_FLIGHT, KEPT, WAITING
from infra.services.monitoring.alerts.alert import Alert
from infra.services.monitoring.alerts.kinds import Kind
from infra.services.serving.queries import of_engine, of_gateway

_LOWEST_MINUTES, _MORE_MINUTES = 15, 5  # until a first start is over, and Prometheus has read it

_MEASURES = {
    IN_FLIGHT: "how many requests its replicas have",
    WAITING: "how many requests wait in its replicas",
    CACHE: "how full the cache of its replicas is",
    HELD: "how many requests the gateway holds for it",
    ASKED: "how many requests the gateway has sent it",
}
_NO_MORE = "its scaler adds no replica by that"
_FOLLOWS = {HELD: "nobody may wake it when it sleeps", ASKED: "its scaler doesn't know whether it is still needed"}
_TARGETS = "(Prometheus' Status > Target health), and is the metric there?"
_OF_ENGINE = f"Does Prometheus read the model's pods by its ServiceMonitor {_TARGETS}"
_OF_GATEWAY = f"Does Prometheus read the gateway's pods by its PodMonitor {_TARGETS}"


def scalers(plan: Plan) -> Iterator[Alert]:
    """Of each model that scales."""
    for model in plan.models.values():
        yield from _of(plan, model)


def _of(plan: Plan, model: ModelPlan) -> Iterator[Alert]:
    scaling = model.scaling
    if scaling is None or model.paused:
        return
    for signal, missing in _missing(plan, model, scaling):
        yield Alert(
            Kind.SCALER_HEARS_NOTHING,
            missing,
            max(_LOWEST_MINUTES, math.ceil(model.cold_start.high / 60) + _MORE_MINUTES),
            f"{model.name}: Prometheus doesn't know {_MEASURES[signal]}, so {_FOLLOWS.get(signal, _NO_MORE)}",
            f"{_OF_GATEWAY if signal in (HELD, ASKED) else _OF_ENGINE} `llm-platform smoke {plan.stack} --prometheus"
            " URL` asks each query.",
            labels={"model": model.name, "signal": signal},
        )


def _missing(plan: Plan, model: ModelPlan, scaling: Scaling) -> Iterator[tuple[str, str]]:
    """A model that may sleep has no engine to read, unless the gateway has sent it requests."""
    gateway = of_gateway(plan, model, scaling)
    engine = of_engine(plan, model, scaling)
    engine.pop(KEPT, None)  # it reads what another signal reads
    for signal, query in engine.items():
        yield signal, f"absent({query})" + (f" and on () ({gateway[ASKED]}) > 0" if gateway else "")
    for signal, query in gateway.items():
        yield signal, f"absent({query})"
