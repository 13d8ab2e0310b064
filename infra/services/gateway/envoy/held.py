"""Requests that are held until a sleeping model has a server.

Nobody is asked while they wait: each is tried again and again, on the addresses of the model's pods if there are any,
else on an address of Envoy's own pod on which nothing listens, which refuses at once. So it needs no Service without
endpoints to refuse, as some networks don't. What is held counts as a retry of the model's cluster, and that number is
what wakes the model.
"""

import re
from collections.abc import Iterator, Sequence

from infra.plan.gateway import TrafficPlan, Upstream
from infra.services.gateway.envoy.messages import SECONDS, Message, extension, socket, typed

NOBODY = "nobody"
HELD = "x-llm-held"  # the header of a request that may be held
_CLOSED_PORT = 1  # of loopback: no program in Envoy's container may listen below 1024
_WAIT, _STEP = (
    2,
    1,
)  # seconds from one try to the next: at most, and in the mean, since Envoy draws each between 0 and 2
# Waits that a caller can ask for by `Prefer: wait=N`, with the numbers that are rounded down to each.
_WAITS = {0: r"\d", 10: r"[12]\d", 30: r"[345]\d", 60: r"[6-9]\d|1[01]\d", 120: r"1[2-9]\d|2\d\d", 300: r"[345]\d\d"}


def pods_of(model: str) -> str:
    return f"pods:{model}"


def nobody() -> Message:
    address = {"endpoint": {"address": socket("127.0.0.1", _CLOSED_PORT)}}
    return typed(
        "config.cluster.v3.Cluster",
        name=NOBODY,
        connect_timeout="1s",
        load_assignment={"cluster_name": NOBODY, "endpoints": [{"lb_endpoints": [address]}]},
        circuit_breakers={"thresholds": [{"max_pending_requests": 100_000, "max_connections": 100_000}]},
    )


def either(name: str, upstream: Upstream, traffic: TrafficPlan) -> Message:
    """The model's pods where there are any, else nobody. No more than `held_requests` are tried again at once, so no
    more are held: their bodies are in memory."""
    limits = {
        "max_requests": 100_000,
        "max_connections": 100_000,
        "max_pending_requests": 100_000,
        "max_retries": traffic.held_requests,
        "track_remaining": True,
    }
    return typed(
        "config.cluster.v3.Cluster",
        name=name,
        connect_timeout="2s",
        lb_policy="CLUSTER_PROVIDED",
        cluster_type=extension(
            "clusters.aggregate",
            "extensions.clusters.aggregate.v3.ClusterConfig",
            clusters=[pods_of(upstream.model), NOBODY],
        ),
        circuit_breakers={"thresholds": [limits]},
        metadata={"filter_metadata": {"gateway": {"start_seconds": upstream.start_seconds}}},
    )


def waits(upstream: Upstream) -> Iterator[tuple[Sequence[Message], Message]]:
    """Headers that a request has -> for how long it is tried: as its caller prefers, else as the model says."""
    for seconds, numbers in _WAITS.items():
        if seconds < upstream.held_seconds:
            yield [_prefers(numbers)], _for(seconds)
    yield [], _for(upstream.held_seconds)


def _prefers(numbers: str) -> Message:
    return {"name": "prefer", "string_match": {"safe_regex": {"regex": rf"(.*[,;]\s*)?wait=({numbers})(\s*[,;].*)?"}}}


def _for(seconds: int) -> Message:
    """It ends after about this time: the pauses are drawn, and their mean is a second."""
    return {
        "retry_on": "connect-failure,refused-stream,reset,retriable-status-codes",
        "retriable_status_codes": [503],
        "num_retries": seconds // _STEP,
        "retry_back_off": {"base_interval": SECONDS(_WAIT), "max_interval": SECONDS(_WAIT)},
    }


def held_query(traffic: TrafficPlan, namespace: str, model: str) -> str:
    """The requests of a model that are held, in all Envoys together: 0 while none is, and no element, which KEDA takes
    for an error, where Prometheus reads no Envoy. The metric of Envoy says how many more it would hold."""
    name = re.sub(r"[^\w-]", "_", f"model:{model}")  # Envoy writes its statistics without colons
    labels = f'namespace="{namespace}",envoy_cluster_name="{name}"'
    return f"sum({traffic.held_requests} - envoy_cluster_circuit_breakers_default_remaining_retries{{{labels}}})"
