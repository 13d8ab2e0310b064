"""What the report says of the gateway: its URLs, who reaches them, and what each client may do."""

from collections.abc import Iterator

from infra.plan.gateway import ClientPlan, TrafficPlan
from infra.plan.plan import Plan
from infra.plan.words import duration, first_wait
from infra.services.access.client_secrets import base_url, secret_name
from infra.services.gateway.affinity import affinity_table
from infra.services.gateway.custom import custom_table
from infra.services.gateway.replicas import say_replicas
from infra.services.gateway.section import Gateway
from infra.services.gateway.times import ends_after, pod_resources
from infra.services.gateway.token_limits import NAME as TOKENS
from infra.services.gateway.token_limits import token_pod
from infra.services.gateway.versions import share_said, trials_said, while_paused
from infra.services.service import Table
from infra.services.serving.vertical import largest
from infra.sizing.estimates import span

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
    whose = (
        "the system nodes, with a separate row in the bill"
        if plan.cluster.made
        else "nodes that the cluster has, which the bill doesn't count"
    )
    note += f"; {_asks(traffic)} of {whose}; {_in_a_rollout(traffic)}"
    note += "".join(f"; {said}" for said in say_replicas(traffic))
    if traffic.token_limits is not None:
        pod = token_pod()
        asks = f"{pod.cpu:g} CPU and {pod.memory_gib:g} GiB"
        note += f"; one more pod, {TOKENS}, counts tokens per minute and asks for {asks}"
    yield Table("GATEWAY", ("",), tuple(rows), note)
    if rows := tuple(_asleep(plan)):
        yield Table("SLEEP", ("after", "first caller waits", "held for"), rows, _ASLEEP)
    if rows := tuple(_versions(plan)):
        yield Table("NEXT VERSIONS", ("answers", "and requests", "then"), rows, _BOTH)
    yield from affinity_table(traffic)
    yield _clients(traffic, _every(plan), namespace)
    yield from custom_table(traffic, plan.gateway.base_url if plan.gateway else None, namespace)


def _asks(traffic: TrafficPlan) -> str:
    pod, number = largest(pod_resources(), traffic.vertical), traffic.max_replicas
    pods, up_to = span(str(traffic.replicas), str(number)), "at most " if traffic.scaling or traffic.vertical else ""
    return f"its {pods} pods ask together for {up_to}{pod.cpu * number:g} CPU and {pod.memory_gib * number:g} GiB"


def _in_a_rollout(traffic: TrafficPlan) -> str:
    """The room for one more is checked; for those that end there may be none, and nothing is lost by that."""
    _, grace = ends_after(traffic)
    return (
        f"during a rollout one more pod runs, and a pod that ends keeps its room for up to {duration(grace)}: where no"
        " node has other room, the next pod waits for that"
    )


_ASLEEP = (
    "after: without a request; held for: at most, then answered with 503 and Retry-After; a request"
    " with the header `Prefer: wait=N` is held for about N seconds"
)


_BOTH = (
    "a caller sends the model's name, and the answer's header x-llm-version says which version it is of; the shorter"
    " context and the abilities of both hold for it"
)


def _versions(plan: Plan) -> Iterator[tuple[str, ...]]:
    for name, upstream in plan.traffic.upstreams.items():
        if upstream.next is not None:
            command = f"llm-platform promote {plan.stack} {name}, or rollback"
            said = share_said(upstream.next), trials_said(upstream.next)
            yield name, *((while_paused(upstream), "of nobody") if upstream.paused else said), command


def _asleep(plan: Plan) -> Iterator[tuple[str, ...]]:
    for model in plan.named.values():
        if model.held_seconds and model.scaling:
            waits = first_wait(model.held_seconds, model.scaling.wakes_seconds)
            back = plan.traffic.upstreams[model.name].fallback
            held = duration(model.held_seconds) + (f", then {back.to}" if back is not None else "")
            yield model.name, duration(model.scaling.cooldown_seconds), waits, held


def _facts(plan: Plan, wanted: Gateway) -> Iterator[str]:
    assert plan.gateway is not None
    exposed, title = plan.gateway.visibility, plan.gateway.controller.title
    yield f"{exposed} {title}" if title else f"class {plan.gateway.ingress_class} decides (expose: {exposed})"
    if wanted.inbound_cidrs:
        yield f"open to {', '.join(wanted.inbound_cidrs)}"
    if wanted.waf_acl_arn:
        yield f"web ACL {wanted.waf_acl_arn.split('/')[-2]}"
    if wanted.certificate_arn or wanted.load_balancer:
        yield "TLS 1.2 and 1.3"


def _every(plan: Plan) -> set[str]:
    return {name for each in plan.traffic.upstreams.values() for name in each.names}


def _clients(traffic: TrafficPlan, every: set[str], namespace: str) -> Table:
    """With a column for tokens where a client has a limit of them."""
    tokens = traffic.token_limits is not None
    rows = tuple(_row(client, every, namespace, tokens=tokens) for client in traffic.clients.values())
    limits = ("at once", "per minute", *(("tokens per minute",) if tokens else ()))
    header = ("may call", *limits, "keys", "Secret with the newest key")
    note = "at once, per minute: requests; one more is answered with 429"
    if any(client.at_once_of for client in traffic.clients.values()):
        note += f"; {_PARTS}"
    return Table("CLIENTS", header, rows, f"{note}; {_COUNTED}" if tokens else note)


_PARTS = "of a model that clients share, one with a chosen limit has at once its part of that model alone"
_COUNTED = (
    "tokens per minute: of prompts and answers, counted once an answer has ended, so the request that passes the limit"
    " still succeeds, and those after it are answered with 429 until the next minute begins"
)


def _row(client: ClientPlan, every: set[str], namespace: str, *, tokens: bool) -> tuple[str, ...]:
    named = [each for each in client.models if each not in every]
    may = ["all", *named] if every <= set(client.models) else client.models
    more = len(may) - _FEW
    names = ", ".join(may[:_FEW]) + (f" and {more} more" if more > 0 else "")
    own = ", ".join(f"custom {each}" for each in client.custom)
    where = " and ".join(dict.fromkeys((namespace, client.namespace or namespace)))
    return (
        client.name + (f" ({client.team})" if client.team else ""),
        ", ".join(filter(None, (names, own))),
        f"{client.concurrent_requests:,}",
        f"{client.requests_per_minute:,}",
        *((f"{client.tokens_per_minute:,}" if client.tokens_per_minute else "no limit",) if tokens else ()),
        ", ".join(map(str, client.keys)),
        f"{secret_name(client.name)} in {where}",
    )
