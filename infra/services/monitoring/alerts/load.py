"""Risks of too many requests: a model that can't grow, and a gateway that can't hold more."""

from collections.abc import Iterator

from infra.engines import ENGINES
from infra.plan.gateway import Upstream
from infra.plan.models import ModelPlan
from infra.plan.plan import Plan
from infra.plan.words import count
from infra.services.gateway.envoy.held import fullest_query
from infra.services.monitoring.alerts.alert import Alert, LeftOut
from infra.services.monitoring.alerts.kinds import Kind
from infra.services.serving.queries import measured
from infra.services.serving.signals import WAITING

_QUEUE_MINUTES = 10
_HELD_MINUTES = 1
_NEAR = 0.8  # of the requests that may be held


def load(plan: Plan) -> Iterator[Alert | LeftOut]:
    for model in plan.models.values():
        if not model.paused:
            yield _at_maximum(plan, model)
    for upstream in plan.traffic.upstreams.values():
        if upstream.held_seconds and not upstream.paused:
            yield _held(plan, upstream)


def _at_maximum(plan: Plan, model: ModelPlan) -> Alert | LeftOut:
    asked = measured(plan, model)
    if not {"waiting", "servers"} <= asked.keys():
        return LeftOut(Kind.AT_MAXIMUM, f"{ENGINES[model.engine].title} doesn't say how many wait", model.name)
    waiting = (model.scaling.waiting if model.scaling else None) or WAITING
    return Alert(
        Kind.AT_MAXIMUM,
        f"{asked['waiting']} >= {waiting} and {asked['servers']} >= {model.replicas.max}",
        _QUEUE_MINUTES,
        f"{model.name}: {{{{ $value }}}} requests wait, and all {count(model.replicas.max, 'replica')} that it may have"
        " are there",
        f"Raise {model.path}.replicas, or limit a client: `llm-platform usage {plan.stack} --since 1h`.",
        labels={"model": model.name},
    )


def _held(plan: Plan, upstream: Upstream) -> Alert:
    highest = plan.traffic.held_requests
    return Alert(
        Kind.HELD_NEAR_LIMIT,
        f"{fullest_query(plan.traffic, plan.settings.namespace.name, upstream.model)} >= {_NEAR * highest:g}",
        _HELD_MINUTES,
        f"{upstream.model}: a gateway pod holds {{{{ $value }}}} of its maximum of {highest} requests until a replica"
        " has started; those above that are answered with 503",
        f"`llm-platform status {plan.stack} {upstream.model}` says whether a replica is on its way.",
        labels={"model": upstream.model},
    )
