"""Requests that are held until a sleeping model has a server.

Nobody is asked while they wait: each is tried again and again, on the addresses of the model's pods if there are any,
else on an address of Envoy's own pod on which nothing listens, which refuses at once. So it needs no Service without
endpoints to refuse, as some networks don't. What is held counts as a retry of the model's cluster, and that number is
what wakes the model.
"""

from infra.plan.gateway import TrafficPlan, Upstream
from infra.services.gateway.envoy.messages import (
    FILTER,
    FROM_BODY,
    MANY,
    SECONDS,
    Message,
    at,
    circuit_breakers,
    extension,
    header,
    socket,
    typed,
)
from infra.services.gateway.envoy.retries import BUSY, NOT_SENT, retry_on

NOBODY = "nobody"
HELD = "x-llm-held"  # the header of a request that may be held
_CLOSED_PORT = 1  # of loopback, which no program of the pod opens
# Seconds from one try to the next: at most, and in the mean, since Envoy draws each between 0 and 2.
_WAIT, _STEP = 2, 1
_LEFT = "envoy_cluster_circuit_breakers_default_remaining_retries"
_LATELY = "2m"  # several scrapes of Prometheus
LARGEST_HELD = 1_000_000  # bytes of a body: a larger one isn't kept for another try, so it is answered at once
_READS, _READER = "envoy.filters.http.header_to_metadata", FILTER("header_to_metadata", "Config")
_PREFERRED = "preferred"  # seconds, where the caller says so by `Prefer: wait=N`


def pods_of(model: str) -> str:
    return f"pods:{model}"


def nobody() -> Message:
    return typed(
        "config.cluster.v3.Cluster",
        name=NOBODY,
        connect_timeout="1s",
        load_assignment=at(NOBODY, socket("127.0.0.1", _CLOSED_PORT)),
        circuit_breakers={"thresholds": [{"max_pending_requests": MANY, "max_connections": MANY}]},
    )


def either(name: str, pods: str, upstream: Upstream, traffic: TrafficPlan) -> Message:
    """The model's pods, whose cluster is `pods`, where there are any, else nobody. No more than `held_requests` are
    tried again at once, so no more are held: their bodies are in memory."""
    return typed(
        "config.cluster.v3.Cluster",
        name=name,
        connect_timeout="2s",
        lb_policy="CLUSTER_PROVIDED",
        cluster_type=extension(
            "clusters.aggregate",
            "extensions.clusters.aggregate.v3.ClusterConfig",
            clusters=[pods, NOBODY],
        ),
        circuit_breakers=circuit_breakers(MANY, traffic.held_requests, track_remaining=True),
        metadata={"filter_metadata": {"gateway": {"start_seconds": upstream.start_seconds}}},
    )


def preference() -> Message:
    """Reads `Prefer: wait=N` where a route says up to which N. It stands behind the filters that read the body, which
    decides the route."""
    return extension(_READS.removeprefix("envoy."), _READER)


def held_limits(seconds: int) -> Message:
    """Of a route: the largest body that is kept for another try, and the longest wait that a caller may prefer."""
    return {"request_body_buffer_limit": LARGEST_HELD, "typed_per_filter_config": _preferred(seconds)}


def _preferred(seconds: int) -> Message:
    """Up to the model's own time. Any other preference stays text, which Envoy takes for no number of
    tries, so the request is held for the model's own time."""
    regex = rf"(?:.*[,;]\s*)?wait=({up_to(seconds)})(?:\s*[,;].*)?"
    number = {"pattern": {"regex": regex}, "substitution": r"\1"}
    present = {"metadata_namespace": FROM_BODY, "key": _PREFERRED, "regex_value_rewrite": number}
    return {_READS: typed(_READER, request_rules=[{"header": "prefer", "on_header_present": present}])}


def up_to(number: int) -> str:
    """A pattern of the whole numbers from 0 to this one: those with fewer digits, and those that are less from one
    digit on."""
    digits = str(number)
    less = [
        f"{digits[:nth]}[0-{int(digit) - 1}]\\d{{{len(digits) - nth - 1}}}"
        for nth, digit in enumerate(digits)
        if digit != "0"
    ]
    shorter = [f"\\d{{1,{len(digits) - 1}}}"] if len(digits) > 1 else []
    return "|".join([digits, *less, *shorter])


def waiting(held_seconds: int) -> Message:
    """Of a route: how often it is tried, and so for how many seconds: as its caller prefers, else as the model says. It
    ends after about this time: the pauses are drawn, and their mean is a second. A request that a server has read isn't
    sent again: one that ends its server would end it again and again for all that time."""
    return {
        "retry_on": retry_on(NOT_SENT, BUSY),
        "retriable_status_codes": [503],
        "num_retries": held_seconds // _STEP,
        "retry_back_off": {"base_interval": SECONDS(_WAIT), "max_interval": SECONDS(_WAIT)},
    }


def held_headers() -> list[Message]:
    tries = header("x-envoy-max-retries", f"%DYNAMIC_METADATA({FROM_BODY}:{_PREFERRED})%")
    return [header(HELD, "yes"), tries]


def held_query(traffic: TrafficPlan, namespace: str, model: str) -> str:
    """The requests of a model that are held, in all Envoys together: 0 while none is, and no element, which KEDA takes
    for an error, where Prometheus reads no Envoy. The metric of Envoy says how many more it would hold. The query is
    the same whether or not there are clients that may fill only a part of the model: an added client changes no
    scaler."""
    return f'sum({traffic.held_requests} - {_LEFT}{{namespace="{namespace}",{_with_parts(f"model:{model}")}}})'


def fullest_query(traffic: TrafficPlan, namespace: str, model: str) -> str:
    """The requests of a model that are held in one Envoy, the fullest."""
    return f'max({traffic.held_requests} - {_LEFT}{{namespace="{namespace}",{_with_parts(f"model:{model}")}}})'


def asked_query(namespace: str, model: str) -> str:
    """The requests that the servers of a model are answering, as all Envoys together see it, and 1 more where one was
    sent there in the last minutes: short requests are rarely seen while they are answered. It is 0 where a model has no
    server, so it lets a model sleep and can't wake it."""
    of = _of(namespace, pods_of(model))
    lately = f"sum(increase(envoy_cluster_upstream_rq_total{of}[{_LATELY}])) > bool 0"
    return f"sum(envoy_cluster_upstream_rq_active{of}) + ({lately})"


def _of(namespace: str, cluster: str) -> str:
    return f'{{namespace="{namespace}",envoy_cluster_name="{_written(cluster)}"}}'


def _with_parts(cluster: str) -> str:
    """With the clusters of clients that may fill only a part of the model."""
    return f'envoy_cluster_name=~"{_written(cluster)}(_.+)?"'


def _written(cluster: str) -> str:
    """Envoy writes the names of its statistics without colons."""
    return cluster.replace(":", "_")
