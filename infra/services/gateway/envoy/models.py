"""What a client with one set of permissions may ask."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from infra.plan.external import External
from infra.plan.gateway import ClientPlan, TrafficPlan, Upstream
from infra.services.gateway.envoy.affinity import hash_policy
from infra.services.gateway.envoy.custom import MODEL_HEADER, custom_routes
from infra.services.gateway.envoy.descriptions import descriptions
from infra.services.gateway.envoy.external import LATER_THAN_BEHIND, of_external
from infra.services.gateway.envoy.fallback import falling_back, own, own_tries, shared_paths
from infra.services.gateway.envoy.held import held_headers, held_limits, waiting
from infra.services.gateway.envoy.limits import NAME, SAID_HERE, limits
from infra.services.gateway.envoy.log import HELD_MS, ROUTED, sent
from infra.services.gateway.envoy.messages import (
    POST,
    SECONDS,
    Message,
    any_of,
    extension,
    from_body,
    header,
    is_,
    one_of,
    resources,
    typed,
)
from infra.services.gateway.envoy.permissions import Permission, allowed, allowed_elsewhere
from infra.services.gateway.envoy.refusals import paused, refusals
from infra.services.gateway.envoy.retries import BUSY, NO_ANSWER, NOT_SENT, retry_on
from infra.services.gateway.envoy.shapes import routes_of_both
from infra.services.gateway.envoy.token_limits import SAID_BACK, TOKENS, limited, token_limits
from infra.services.gateway.envoy.versions import Way, ways


def models_file(traffic: TrafficPlan, permission: Permission) -> str:
    """One file per set: with 200 models and ten sets, all in one would be larger than a ConfigMap may be."""
    host = {
        "name": permission.name,
        "domains": ["*"],
        "routes": list(routes_of_both(_routes(traffic, permission))),
        "retry_policy": _retries(),
        "typed_per_filter_config": dict(_limits(traffic, permission)),
        "request_headers_to_remove": ["x-llm-wait", MODEL_HEADER],
        "response_headers_to_remove": [*SAID_HERE, *SAID_BACK],
    }
    config = typed(
        "config.route.v3.RouteConfiguration",
        name=permission.name,
        virtual_hosts=[host],
        max_direct_response_body_size_bytes=1_048_576,
    )
    return resources([config])


def _limits(traffic: TrafficPlan, permission: Permission) -> Iterator[tuple[str, Message]]:
    yield NAME, limits(traffic, permission)
    if limited(permission):
        yield TOKENS, token_limits(permission)


def _routes(traffic: TrafficPlan, permission: Permission) -> Iterator[Message]:
    yield from custom_routes(traffic, permission)
    yield from descriptions(traffic, permission)
    for upstream, names in allowed(traffic, permission):
        yield from _of(traffic, upstream, names, permission.clients)
    for external in allowed_elsewhere(traffic, permission):
        yield _elsewhere(traffic, external)
    yield from refusals(traffic, permission)


def own_file(traffic: TrafficPlan, upstream: Upstream) -> str:
    """The routes to the servers of a model that falls back to another one; the tier before found the model."""
    paths = {path: upstream.paths[path] for path in sorted(shared_paths(traffic, upstream))}
    host = {
        "name": upstream.model,
        "domains": ["*"],
        "routes": list(_ways(traffic, replace(upstream, paths=paths), traffic.clients.values(), {}, [])),
        "response_headers_to_add": [header(HELD_MS, "%COMMON_DURATION(DS_RX_BEG:US_TX_BEG:ms)%")],
        "retry_policy": {**_retries(), **own_tries(upstream)},
    }
    return resources([typed("config.route.v3.RouteConfiguration", name=own(upstream.model), virtual_hosts=[host])])


def _of(
    traffic: TrafficPlan, upstream: Upstream, names: Iterable[str], clients: Iterable[ClientPlan]
) -> Iterator[Message]:
    """What is routed says so in a header, by which it is counted: its model is one that there is, whatever was sent."""
    asked = {"headers": [POST], "dynamic_metadata": [from_body("model", one_of(names))]}
    counted = [header(ROUTED, sent("model"))]
    elsewhere = shared_paths(traffic, upstream)
    if elsewhere:
        yield falling_back(traffic, upstream, asked, counted)
    if rest := {path: there for path, there in upstream.paths.items() if path not in elsewhere}:
        here = replace(upstream, paths=rest, fallback=None)
        yield from paused(traffic, here, names) if upstream.paused else _ways(traffic, here, clients, asked, counted)


def _ways(
    traffic: TrafficPlan, upstream: Upstream, clients: Iterable[ClientPlan], asked: Message, counted: Iterable[Message]
) -> Iterator[Message]:
    """`clients`: whose requests may come here."""
    for way in ways(upstream, clients):
        named = [*_headers(asked), *way.headers]
        match = {**asked, **({"headers": named} if named else {})}
        yield from _routes_of(traffic, upstream, way, match, [*counted, *way.request_headers])


def _headers(match: Message) -> list[Message]:
    found = match.get("headers", [])
    assert isinstance(found, list)
    return found


def _routes_of(
    traffic: TrafficPlan, upstream: Upstream, way: Way, asked: Message, counted: Iterable[Message]
) -> Iterator[Message]:
    """One route for all paths that are rewritten in the same way: with 200 models their file is nearly full.

    The total counts from when the headers of the request came, so its upload and its wait for a server are part of it.
    Envoy has no time that begins with the first byte of an answer; the one of a cluster begins when a try is sent, and
    a request that it ends would be tried again."""
    held = way.held_seconds
    tries = own_tries(upstream) if upstream.fallback is not None else {}
    more: Message = {"retry_policy": {**waiting(held), **tries}} if held else {}
    headers = held_headers() if held else []
    kept: Message = held_limits(held) if held else {}
    added: Message = {"request_headers_to_add": [*counted, *headers], **way.of_answers, **kept}
    action: Mapping[str, object] = {
        **way.action,
        "timeout": "0s",
        "idle_timeout": SECONDS(traffic.silence_seconds if held else traffic.idle_seconds),
        "max_stream_duration": {"max_stream_duration": SECONDS(traffic.total_seconds + held)},
        "auto_host_rewrite": True,
        **hash_policy(upstream),
        **more,
    }
    for match, rewrite in _by_rewrite(upstream.paths):
        yield {"name": upstream.model, "match": {**match, **asked}, "route": {**action, **rewrite}, **added}


def _by_rewrite(paths: Mapping[str, str]) -> Iterator[tuple[Message, Message]]:
    """Paths that the engine serves where they are asked for, those that it has without `/v1`, and each other one."""
    same = [path for path, there in paths.items() if path == there]
    shorter = [path for path, there in paths.items() if path == f"/v1{there}"]
    if same:
        yield any_of(same), {}
    if shorter:
        yield any_of(shorter), {"regex_rewrite": {"pattern": {"regex": "^/v1"}, "substitution": ""}}
    for path, there in paths.items():
        if path not in (*same, *shorter):
            yield {"path": path}, {"prefix_rewrite": there}


def _elsewhere(traffic: TrafficPlan, external: External) -> Message:
    """It waits longer than the listener behind it, which says what went wrong, and tries nothing again."""
    asked = {"headers": [POST], "dynamic_metadata": [from_body("model", is_(external.name))]}
    action: Message = {
        "cluster": of_external(external.name),
        "timeout": "0s",
        "idle_timeout": SECONDS(traffic.idle_seconds + LATER_THAN_BEHIND),
        "max_stream_duration": {"max_stream_duration": SECONDS(traffic.total_seconds)},
        "retry_policy": {"num_retries": 0},
    }
    counted = [header(ROUTED, sent("model"))]
    return {
        "name": external.name,
        "match": {**any_of(external.paths), **asked},
        "route": action,
        "request_headers_to_add": counted,
    }


def _retries() -> Message:
    """Where no byte of an answer came: the server is gone, or it begins or ends and says 503. It is tried on two other
    servers, no more: a request that ends its server shall not end all of them. The server that is gone has no
    requests, so it would be chosen again and again: many choices until it is another one."""
    return {
        "retry_on": retry_on(NOT_SENT, NO_ANSWER, BUSY),
        "retriable_status_codes": [503],
        "num_retries": 2,
        "retry_back_off": {"base_interval": "0.1s", "max_interval": "1s"},
        "retry_host_predicate": [
            extension(
                "retry_host_predicates.previous_hosts",
                "extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate",
            )
        ],
        "host_selection_retry_max_attempts": 20,
    }
