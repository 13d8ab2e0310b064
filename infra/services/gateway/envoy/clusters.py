"""The servers of each model, and the way of each client to the second tier."""

from collections.abc import Iterable, Iterator
from math import ceil

from infra.plan.gateway import ClientPlan, TrafficPlan, Upstream, servers_of
from infra.services.gateway.envoy.affinity import balance
from infra.services.gateway.envoy.held import either, nobody, pods_of
from infra.services.gateway.envoy.internal import http1, to_listener
from infra.services.gateway.envoy.messages import (
    MANY,
    SECONDS,
    Message,
    at,
    by_dns,
    circuit_breakers,
    socket,
    typed,
)
from infra.services.gateway.envoy.permissions import set_name
from infra.services.gateway.envoy.token_limits import token_service
from infra.services.gateway.envoy.traces import receiver

RETRIES = 1_000  # under way at once to one model; Envoy's default is 3

# A node that vanishes closes no connection: after 25 s without a reply its answers end, and not after a whole pause.
_KEEPALIVE: Message = {"keepalive_time": 10, "keepalive_interval": 5, "keepalive_probes": 3}


def clusters(traffic: TrafficPlan) -> Iterator[Message]:
    for _, client in sorted(traffic.clients.items()):
        yield _client(traffic, client)
    for upstream in sorted(traffic.servers, key=lambda each: each.model):
        if upstream.held_seconds:
            yield either(of_model(upstream.model), pods_of(upstream.model), upstream, traffic)
            yield _pods(pods_of(upstream.model), upstream, traffic)
        else:
            yield _pods(of_model(upstream.model), upstream, traffic)
    for upstream in sorted(traffic.upstreams.values(), key=lambda each: each.model):
        for client in limited(upstream, traffic.clients.values()):
            yield from _limited(traffic, upstream, client)
    if any(each.held_seconds for each in traffic.servers):
        yield nobody()
    if traffic.token_limits is not None:
        yield token_service(traffic.token_limits, traffic.dns_refresh_seconds)
    if traffic.traces is not None:
        yield receiver(traffic.traces, traffic.dns_refresh_seconds)


def of_client(name: str) -> str:
    return f"client:{name}"


def of_model(name: str, client: ClientPlan | None = None) -> str:
    """`client`: one that has a limit of its requests at once for this model."""
    return f"model:{name}" if client is None else f"model:{name}:{client.name}"


def limited(upstream: Upstream, clients: Iterable[ClientPlan]) -> Iterator[ClientPlan]:
    """Who may fill only a part of this model, so that other clients have the rest."""
    yield from (each for each in clients if upstream.model in each.at_once_of)


def share(concurrent: int, pods: int) -> int:
    return ceil(concurrent / pods)


def _client(traffic: TrafficPlan, client: ClientPlan) -> Message:
    """The limit at once is a circuit breaker, which counts in one Envoy. Each gets its share of the limit, rounded up:
    with n Envoys a client has at most n-1 requests more than its limit, and fewer than the limit where its connections
    lie on one Envoy more than on the others. Envoy can't share this limit by how many there are: where their number
    varies it is shared by the minimum, so that a client always has what it was promised."""
    at_once = share(client.concurrent_requests, traffic.replicas)
    listener = set_name(traffic, client.models, client.custom)
    return to_listener(of_client(client.name), [listener], circuit_breakers(at_once, RETRIES))


def _limited(traffic: TrafficPlan, upstream: Upstream, client: ClientPlan) -> Iterator[Message]:
    """The same servers once more, and its next version's: a circuit breaker counts the requests of one cluster. What it
    counts of the pods is added to the numbers of the model's own cluster."""
    at_once = share(client.at_once_of[upstream.model], traffic.replicas)
    for server in servers_of([upstream]):
        name, pods = of_model(server.model, client), pods_of(server.model)
        if server.held_seconds:
            yield either(name, f"{pods}:{client.name}", server, traffic)
            yield _pods(f"{pods}:{client.name}", server, traffic, at_once, alt_stat_name=pods)
        else:
            yield _pods(name, server, traffic, at_once, alt_stat_name=of_model(server.model))


def _pods(name: str, upstream: Upstream, traffic: TrafficPlan, at_once: int = MANY, **more: object) -> Message:
    """The addresses of the pods that are ready, as DNS has them."""
    return typed(
        "config.cluster.v3.Cluster",
        name=name,
        cluster_type=by_dns(traffic.dns_refresh_seconds),
        connect_timeout="2s",
        load_assignment=at(name, socket(upstream.host, upstream.port)),
        circuit_breakers=circuit_breakers(at_once, RETRIES),
        outlier_detection=_ejection(),
        **balance(upstream),
        upstream_connection_options={"tcp_keepalive": _KEEPALIVE},
        metadata={"filter_metadata": {"gateway": {"start_seconds": upstream.start_seconds}}},
        typed_extension_protocol_options=http1(idle_timeout=SECONDS(traffic.engine_idle_seconds)),
        **more,
    )


def _ejection() -> Message:
    """A server that refuses connections or cuts them is left out for some seconds, one that answers 500 is not: that is
    the request's fault as often. At least half of the servers stay, and where all are ejected all are asked."""
    return {
        "split_external_local_origin_errors": True,
        "consecutive_local_origin_failure": 3,
        "enforcing_consecutive_local_origin_failure": 100,
        "consecutive_gateway_failure": 0,
        "enforcing_consecutive_5xx": 0,
        "enforcing_consecutive_gateway_failure": 0,
        "enforcing_success_rate": 0,
        "enforcing_local_origin_success_rate": 0,
        "interval": "1s",
        "base_ejection_time": "5s",
        "max_ejection_time": "30s",
        "max_ejection_percent": 50,
        "always_eject_one_host": False,
    }
