"""What counts tokens per minute for all Envoys: one pod with envoyproxy/ratelimit, and with the store of its counters.

One pod: two would count apart. While it is away requests pass, so nobody waits for it, and a pod that starts counts
from 0: nothing that lasts until the next minute needs a disk.
"""

import json
from collections.abc import Iterable, Iterator, Mapping

from infra.catalog import Catalog
from infra.plan.findings import warned
from infra.plan.gateway import ClientPlan, TokenLimits, TrafficPlan, Upstream
from infra.plan.models import Resources
from infra.plan.notes import Finding
from infra.services.gateway.envoy.token_limits import DOMAIN, KEY, LEFT, LIMIT, RESET
from infra.services.gateway.times import pod_resources
from infra.services.serving.vertical import largest

NAME = "gateway-tokens"
PORT = 8081
LIMITS_FILE = "limits.yaml"
PASSWORD_ENV = "REDIS_AUTH"
# Of each container. A counter is some 100 bytes for six minutes.
CPU, SERVICE_MIB, STORE_MIB = 0.05, 128, 128
_COUNTERS_MIB = 32


def plan_token_limits(clients: Mapping[str, ClientPlan], namespace: str, catalog: Catalog) -> TokenLimits | None:
    if all(client.tokens_per_minute is None for client in clients.values()):
        return None
    return TokenLimits(
        host=f"{NAME}.{namespace}.svc.cluster.local",
        port=PORT,
        image=catalog.proxies["ratelimit"].image,
        store_image=catalog.proxies["valkey"].image,
    )


def warn_of_token_limits(
    clients: Mapping[str, ClientPlan], upstreams: Mapping[str, Upstream], externals: Iterable[str]
) -> Iterator[Finding]:
    for name, client in sorted(clients.items()):
        silent = [
            each.model for each in upstreams.values() if not each.counts_streams and {*each.names} & {*client.models}
        ]
        silent += [each for each in externals if each in client.models]
        if client.tokens_per_minute is not None and silent:
            yield warned(
                f"gateway.clients.{name}.tokensPerMinute",
                f"a stream of {', '.join(silent)} counts only where its caller asks for `stream_options:"
                " {include_usage: true}`: the engine doesn't say otherwise how many tokens it has; concurrentRequests"
                " limits every request",
            )


def gateway_pods(traffic: TrafficPlan) -> list[Resources]:
    """What each pod of the gateway asks for, at its maximum of pods."""
    return [largest(pod_resources(), traffic.vertical)] * traffic.max_replicas + (
        [token_pod()] if traffic.token_limits is not None else []
    )


def token_pod() -> Resources:
    return Resources(cpu=2 * CPU, memory_gib=(SERVICE_MIB + STORE_MIB) / 1024, ephemeral_gib=0, shm_gib=0)


def limits_file(traffic: TrafficPlan) -> str:
    """The service reads it again when it changes, and what was counted stays."""
    limits = [_limit(client) for _, client in sorted(traffic.clients.items()) if client.tokens_per_minute is not None]
    return json.dumps({"domain": DOMAIN, "descriptors": limits})


def _limit(client: ClientPlan) -> Mapping[str, object]:
    limit = {"unit": "minute", "requests_per_unit": client.tokens_per_minute}
    return {"key": KEY, "value": client.name, "rate_limit": limit}


def environment(folder: str, socket: str, port: int) -> Mapping[str, str]:
    """Of the service. `folder`: with a folder `config`, in which the limits are. Only gRPC is open to other pods."""
    root, _, subdirectory = folder.rpartition("/")
    return {
        "GRPC_PORT": str(port),
        "HOST": "127.0.0.1",
        "DEBUG_HOST": "127.0.0.1",
        "RUNTIME_ROOT": root,
        "RUNTIME_SUBDIRECTORY": subdirectory,
        "RUNTIME_WATCH_ROOT": "false",  # a ConfigMap changes by a link inside its folder
        "RUNTIME_IGNOREDOTFILES": "true",
        "REDIS_SOCKET_TYPE": "unix",
        "REDIS_URL": socket,
        "REDIS_TIMEOUT": "1s",
        "REDIS_HEALTH_CHECK_ACTIVE_CONNECTION": "true",
        "LIMIT_RESPONSE_HEADERS_ENABLED": "true",
        "LIMIT_LIMIT_HEADER": LIMIT,
        "LIMIT_REMAINING_HEADER": LEFT,
        "LIMIT_RESET_HEADER": RESET,
        "USE_STATSD": "false",
    }


def store_arguments(file: str, socket: str) -> tuple[str, ...]:
    """`file` has the password. No port, no disk: the store is reached by a file that the pod's containers share."""
    settings = {
        "port": "0",
        "unixsocket": socket,
        "unixsocketperm": "700",
        "save": "",
        "appendonly": "no",
        "maxmemory": f"{_COUNTERS_MIB}mb",
        "maxmemory-policy": "volatile-ttl",
    }
    return (file, *(part for key, value in settings.items() for part in (f"--{key}", value)))
