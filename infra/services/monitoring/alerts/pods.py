"""Causes in the cluster: a pod without a node, a server that doesn't start, weights that aren't there."""

import math
from collections.abc import Iterator

from infra.plan.models import ModelPlan
from infra.plan.plan import Plan
from infra.services.monitoring.alerts.alert import Alert, LeftOut
from infra.services.monitoring.alerts.kinds import Kind
from infra.services.monitoring.sources import KUBE_STATE_METRICS, lacks, sources_of

_NODE_PARTS = ("node", "boot")  # of a cold start
_LOWEST_MINUTES, _MORE_MINUTES = 10, 5
_START_MINUTES = 5
_RESTARTS = 3  # in one hour, each of which may come minutes after the one before
_STOPS = (
    "CrashLoopBackOff|ImagePullBackOff|ErrImagePull|InvalidImageName|CreateContainerConfigError|CreateContainerError"
    "|RunContainerError"
)
_KINDS = (Kind.POD_HAS_NO_NODE, Kind.SERVER_DOES_NOT_START, Kind.WEIGHTS_NOT_DOWNLOADED)


def pods(plan: Plan) -> Iterator[Alert | LeftOut]:
    if KUBE_STATE_METRICS not in sources_of(plan):
        yield from (LeftOut(kind, lacks(KUBE_STATE_METRICS)) for kind in _KINDS)
        return
    for model in plan.models.values():
        if not model.paused:
            yield _no_node(plan, model)
            yield _not_started(plan, model)
            if model.prefetch is not None:
                yield _not_downloaded(plan, model)


def _no_node(plan: Plan, model: ModelPlan) -> Alert:
    made = sum(part.high for name, part in model.cold_start.parts.items() if name in _NODE_PARTS)
    return Alert(
        Kind.POD_HAS_NO_NODE,
        f"sum(kube_pod_status_unschedulable{{{_pods(plan, model)}}}) > 0",
        max(_LOWEST_MINUTES, math.ceil(made / 60) + _MORE_MINUTES),
        f"{model.name}: {{{{ $value }}}} of its pods have no node",
        f"`llm-platform status {plan.stack} {model.name}` says why: no capacity in which zones, a quota, a taint, the"
        " pool's maximum.",
        labels={"model": model.name},
    )


def _not_started(plan: Plan, model: ModelPlan) -> Alert:
    waits = (
        f'sum(max_over_time(kube_pod_container_status_waiting_reason{{{_pods(plan, model)},reason=~"{_STOPS}"}}[5m]))'
    )
    restarts = f"sum(increase(kube_pod_container_status_restarts_total{{{_pods(plan, model)}}}[1h]))"
    return Alert(
        Kind.SERVER_DOES_NOT_START,
        f"{waits} > 0 or {restarts} >= {_RESTARTS}",
        _START_MINUTES,
        f"{model.name}: a pod's container can't be made, or ends again and again",
        f"`llm-platform status {plan.stack} {model.name}` has its last words. If it began with a change, take the"
        " change back.",
        labels={"model": model.name},
    )


def _not_downloaded(plan: Plan, model: ModelPlan) -> Alert:
    return Alert(
        Kind.WEIGHTS_NOT_DOWNLOADED,
        _failed_again(plan, model) if plan.cache.directory is not None else _failed(plan, model),
        1,
        f"{model.name}: the download of its weights has failed; new pods wait for it",
        f"`llm-platform status {plan.stack} {model.name}` says why: the licence, the token, room, or the network.",
        labels={"model": model.name},
    )


def _failed(plan: Plan, model: ModelPlan) -> str:
    of = f'namespace="{plan.settings.namespace.name}",job_name="{model.name}-prefetch",condition="true"'
    return f"sum(kube_job_failed{{{of}}}) > 0"


def _failed_again(plan: Plan, model: ModelPlan) -> str:
    """A pod on each node downloads, and its container starts again without end."""
    of = f'namespace="{plan.settings.namespace.name}",pod=~"{model.name}-prefetch-[a-z0-9]+"'
    return f"sum(increase(kube_pod_init_container_status_restarts_total{{{of}}}[1h])) >= {_RESTARTS}"


def _pods(plan: Plan, model: ModelPlan) -> str:
    """A Deployment's pod is NAME-HASH-LETTERS, and that of the download NAME-prefetch-LETTERS."""
    return f'namespace="{plan.settings.namespace.name}",pod=~"{model.name}-[a-z0-9]+-[a-z0-9]+"'
