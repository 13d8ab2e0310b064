"""The dashboard of one model: its callers, its speed, its replicas, its load."""

from collections.abc import Iterator

from infra.plan.plan import Plan
from infra.plan.versions import server_of_next
from infra.services.gateway.envoy.held import held_query
from infra.services.monitoring.dashboards.panel import TODAY, Asked, Choice, Dashboard, Panel, Row
from infra.services.monitoring.dashboards.queries import (
    LATELY,
    SLOW,
    awake,
    engines,
    gauges,
    gpu_hours,
    of,
    pods_of,
    quantile,
    slowest,
)
from infra.services.monitoring.sources import KUBE_STATE_METRICS, sources_of

_USUAL = 0.5  # half of the requests are at least as quick
_SENT = 'model="$model"'
_SERVERS = f'service=~"$model|{server_of_next("$model")}"'
_DEPLOYMENTS = f'deployment=~"$model|{server_of_next("$model")}"'


def model(plan: Plan) -> Dashboard:
    rows = [Row("Requests", tuple(_requests(plan))), Row("Time", tuple(_times(plan))), Row("Load", tuple(_load(plan)))]
    if KUBE_STATE_METRICS in sources_of(plan):
        rows.append(Row("Replicas", tuple(_replicas(plan))))
    names = [each.name for each in awake(plan) if each.next_of is None]
    return Dashboard(
        "model",
        "one model",
        "One model and its next version: who calls it, how fast it answers, how full it is, its replicas.",
        tuple(row for row in rows if row.panels),
        (Choice("model", "Model", tuple(names)),),
    )


def _requests(plan: Plan) -> Iterator[Panel]:
    sent = of(plan, _SENT)
    yield Panel(
        "Requests by status",
        "Of requests that sent the model's name; those to its adapters have the adapters' names.",
        "reqps",
        (Asked(f"sum by (status) (rate(envoy_llm_requests{sent}{LATELY}))", "{{status}}"),),
    )
    yield Panel(
        "Requests by client",
        "Who asks.",
        "reqps",
        (Asked(f"sum by (client) (rate(envoy_llm_requests{sent}{LATELY}))", "{{client}}"),),
    )
    yield Panel("Tokens per second", "Of prompts and of answers, once an answer has ended.", "short", _tokens(sent))


def _tokens(sent: str) -> tuple[Asked, ...]:
    return (
        Asked(f"sum(rate(envoy_llm_tokens_in{sent}{LATELY}))", "in"),
        Asked(f"sum(rate(envoy_llm_tokens_out{sent}{LATELY}))", "out"),
    )


def _times(plan: Plan) -> Iterator[Panel]:
    used, servers = engines(plan), of(plan, _SERVERS)
    for title, metrics in {
        "Time to first token": [each.first_token_metric for each in used],
        "Time per output token": [each.output_token_metric for each in used],
    }.items():
        half, slow = (
            slowest(metrics, servers, share, f"{{{{service}}}}, p{share * 100:g}") for share in (_USUAL, SLOW)
        )
        if slow:
            yield Panel(title, "As its servers measure it: half, and 95 of 100 requests.", "s", (*half, *slow))
    yield Panel(
        "First byte at the gateway",
        "What callers wait for, with the time in which a request is held or tried again.",
        "ms",
        tuple(
            Asked(quantile(share, "envoy_llm_first_byte", of(plan, _SENT), "model"), f"p{share * 100:g}")
            for share in (_USUAL, SLOW)
        ),
    )


def _load(plan: Plan) -> Iterator[Panel]:
    used, servers = engines(plan), of(plan, _SERVERS)
    waiting = gauges([each.waiting_metric for each in used], servers, "{{service}}: wait")
    running = gauges([each.running_metric for each in used], servers, "{{service}}: in the batch")
    if waiting or running:
        yield Panel(
            "Requests in its servers", "In the batch, and waiting for a place there.", "short", (*running, *waiting)
        )
    if cache := gauges([each.cache_metric for each in used], servers, "{{service}}", "max"):
        yield Panel("KV cache", "In use, of the fullest replica.", "percentunit", tuple(cache))
    if any(each.held_seconds for each in plan.models.values()):
        yield Panel(
            "Held",
            "Requests that the gateway holds until a first replica is ready; empty for a model that never sleeps.",
            "short",
            (Asked(held_query(plan.traffic, plan.settings.namespace.name, "$model"), "held"),),
        )


def _replicas(plan: Plan) -> Iterator[Panel]:
    of_both = of(plan, _DEPLOYMENTS)
    yield Panel(
        "Replicas",
        "Wanted, and ready. `llm-platform status` says why one isn't ready.",
        "short",
        tuple(
            Asked(f"sum by (deployment) ({metric}{of_both})", f"{{{{deployment}}}}: {said}")
            for said, metric in {
                "wanted": "kube_deployment_spec_replicas",
                "ready": "kube_deployment_status_replicas_ready",
            }.items()
        ),
    )
    restarts = f"kube_pod_container_status_restarts_total{of(plan, pods_of('$model'))}"
    yield Panel(
        "Restarts",
        "Of its containers, in the last hour. A server that ends again and again doesn't fit, or finds no weights.",
        "short",
        (Asked(f"sum by (pod) (increase({restarts}[1h]))", "{{pod}}"),),
    )
    if plan.pools:
        yield Panel(
            "GPU-hours today",
            "Hours in which its pods had GPUs.",
            "short",
            (Asked(gpu_hours(plan, "$__range", pods_of("$model"))),),
            number=True,
            since=TODAY,
        )
