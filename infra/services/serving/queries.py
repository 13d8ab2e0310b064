"""What a scaler asks Prometheus: a query per signal, with one element for all replicas of a model together."""

from collections.abc import Iterator, Mapping

from infra.engines import ENGINES
from infra.plan.models import ModelPlan, Scaling
from infra.plan.plan import Plan
from infra.plan.signals import ASKED, CACHE, HELD, IN_FLIGHT, KEPT, WAITING
from infra.services.gateway.envoy.held import asked_query, held_query

_NO_PODS = " or vector(0)"  # without a pod the engine's are 0


def queries(plan: Plan, model: ModelPlan, scaling: Scaling) -> dict[str, str]:
    """Where the model sleeps, the gateway's say whether it is needed, and the engine's are 0 without a pod."""
    engine = of_engine(plan, model, scaling)
    if not scaling.held:
        return engine
    return {**{name: f"{query}{_NO_PODS}" for name, query in engine.items()}, **of_gateway(plan, model)}


def of_engine(plan: Plan, model: ModelPlan, scaling: Scaling) -> dict[str, str]:
    """They have no element where Prometheus reads no server of the model."""
    server = model.name if _has_two(plan, model) else None
    asked = ENGINES[model.engine].queries(plan.settings.namespace.name, model.sent_as, server)
    measured = {each.name: each.promql for each in asked}
    return {name: query for name, query in _signals(measured, scaling) if name in scaling.thresholds}


def of_gateway(plan: Plan, model: ModelPlan) -> dict[str, str]:
    """Of a model that sleeps."""
    namespace = plan.settings.namespace.name
    return {HELD: held_query(plan.traffic, namespace, model.name), ASKED: asked_query(namespace, model.name)}


def _signals(measured: Mapping[str, str], scaling: Scaling) -> Iterator[tuple[str, str]]:
    """The second is at most what keeps the replicas that answer, so that it adds none."""
    if {"running", "waiting"} <= measured.keys():
        both = f"{measured['running']} + {measured['waiting']}"
        yield IN_FLIGHT, both
        yield KEPT, f"clamp_max({both}, {scaling.kept} * scalar({measured['servers']}))"
    if "waiting" in measured:
        yield WAITING, measured["waiting"]
    if "cache" in measured:
        yield CACHE, f"100 * {measured['cache']}"


def _has_two(plan: Plan, model: ModelPlan) -> bool:
    """Whether another server serves the same name."""
    return model.next_of is not None or any(each.next_of == model.name for each in plan.models.values())
