"""`gateway.replicas`: how many pods the gateway has, and what follows from their number."""

from collections.abc import Iterable, Iterator
from math import ceil

from infra.plan.findings import Decided, warned
from infra.plan.gateway import ClientPlan, TrafficPlan
from infra.plan.pods import PodScaling, VerticalScaling
from infra.plan.words import duration
from infra.services.gateway.envoy.clusters import share
from infra.services.gateway.section import Gateway
from infra.services.gateway.times import CPU, THREADS
from infra.services.serving.check_vertical import both_scale
from infra.services.serving.vertical import say_vertical
from infra.settings.checks.scope import Scope

# A pod that uses half of its threads has room for the requests of one that is lost.
_CPU = THREADS / 2
# Envoy begins to end large requests above 45 % of the 1024 MiB of its pod: another one comes before.
_MEMORY_MIB = 400
_STEP = 2
_KEEP_SECONDS = 600  # as long as an answer may take where the file says nothing
_PATH = "gateway.replicas"


def check_replicas(scope: Scope, gateway: Gateway) -> None:
    replicas, key = gateway.replicas, ("gateway", "replicas")
    if replicas.min < replicas.max and gateway.vertical_scaling not in (None, "Off"):
        both_scale(scope, ("gateway", "verticalScaling"), key, "CPU", str(replicas.min))
    if replicas.min > replicas.max:
        got = f"min {replicas.min} is more than max {replicas.max}"
        unsaid = "max" not in replicas.model_fields_set
        write = f"write {{min: {replicas.max}, max: {replicas.min}}}"
        if unsaid:
            got, write = f"{got}, which is the default", f"write {replicas.min}, or {{min: 2, max: {replicas.min}}}"
        scope.report.wrong(key, got, write)


def plan_replicas(gateway: Gateway, clients: Iterable[ClientPlan]) -> Decided[PodScaling | None]:
    replicas = gateway.replicas
    if replicas.min >= replicas.max:
        return None
    limits = {each.concurrent_requests for each in clients}
    times = max(ceil(10 * share(limit, replicas.min) * replicas.max / limit) / 10 for limit in limits)
    yield warned(
        _PATH,
        f"each pod lets through its share of a client's concurrentRequests as if {replicas.min} ran, since it doesn't"
        f" know their number: while {replicas.max} run, a client may have up to {times:g} times its limit at once;"
        " requests and tokens per minute are shared among the pods that run",
    )
    return PodScaling(replicas.min, replicas.max, _CPU, _MEMORY_MIB, _STEP, _KEEP_SECONDS)


def plan_vertical(gateway: Gateway) -> VerticalScaling | None:
    """Of CPU alone: Envoy's own limits are made for the memory of its pod."""
    if gateway.vertical_scaling is None:
        return None
    return VerticalScaling(gateway.vertical_scaling, (CPU / 2, float(THREADS)), None, 2)


def say_replicas(traffic: TrafficPlan) -> Iterator[str]:
    """When another pod comes, and when one goes."""
    each = traffic.scaling
    if each is not None:
        memory = f" or {each.memory_mib} MiB" if each.memory_mib else ""
        yield (
            f"above {each.cpu:g} CPU{memory} per pod in the mean another one comes, at most {each.step} per minute, and"
            f" one goes after {duration(each.keep_seconds)} in which fewer were needed"
        )
    yield from say_vertical(traffic.vertical)
