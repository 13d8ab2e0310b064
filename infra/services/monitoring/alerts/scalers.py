"""When a scaler hears nothing: an alert for each of its queries that has no answer, which KEDA takes for an error."""

import math
from collections.abc import Iterator

from infra.plan.models import ModelPlan, Scaling
from infra.plan.plan import Plan
from infra.plan.signals import ASKED, KEPT
from infra.services.monitoring.alerts.alert import Alert
from infra.services.monitoring.alerts.kinds import Kind
from infra.services.serving.queries import of_engine, of_gateway

_LOWEST_MINUTES, _MORE_MINUTES = 15, 5  # until a first start is over, and Prometheus has read it


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
            f"{model.name}: Prometheus has no {signal}, so its scaler adds no replica for it",
            "Is the model's ServiceMonitor read (status of Prometheus' targets), and is the metric there?"
            f" `llm-platform smoke {plan.stack} --prometheus URL` asks each query.",
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
