"""The keys: the only file that has any, so it belongs in a Secret."""

from collections.abc import Iterator, Mapping, Sequence

from infra.plan.gateway import ClientPlan, TrafficPlan
from infra.services.gateway.envoy.clusters import of_client
from infra.services.gateway.envoy.limits import told
from infra.services.gateway.envoy.messages import Message, header, is_, resources, typed

ROUTES = "clients"
# What only Envoy may say. It removes those of its own headers that would steer it; the others it would pass on.
_SMUGGLED = [
    "x-api-key",
    "x-envoy-attempt-count",
    "x-envoy-decorator-operation",
    "x-envoy-downstream-service-cluster",
    "x-envoy-downstream-service-node",
    "x-envoy-expected-rq-timeout-ms",
    "x-envoy-external-address",
    "x-envoy-force-trace",
    "x-envoy-hedge-on-per-try-timeout",
    "x-envoy-internal",
    "x-envoy-ip-tags",
    "x-envoy-max-retries",
    "x-envoy-original-path",
    "x-envoy-original-url",
    "x-envoy-retriable-header-names",
    "x-envoy-retriable-status-codes",
    "x-envoy-retry-grpc-on",
    "x-envoy-retry-on",
    "x-envoy-upstream-alt-stat-name",
    "x-envoy-upstream-rq-per-try-timeout-ms",
    "x-envoy-upstream-rq-timeout-alt-response",
    "x-envoy-upstream-rq-timeout-ms",
    "x-envoy-upstream-stream-duration-ms",
    "x-llm-model",
]


def clients_file(traffic: TrafficPlan, keys: Mapping[str, Sequence[str]], engine_key: str) -> str:
    """`keys`: the valid ones of each client. `engine_key`: what every engine asks for, and only Envoy knows."""
    routes = [route for _, client in sorted(traffic.clients.items()) for route in _of(traffic, client, keys)]
    host = {
        "name": ROUTES,
        "domains": ["*"],
        "routes": [_healthy(), *routes],
        "request_headers_to_remove": _SMUGGLED,
        "request_headers_to_add": [header("authorization", f"Bearer {engine_key}")],
    }
    return resources([typed("config.route.v3.RouteConfiguration", name=ROUTES, virtual_hosts=[host])])


def _healthy() -> Message:
    return {"match": {"path": "/healthz"}, "direct_response": {"status": 200, "body": {"inline_string": "ok\n"}}}


def _of(traffic: TrafficPlan, client: ClientPlan, keys: Mapping[str, Sequence[str]]) -> Iterator[Message]:
    """A key is a route: without one there is no way to any model. Two headers of one name are one value with a comma,
    which no route has."""
    for key in keys[client.name]:
        yield _route(traffic, client, "authorization", f"Bearer {key}")
        yield _route(traffic, client, "x-api-key", key)


def _route(traffic: TrafficPlan, client: ClientPlan, name: str, value: str) -> Message:
    return {
        "name": client.name,
        "match": {"prefix": "/", "headers": [{"name": name, **is_(value)}]},
        "route": {"cluster": of_client(client.name), "timeout": "0s"},
        "request_headers_to_add": [
            header("x-llm-client", client.name),
            header("x-llm-team", client.team or "-"),
            told(traffic, client),
        ],
    }
