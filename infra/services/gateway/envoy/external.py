"""The way to models that somebody else hosts: a separate listener for each, to which only the routes of its clients and
of the models that fall back to it lead."""

from collections.abc import Iterator
from pathlib import Path

from infra.plan.external import External
from infra.plan.gateway import TrafficPlan
from infra.services.gateway.envoy.connections import BETWEEN_TIERS, manager, routes_in
from infra.services.gateway.envoy.errors import plain
from infra.services.gateway.envoy.internal import http1, listener_inside, to_listener
from infra.services.gateway.envoy.messages import (
    FILTER,
    JSON_TYPE,
    MANY,
    MIB,
    SECONDS,
    Message,
    at,
    circuit_breakers,
    extension,
    header,
    resources,
    socket,
    typed,
)
from infra.services.gateway.envoy.place import Place
from infra.services.gateway.envoy.retries import NOT_SENT, retry_on

SCRIPT = Path(__file__).with_name("external.lua").read_text(encoding="utf-8")
_METADATA = "gateway.external"
_IDLE = 30  # seconds for which a connection to a provider is kept: shorter than any provider keeps it
_CONNECT = 5
LATER_THAN_BEHIND = 5  # seconds by which the tier before waits longer


def of_external(name: str) -> str:
    """The cluster that leads to the listener."""
    return f"external:{name}"


def listener_of(name: str) -> str:
    return f"external-{name}"


def file_of(name: str) -> str:
    """It has the provider's key, so it belongs in a Secret."""
    return f"external-{name}.json"


def external_clusters(traffic: TrafficPlan, place: Place) -> Iterator[Message]:
    for name, external in sorted(traffic.externals.items()):
        yield to_listener(of_external(name), [listener_of(name)])
        yield _provider(external, traffic, place)


def external_listener(traffic: TrafficPlan, place: Place, external: External) -> Message:
    """Nothing of it is logged here: the tier before it logs the request, and never its body or a key."""
    filters = [
        extension("filters.http.buffer", FILTER("buffer", "Buffer"), max_request_bytes=traffic.body_mib * MIB),
        _script(external, traffic.contact),
        _is_json(),
    ]
    tier = manager(
        listener_of(external.name),
        filters,
        rds=routes_in(place, listener_of(external.name), file_of(external.name)),
        stream_idle_timeout=SECONDS(traffic.idle_seconds),
        **BETWEEN_TIERS,
    )
    return listener_inside(listener_of(external.name), tier)


def external_file(traffic: TrafficPlan, external: External, key: str) -> str:
    """Its routes, with the provider's key. A request is sent once: a second try could be paid twice."""
    route: Message = {
        "cluster": _provider_of(external.name),
        "timeout": "0s",
        "idle_timeout": SECONDS(traffic.idle_seconds),
        "host_rewrite_literal": external.authority,
        "retry_policy": {"retry_on": retry_on(NOT_SENT), "num_retries": 1},
    }
    routes = [
        {"match": {"path": path}, "route": {**route, "prefix_rewrite": external.path(path)}} for path in external.paths
    ]
    host = {
        "name": external.name,
        "domains": ["*"],
        "routes": routes,
        "request_headers_to_add": [header("authorization", plain(f"Bearer {key}"))],
    }
    name = listener_of(external.name)
    return resources([typed("config.route.v3.RouteConfiguration", name=name, virtual_hosts=[host])])


def _provider_of(name: str) -> str:
    return f"provider:{name}"


def _provider(external: External, traffic: TrafficPlan, place: Place) -> Message:
    """One address of its name at a time, as providers expect; their certificates are checked, and have to be for this
    host."""
    dns = extension(
        "clusters.dns",
        "extensions.clusters.dns.v3.DnsCluster",
        all_addresses_in_single_endpoint=True,
        dns_lookup_family="V4_ONLY",
        dns_refresh_rate=SECONDS(traffic.dns_refresh_seconds),
        respect_dns_ttl=True,
    )
    name = _provider_of(external.name)
    return typed(
        "config.cluster.v3.Cluster",
        name=name,
        cluster_type=dns,
        connect_timeout=SECONDS(_CONNECT),
        load_assignment=at(name, socket(external.host, external.port)),
        circuit_breakers=circuit_breakers(MANY, MANY),
        typed_extension_protocol_options=http1(idle_timeout=SECONDS(_IDLE)),
        **({"transport_socket": _tls(external, place)} if external.encrypted else {}),
    )


def _tls(external: External, place: Place) -> Message:
    trusted = {"trusted_ca": {"filename": place.certificates}}
    return extension(
        "transport_sockets.tls",
        "extensions.transport_sockets.tls.v3.UpstreamTlsContext",
        sni=external.host,
        auto_sni_san_validation=True,
        common_tls_context={
            "tls_params": {"tls_minimum_protocol_version": "TLSv1_2"},
            "validation_context": trusted,
        },
    )


def _script(external: External, contact: str | None) -> Message:
    known = {"NAME": external.name, "MODEL": external.model, "CONTACT": contact}
    set_ = "".join(f"local {name} = {_lua(value)}\n" for name, value in known.items())
    return extension(
        "filters.http.lua",
        FILTER("lua", "Lua"),
        default_source_code={"inline_string": set_ + SCRIPT},
        clear_route_cache=False,
    )


def _lua(text: str | None) -> str:
    """A text of Lua: each byte by its number, so that none ends it."""
    return "nil" if text is None else '"' + "".join(f"\\{byte:03d}" for byte in text.encode()) + '"'


def _is_json() -> Message:
    """Holds an answer of JSON until it is whole, and says whether it is JSON."""
    read = {"metadata_namespace": _METADATA, "key": "is_json", "value": "yes"}
    rule = {"selectors": [{"key": "usage"}], "on_present": read, "on_missing": read}
    return extension(
        "filters.http.json_to_metadata",
        FILTER("json_to_metadata", "JsonToMetadata"),
        response_rules={"rules": [rule], "allow_content_types_regex": JSON_TYPE},
    )
