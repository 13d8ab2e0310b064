"""`gateway.custom`: servers beside the models behind the gateway, beside the models."""

from collections.abc import Iterable, Iterator, Mapping

from infra.plan.findings import Decided, warned
from infra.plan.gateway import ClientPlan, CustomServer, TrafficPlan
from infra.plan.notes import Finding, Step, ToDo
from infra.services.access.client_secrets import base_url
from infra.services.gateway.section import Custom
from infra.services.service import Table

PODS = "app.kubernetes.io/name=gateway,app.kubernetes.io/component=gateway"  # labels of the gateway's pods


def plan_custom(
    wanted: Mapping[str, Custom], clients: Iterable[ClientPlan], namespace: str
) -> Decided[dict[str, CustomServer]]:
    """`namespace`: of the models, where a server is that names no other."""
    used = {name for client in clients for name in client.custom}
    for name in sorted(wanted.keys() - used):
        yield warned(f"gateway.custom.{name}", f"no client may call it: write custom: [{name}] in gateway.clients")
    return {name: _server(name, each, each.namespace or namespace) for name, each in sorted(wanted.items())}


def _server(name: str, wanted: Custom, namespace: str) -> CustomServer:
    host = f"{wanted.service}.{namespace}.svc.cluster.local"
    return CustomServer(name, host, wanted.port, namespace, audio=wanted.audio)


def list_custom(traffic: TrafficPlan, namespace: str) -> Iterator[Finding]:
    """What the owner of a server does."""
    for name, server in traffic.custom.items():
        yield ToDo(
            f"gateway.custom.{name}",
            f"the Service {server.host}:{server.port} has to exist and speak HTTP without TLS; where a NetworkPolicy of"
            f" namespace {server.namespace} selects its pods, it has to let in the pods {PODS} of namespace {namespace}"
            " (docs/platform/gateway.md has the rule)",
            Step.CUSTOM_SERVERS,
        )


def custom_url(base: str, name: str) -> str:
    """`base`: of all models, with /v1."""
    return f"{base.removesuffix('/v1')}/custom/{name}/"


def custom_table(traffic: TrafficPlan, base: str | None, namespace: str) -> Iterator[Table]:
    rows = tuple(
        (
            custom_url(base or base_url(namespace), name),
            f"{server.host}:{server.port}",
            ", ".join(each.name for each in traffic.clients.values() if name in each.custom) or "nobody",
            "yes" if server.audio else "no",
        )
        for name, server in traffic.custom.items()
    )
    if rows:
        yield Table("OWN SERVERS", ("asks", "clients", "audio"), rows, _NOTE)


_NOTE = (
    "with the keys, limits and times of the gateway; a request is sent once, and tried again only where nothing of it"
    " was sent; audio: /v1/audio/transcriptions and translations with the header `x-llm-model: NAME`"
)
