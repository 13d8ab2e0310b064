"""What a scaler asks Prometheus: a query per signal, with one element for all replicas of a model together."""

from collections.abc import Iterator, Mapping

from infra.engines import ENGINES
from infra.plan.models import ModelPlan, Scaling
from infra.plan.plan import Plan
from infra.plan.signals import ASKED, CACHE, HELD, IN_FLIGHT, KEPT, WAITING
from infra.plan.versions import ALL, server_of_next
from infra.services.gateway.envoy.held import asked_query, held_query

_NO_PODS = " or vector(0)"  # without a pod the engine's are 0


def queries(plan: Plan, model: ModelPlan, scaling: Scaling) -> dict[str, str]:
    """Where the model sleeps, the gateway's say whether it is needed, and the engine's are 0 without a pod."""
    engine, gateway = of_engine(plan, model, scaling), of_gateway(plan, model, scaling)
    if not gateway:
        return engine
    return {**{name: f"{query}{_NO_PODS}" for name, query in engine.items()}, **gateway}


def of_engine(plan: Plan, model: ModelPlan, scaling: Scaling) -> dict[str, str]:
    """They have no element where Prometheus reads no server of the model."""
    own = measured(plan, model)
    if (answering := _in_its_place(plan, model)) is not None:
        own = _of_both(own, measured(plan, answering))
    return {name: query for name, query in _signals(own, scaling) if name in scaling.thresholds}


def of_gateway(plan: Plan, model: ModelPlan, scaling: Scaling) -> dict[str, str]:
    """Of a model that sleeps; empty where it doesn't."""
    if not scaling.held:
        return {}
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


def measured(plan: Plan, model: ModelPlan) -> dict[str, str]:
    """What its engine measures, over all its replicas; by the names of the engine's queries."""
    server = model.name if _has_two(plan, model) else None
    asked = ENGINES[model.engine].queries(plan.settings.namespace.name, model.sent_as, server)
    return {each.name: each.promql for each in asked}


def _in_its_place(plan: Plan, model: ModelPlan) -> ModelPlan | None:
    """The next version that answers all requests of a model. They may come back at once, to as many replicas as they
    need."""
    upstream = plan.traffic.upstreams.get(model.name)
    if upstream is None or upstream.next is None or upstream.next.weight < ALL:
        return None
    return plan.models.get(server_of_next(model.name))


def _of_both(own: Mapping[str, str], other: Mapping[str, str]) -> dict[str, str]:
    """The load of both servers. Without its own pods there is still no element; the number of servers stays its own."""
    added = {name: query for name, query in other.items() if name in own and name != "servers"}
    return {name: f"({query} + ({added[name]}{_NO_PODS}))" if name in added else query for name, query in own.items()}


def _has_two(plan: Plan, model: ModelPlan) -> bool:
    """Whether another server serves the same name."""
    return model.next_of is not None or any(each.next_of == model.name for each in plan.models.values())
