"""Own servers behind the gateway: `/custom/NAME/x` is `/x` of a Service, and those that hear answer OpenAI's
paths of audio too.

What such a server does with a request isn't known here, so a request is tried again only where nothing of it was sent.
"""

from collections.abc import Iterable, Iterator

from infra.plan.gateway import CustomServer, TrafficPlan
from infra.services.gateway.envoy.clusters import RETRIES
from infra.services.gateway.envoy.errors import plain, refusal
from infra.services.gateway.envoy.internal import http1
from infra.services.gateway.envoy.log import OF_THE_GATEWAY, ROUTED
from infra.services.gateway.envoy.messages import (
    MANY,
    NOT_POST,
    SECONDS,
    Message,
    any_of,
    at,
    by_dns,
    circuit_breakers,
    header,
    is_,
    socket,
    typed,
)
from infra.services.gateway.envoy.permissions import Permission
from infra.services.gateway.envoy.retries import NOT_SENT, retry_on

CUSTOM = "/custom/"
AUDIO = ("/v1/audio/transcriptions", "/v1/audio/translations")
MODEL_HEADER = "x-llm-model"  # says who is asked where the body is a form: no other path reads it
_ASKED = f"'%REQ({MODEL_HEADER}):100%'"


def custom_clusters(traffic: TrafficPlan) -> Iterator[Message]:
    """A connection is for one request: how long the server keeps an idle one isn't known, and one that it closes at the
    moment at which Envoy uses it would lose a request that may not be sent twice. So a Service with one address
    balances the requests, too."""
    for _, server in sorted(traffic.custom.items()):
        name = of_custom(server.name)
        yield typed(
            "config.cluster.v3.Cluster",
            name=name,
            cluster_type=by_dns(traffic.dns_refresh_seconds),
            connect_timeout="2s",
            lb_policy="LEAST_REQUEST",
            load_assignment=at(name, socket(server.host, server.port)),
            circuit_breakers=circuit_breakers(MANY, RETRIES),
            typed_extension_protocol_options=http1(max_requests_per_connection=1),
        )


def of_custom(name: str) -> str:
    return f"custom:{name}"


def paths_of_custom(traffic: TrafficPlan, permission: Permission) -> set[str]:
    """Under which these clients reach own servers."""
    hears = any(traffic.custom[name].audio for name in permission.custom)
    return {f"{CUSTOM}{name}/" for name in permission.custom} | set(AUDIO if hears else ())


def custom_routes(traffic: TrafficPlan, permission: Permission) -> Iterator[Message]:
    """Before all others: who is asked doesn't depend on the body."""
    known = [server for _, server in sorted(traffic.custom.items())]
    mine = [server for server in known if server.name in permission.custom]
    if known:
        yield from _own_paths(traffic, known, mine)
    if any(server.audio for server in known):
        hearing = [server for server in mine if server.audio]
        yield from _audio(traffic, [server for server in known if server.audio], hearing)


def _own_paths(traffic: TrafficPlan, known: Iterable[CustomServer], mine: Iterable[CustomServer]) -> Iterator[Message]:
    may = _may(mine)
    yield _no(traffic, {"prefix": CUSTOM, "headers": [_GRPC]}, 400, "grpc", "gRPC doesn't pass: call it in the cluster")
    for server in mine:
        yield _route(traffic, server, {"prefix": f"{CUSTOM}{server.name}/"}, {"prefix_rewrite": "/"})
    for server in known:
        if server not in mine:
            said = f"this key may not use {CUSTOM}{server.name}/; {may}"
            yield _no(traffic, {"prefix": f"{CUSTOM}{server.name}/"}, 403, "server_not_allowed", said)
    yield _no(traffic, {"prefix": CUSTOM}, 404, "unknown_server", f"no server is there; {may}")


def _audio(traffic: TrafficPlan, known: Iterable[CustomServer], mine: Iterable[CustomServer]) -> Iterator[Message]:
    there, may = any_of(AUDIO), _may(mine, "")
    yield _no(traffic, {**there, "headers": [NOT_POST]}, 405, "method_not_allowed", "this path takes POST")
    for server in mine:
        yield _route(traffic, server, {**there, "headers": [_named(server)]}, {})
    for server in known:
        if server not in mine:
            said = f"this key may not use {_ASKED}; {may}"
            match = {**there, "headers": [_named(server)]}
            yield _no(traffic, match, 403, "model_not_allowed", said, MODEL_HEADER)
    example = next((server.name for server in mine), "NAME")
    missing = f"the body is a form: say in the header, as {MODEL_HEADER}: {example}, which server is asked; {may}"
    yield _no(traffic, {**there, "headers": [_UNNAMED]}, 400, "missing_model", missing, MODEL_HEADER)
    yield _no(traffic, there, 404, "unknown_model", f"no server of audio is called {_ASKED}; {may}", MODEL_HEADER)


def _route(traffic: TrafficPlan, server: CustomServer, match: Message, rewrite: Message) -> Message:
    """The key of the engines is none of its business, and it can't say which server answered: by that is counted."""
    name = of_custom(server.name)
    return {
        "name": name,
        "match": match,
        "route": {
            "cluster": name,
            "timeout": "0s",
            "idle_timeout": SECONDS(traffic.idle_seconds),
            "max_stream_duration": {"max_stream_duration": SECONDS(traffic.total_seconds)},
            "auto_host_rewrite": True,
            "retry_policy": {"retry_on": retry_on(NOT_SENT), "num_retries": 2},
            **rewrite,
        },
        "request_headers_to_add": [header(ROUTED, name)],
        "request_headers_to_remove": ["authorization"],
        "response_headers_to_remove": list(OF_THE_GATEWAY),
    }


def _no(traffic: TrafficPlan, match: Message, status: int, code: str, said: str, param: str | None = None) -> Message:
    return refusal(traffic.contact, match, status, code, said, param)


def _may(mine: Iterable[CustomServer], prefix: str = CUSTOM) -> str:
    names = ", ".join(f"{prefix}{server.name}{'/' * bool(prefix)}" for server in mine)
    return f"this key may use {plain(names) or 'none'}"


def _named(server: CustomServer) -> Message:
    return {"name": MODEL_HEADER, **is_(server.name)}


_UNNAMED: Message = {"name": MODEL_HEADER, "present_match": False}
_GRPC: Message = {"name": "content-type", "string_match": {"prefix": "application/grpc"}}
