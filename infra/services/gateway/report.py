"""What the report says of the gateway: its URLs, who reaches them, and what each client may do."""

from collections.abc import Iterable, Iterator

from infra.plan.gateway import ClientPlan
from infra.plan.plan import Plan
from infra.plan.words import duration, minutes
from infra.services.access.client_secrets import base_url, secret_name
from infra.services.gateway.section import Gateway
from infra.services.gateway.times import pod_resources
from infra.services.service import Table
from infra.services.serving.scaling import WAKING

_FEW = 4  # names of models in a row


def gateway_tables(plan: Plan) -> Iterator[Table]:
    namespace = plan.settings.namespace.name
    rows = [(base_url(namespace), "from pods of namespaces with the label llm-platform/client=true")]
    if plan.gateway and plan.settings.gateway:
        rows.insert(0, (plan.gateway.base_url, "; ".join(_facts(plan, plan.settings.gateway))))
    traffic = plan.traffic
    note = (
        "one URL for all models: `model` of a request says which; an answer may come without a byte for"
        f" {traffic.idle_seconds} s, and take {traffic.total_seconds} s from its request on; a request may have up to"
        f" {traffic.body_mib} MiB"
    )
    pod = pod_resources()
    whose = "the system nodes, whose price is in the bill" if plan.cluster.made else "nodes that the cluster has"
    note += (
        f"; its {traffic.replicas} pods ask together for {pod.cpu * traffic.replicas:g} CPU and"
        f" {pod.memory_gib * traffic.replicas:g} GiB of {whose}"
    )
    yield Table("GATEWAY", ("",), tuple(rows), note)
    if rows := tuple(_asleep(plan)):
        yield Table("SLEEP", ("after", "first caller waits", "held for"), rows, _ASLEEP)
    yield _clients(plan.traffic.clients.values(), len(_every(plan)), namespace)


_ASLEEP = (
    "after: without a request; held for: at most, then answered with 503 and Retry-After; a request"
    " with the header `Prefer: wait=N` is held for about N seconds"
)


def _asleep(plan: Plan) -> Iterator[tuple[str, ...]]:
    for model in plan.models.values():
        if model.held_seconds and model.scaling:
            waits = f"about {minutes(model.cold_start.seconds + WAKING)}"
            yield model.name, duration(model.scaling.cooldown_seconds), waits, duration(model.held_seconds)


def _facts(plan: Plan, wanted: Gateway) -> Iterator[str]:
    assert plan.gateway is not None
    exposed, title = plan.gateway.visibility, plan.gateway.controller.title
    yield f"{exposed} {title}" if title else f"{exposed}, class {plan.gateway.ingress_class}"
    if wanted.inbound_cidrs:
        yield f"open to {', '.join(wanted.inbound_cidrs)}"
    if wanted.waf_acl_arn:
        yield f"web ACL {wanted.waf_acl_arn.split('/')[-2]}"
    if wanted.certificate_arn:
        yield "TLS 1.2 and 1.3"


def _every(plan: Plan) -> list[str]:
    return [name for each in plan.traffic.upstreams.values() for name in each.names]


def _clients(clients: Iterable[ClientPlan], every: int, namespace: str) -> Table:
    rows = tuple(_row(client, every, namespace) for client in clients)
    return Table(
        "CLIENTS",
        ("may call", "at once", "per minute", "keys", "Secret with the newest key"),
        rows,
        "at once, per minute: requests; one more is answered with 429",
    )


def _row(client: ClientPlan, every: int, namespace: str) -> tuple[str, ...]:
    more = len(client.models) - _FEW
    names = ", ".join(client.models[:_FEW]) + (f" and {more} more" if more > 0 else "")
    where = " and ".join(dict.fromkeys((namespace, client.namespace or namespace)))
    return (
        client.name + (f" ({client.team})" if client.team else ""),
        "all" if len(client.models) == every else names,
        f"{client.concurrent_requests:,}",
        f"{client.requests_per_minute:,}",
        ", ".join(map(str, client.keys)),
        f"{secret_name(client.name)} in {where}",
    )
