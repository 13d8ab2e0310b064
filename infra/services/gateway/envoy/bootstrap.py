"""The file with which Envoy starts: only a change of this one needs other pods."""

from collections.abc import Iterator

from infra.plan.gateway import TrafficPlan
from infra.services.gateway.envoy.clients import ROUTES, healthy
from infra.services.gateway.envoy.connections import first_tier, manager, routes_in
from infra.services.gateway.envoy.internal import RESETS
from infra.services.gateway.envoy.messages import MIB, Message, by_dns, extension, file_source, socket, text
from infra.services.gateway.envoy.place import Place
from infra.services.gateway.envoy.tls import tls_listener

CLIENTS, CLUSTERS, LISTENERS = "clients.json", "clusters.json", "listeners.json"
_CONNECTIONS = 10_000  # of callers
_SMALLEST_ENDED = 17  # as a power of two: a request of 128 KiB. With 1 MiB, 1,900 just below took 1.9 GiB
_HEAP = "resource_monitors.fixed_heap"
# A caller that opens and resets streams all the time loses its connection (CVE-2023-44487).
_RAPID_RESET = {
    "overload.premature_reset_total_stream_count": RESETS,
    "overload.premature_reset_min_stream_lifetime_seconds": 1,
    "http.max_requests_per_io_cycle": 10,
}
# The paths of all models are one pattern: 102 with those of chat, vectors and ranks; Envoy refuses more than 100.
_LONG_PATTERNS = {"re2.max_program_size.error_level": 1000}
# Memory that large requests needed goes back to the container; otherwise Envoy keeps it.
_FREED = {"bytes_to_release": 32 * MIB, "memory_release_interval": "1s"}
# A name of a cluster has four dots, and a pod's resolver tries three others before a name of less than five: each Envoy
# would ask four times for each model, every few seconds.
_FULL_NAMES = extension(
    "network.dns_resolver.cares",
    "extensions.network.dns_resolver.cares.v3.CaresDnsResolverConfig",
    dns_resolver_options={"no_default_search_domain": True},
)
# What Envoy counts. All of it was 30,000 lines with 50 models and 50 clients, and a scrape that takes longer than
# Prometheus waits makes every query of a scaler fail. Of a cluster only what a query or an operator asks for.
_COUNTED = ("llm.", "server.", "http.clients.", "overload.", "listener_manager.", "cluster_manager.")
_OF_A_CLUSTER = (
    "upstream_rq_active",
    "upstream_rq_total",
    "upstream_rq_retry",
    "upstream_rq_pending_overflow",
    "membership_healthy",
    "membership_total",
    "circuit_breakers.default.remaining_retries",
    "ratelimit.over_limit",
    "ratelimit.error",  # nobody counted its tokens, and it passed
)
_OF_A_FILE = r"http\..+\.rds\..+\.update_(success|rejected)"  # of the routes of each set of models


# What Envoy says of itself, beside the lines of requests; %j is the message with what JSON wants escaped.
_LOG: Message = {"time": "%Y-%m-%dT%T.%e%z", "level": "%l", "logger": "%n", "message": "%j"}


def bootstrap(traffic: TrafficPlan, place: Place) -> str:
    return text(
        {
            "node": {"id": "gateway", "cluster": "gateway"},
            "admin": {"address": socket("127.0.0.1", place.admin_port)},
            "application_log_config": {"log_format": {"json_format": _LOG}},
            "layered_runtime": {"layers": [{"name": "static", "static_layer": {**_RAPID_RESET, **_LONG_PATTERNS}}]},
            "overload_manager": _overload(place),
            "memory_allocator_manager": _FREED,
            "stats_config": {"stats_matcher": {"inclusion_list": {"patterns": _counted()}}},
            "bootstrap_extensions": [
                extension("bootstrap.internal_listener", "extensions.bootstrap.internal_listener.v3.InternalListener")
            ],
            "cluster_manager": {"local_cluster_name": "gateway"},
            "dynamic_resources": {
                "cds_config": file_source(place, CLUSTERS),
                "lds_config": file_source(place, LISTENERS),
            },
            "static_resources": {
                "listeners": [*_listeners(traffic, place), _metrics(place)],
                "clusters": [_peers(traffic, place), _admin(place)],
            },
            **({"typed_dns_resolver_config": _FULL_NAMES} if place.full_names else {}),
        }
    )


def _counted() -> list[Message]:
    endings = "|".join(_OF_A_CLUSTER).replace(".", r"\.")
    patterns = (rf"cluster\..+\.({endings})", _OF_A_FILE)
    return [*({"prefix": each} for each in _COUNTED), *({"safe_regex": {"regex": each}} for each in patterns)]


def _listeners(traffic: TrafficPlan, place: Place) -> Iterator[Message]:
    routes = routes_in(place, ROUTES, CLIENTS)
    yield {
        "name": "clients",
        "address": socket(place.address, place.port),
        "per_connection_buffer_limit_bytes": 65_536,
        "filter_chains": [{"filters": [first_tier(traffic, place, routes)]}],
    }
    if traffic.tls_secret is not None:
        yield tls_listener(traffic, place, routes)


def _metrics(place: Place) -> Message:
    """Of the admin interface only what Prometheus reads; everything else of it is on loopback. The kubelet asks here
    too, so callers that hold all connections don't make the pod unready."""
    routes = [healthy(), {"match": {"path": "/stats/prometheus"}, "route": {"cluster": "admin"}}]
    hosts = [{"name": "metrics", "domains": ["*"], "routes": routes}]
    return {
        "name": "metrics",
        "address": socket(place.address, place.metrics_port),
        "ignore_global_conn_limit": True,
        "filter_chains": [
            {"filters": [manager("metrics", (), route_config={"name": "metrics", "virtual_hosts": hosts})]}
        ],
    }


def _admin(place: Place) -> Message:
    return _static("admin", [socket("127.0.0.1", place.admin_port)])


def _peers(traffic: TrafficPlan, place: Place) -> Message:
    """Envoy counts these to know its share of each limit per minute; it sends nothing there."""
    endpoints = [socket(host, port) for host, port in place.peers or (("127.0.0.1", place.port),)]
    return {**_static("gateway", endpoints), "cluster_type": by_dns(traffic.dns_refresh_seconds)}


def _static(name: str, addresses: list[Message]) -> Message:
    endpoints = [{"endpoint": {"address": address}} for address in addresses]
    return {"name": name, "load_assignment": {"cluster_name": name, "endpoints": [{"lb_endpoints": endpoints}]}}


def _overload(place: Place) -> Message:
    """Before the memory of its container is full it ends the requests that need most of it, then gives memory back,
    closes idle connections and refuses new ones. At about 70 MiB when idle, each request that comes or waits needs two
    to three times its size (tried with 1.40), until its answer begins; all those of the largest size may come at once.
    """
    connections = extension(
        "resource_monitors.global_downstream_max_connections",
        "extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig",
        max_active_downstream_connections=_CONNECTIONS,
    )
    heap = extension(
        _HEAP,
        "extensions.resource_monitors.fixed_heap.v3.FixedHeapConfig",
        max_heap_size_bytes=place.memory_mib * MIB * 9 // 10,
    )
    return {
        "refresh_interval": "0.02s",
        "buffer_factory_config": {"minimum_account_to_track_power_of_two": _SMALLEST_ENDED},
        "resource_monitors": [connections, heap],
        "actions": [
            _from("reset_high_memory_stream", 0.5, 0.8),
            _at("shrink_heap", 0.8),
            _at("disable_http_keepalive", 0.85),
            _at("stop_accepting_requests", 0.9),
        ],
    }


def _at(action: str, share: float) -> Message:
    return _action(action, {"threshold": {"value": share}})


def _from(action: str, some: float, all_: float) -> Message:
    """More of it, the nearer the share is to the second one."""
    return _action(action, {"scaled": {"scaling_threshold": some, "saturation_threshold": all_}})


def _action(action: str, trigger: Message) -> Message:
    return {"name": f"envoy.overload_actions.{action}", "triggers": [{"name": f"envoy.{_HEAP}", **trigger}]}
