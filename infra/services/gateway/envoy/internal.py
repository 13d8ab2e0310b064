"""Clusters that lead to listeners inside the same process, and how Envoy speaks to whatever it sends to."""

from collections.abc import Sequence

from infra.services.gateway.envoy.messages import (
    MANY,
    SECONDS,
    Message,
    at,
    by_dns,
    circuit_breakers,
    extension,
    socket,
    typed,
)

IDLE_BETWEEN_TIERS = 60  # the tier behind keeps a connection for longer, so it never closes one that is used
RESETS = 200  # requests of a connection, from which on it is closed where most of them were reset at once
_KIB_OF_ANSWERS = 60  # of headers; as many as a request may have
# What a tier adds has room besides the 100 headers and 60 KiB that a caller and a server may send.
HEADERS_BETWEEN, KIB_BETWEEN = 200, 96
# Both tiers: what HTTP/1.1 may say and HTTP/2 may not (an empty Host) ends one request. Otherwise Envoy closes the
# connection, which cuts all streams of this client.
ONLY_ITS_STREAM: Message = {"override_stream_error_on_invalid_http_message": True}
_OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"


def to_listener(name: str, listeners: Sequence[str], limits: Message | None = None) -> Message:
    """The first of these listeners; a try that fails there may be sent to the next."""
    raw = extension("transport_sockets.raw_buffer", "extensions.transport_sockets.raw_buffer.v3.RawBuffer")
    endpoints = [
        {**({"priority": nth} if nth else {}), "lb_endpoints": [{"endpoint": {"address": _internal(each)}}]}
        for nth, each in enumerate(listeners)
    ]
    return typed(
        "config.cluster.v3.Cluster",
        name=name,
        load_assignment={"cluster_name": name, "endpoints": endpoints},
        transport_socket=extension(
            "transport_sockets.internal_upstream",
            "extensions.transport_sockets.internal_upstream.v3.InternalUpstreamTransport",
            transport_socket=raw,
        ),
        circuit_breakers=limits or circuit_breakers(MANY, MANY),
        typed_extension_protocol_options=_http2(),
    )


def listener_inside(name: str, tier: Message) -> Message:
    """To which only clusters of the same process lead."""
    return typed(
        "config.listener.v3.Listener",
        name=name,
        internal_listener={},
        ignore_global_conn_limit=True,
        filter_chains=[{"filters": [tier]}],
    )


def http1(**common: object) -> Message:
    return _options({"http_protocol_options": {}}, {**common, "max_response_headers_kb": _KIB_OF_ANSWERS})


def _http2() -> Message:
    """Only the streams of HTTP/2 can be ended by the memory that they take (`bootstrap.py`). A connection is left
    before it is closed for callers who cancel most of their requests, which would cut the others on it."""
    common = {
        "idle_timeout": SECONDS(IDLE_BETWEEN_TIERS),
        "max_requests_per_connection": RESETS // 2,
        "max_headers_count": HEADERS_BETWEEN,
        "max_response_headers_kb": KIB_BETWEEN,
    }
    return _options({"http2_protocol_options": {"initial_stream_window_size": 65_536, **ONLY_ITS_STREAM}}, common)


def to_service(name: str, host: str, port: int, refresh_seconds: int) -> Message:
    """A service of the cluster that Envoy itself asks by gRPC."""
    return typed(
        "config.cluster.v3.Cluster",
        name=name,
        cluster_type=by_dns(refresh_seconds),
        connect_timeout="1s",
        load_assignment=at(name, socket(host, port)),
        circuit_breakers=circuit_breakers(MANY, MANY),
        typed_extension_protocol_options=_options({"http2_protocol_options": {}}),
    )


def _options(protocol: Message, common: Message | None = None) -> Message:
    options = typed(
        "extensions.upstreams.http.v3.HttpProtocolOptions",
        **({"common_http_protocol_options": common} if common else {}),
        explicit_http_config=protocol,
    )
    return {_OPTIONS: options}


def _internal(listener: str) -> Message:
    return {"envoy_internal_address": {"server_listener_name": listener}}
