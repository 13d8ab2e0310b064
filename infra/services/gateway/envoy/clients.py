"""The keys: the only file that has any, so it belongs in a Secret."""

from collections.abc import Iterator, Mapping, Sequence

from infra.plan.gateway import ClientPlan, TrafficPlan
from infra.services.gateway.envoy.clusters import of_client
from infra.services.gateway.envoy.errors import plain
from infra.services.gateway.envoy.held import HELD
from infra.services.gateway.envoy.limits import asks_to_wait
from infra.services.gateway.envoy.log import HELD_MS, ROUTED, SERVED, SERVED_BY
from infra.services.gateway.envoy.messages import MIB, NO_HOST, Message, header, is_, resources, typed
from infra.services.gateway.envoy.retries import NOT_SENT, retry_on

ROUTES = "clients"
# What a caller says of the way that it took, which nobody checked; Envoy says that in X-Forwarded-For and -Proto.
_CLAIMED = ("forwarded", "x-forwarded-host", "x-forwarded-port", "x-real-ip")


def clients_file(traffic: TrafficPlan, keys: Mapping[str, Sequence[str]], engine_key: str) -> str:
    """`keys`: the valid ones of each client. `engine_key`: what every engine asks for, and only Envoy knows."""
    routes = [route for _, client in sorted(traffic.clients.items()) for route in _of(traffic, client, keys)]
    host = {
        "name": ROUTES,
        "domains": ["*"],
        "routes": [healthy(), _without_host(), _too_large(traffic), *routes],
        "request_headers_to_remove": ["x-api-key", ROUTED, HELD, SERVED, SERVED_BY, HELD_MS, *_CLAIMED],
        "response_headers_to_remove": [HELD_MS],
        "request_headers_to_add": [header("authorization", plain(f"Bearer {engine_key}"))],
    }
    return resources([typed("config.route.v3.RouteConfiguration", name=ROUTES, virtual_hosts=[host])])


# Where a client's models change, its listener may come a moment after its cluster. A body of more than 64 KiB isn't
# kept for another try.
_SOON: Message = {
    "retry_on": retry_on(NOT_SENT),
    "num_retries": 8,
    "retry_back_off": {"base_interval": "0.05s", "max_interval": "0.5s"},
}


def healthy() -> Message:
    return {"match": {"path": "/healthz"}, "direct_response": {"status": 200, "body": {"inline_string": "ok\n"}}}


def _without_host() -> Message:
    return {"match": {"prefix": "/", "headers": [NO_HOST]}, "direct_response": {"status": 400}}


def _too_large(traffic: TrafficPlan) -> Message:
    """Known before the body comes. A body whose length isn't said is counted by the second tier. A length may be no
    number of 63 bits, so what is small enough is matched, not what is too large."""
    enough = {"range_match": {"start": 0, "end": traffic.body_mib * MIB + 1}}
    match = {"prefix": "/", "headers": [{"name": "content-length", **enough, "invert_match": True}]}
    return {"match": match, "direct_response": {"status": 413}}


def _of(traffic: TrafficPlan, client: ClientPlan, keys: Mapping[str, Sequence[str]]) -> Iterator[Message]:
    """A key is a route: without one there is no way to any model. Two headers Authorization are one value with a comma,
    which no route has; of several x-api-key one has to be a key."""
    for key in keys[client.name]:
        yield _route(traffic, client, "authorization", f"Bearer {key}")
        yield _route(traffic, client, "x-api-key", key)


def _route(traffic: TrafficPlan, client: ClientPlan, name: str, value: str) -> Message:
    return {
        "name": client.name,
        "match": {"prefix": "/", "headers": [{"name": name, **is_(value)}]},
        "route": {"cluster": of_client(client.name), "timeout": "0s", "retry_policy": _SOON},
        "request_headers_to_add": [
            header("x-llm-client", client.name),
            header("x-llm-team", plain(client.team or "-")),
            asks_to_wait(traffic, client),
        ],
    }
