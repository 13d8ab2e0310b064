"""The dashboard of the whole platform: is it answering, how fast, does it have what it needs, what does it cost."""

from collections.abc import Iterator, Mapping

from infra.plan.plan import Plan
from infra.services.gateway.envoy.held import held_query
from infra.services.monitoring.dashboards.panel import THIS_MONTH, TODAY, Asked, Dashboard, Panel, Row
from infra.services.monitoring.dashboards.queries import (
    FAILED,
    LATELY,
    REFUSED,
    SLOW,
    above_zero,
    awake,
    engines,
    failed,
    gauges,
    gpu_hours,
    gpus,
    has_price,
    of,
    of_each,
    one_of,
    quantile,
    slowest,
    usd,
    usd_per_month,
)
from infra.services.monitoring.sources import KUBE_STATE_METRICS, sources_of


def platform(plan: Plan) -> Dashboard:
    rows = [Row("Requests", tuple(_requests(plan))), Row("Time", tuple(_times(plan))), Row("Load", tuple(_load(plan)))]
    if KUBE_STATE_METRICS in sources_of(plan):
        rows += [Row("Replicas", tuple(_replicas(plan))), *_money(plan)]
    return Dashboard(
        "platform",
        "platform",
        "All models: is the platform answering, how fast, with how many replicas, and at what price.",
        tuple(row for row in rows if row.panels),
    )


def _requests(plan: Plan) -> Iterator[Panel]:
    every = f"rate(envoy_llm_requests{of(plan)}{LATELY})"
    yield Panel(
        "Requests",
        "By the name that was sent, as the gateway counts them when they end.",
        "reqps",
        (Asked(f"sum by (model) ({every})", "{{model}}"),),
    )
    yield Panel(
        "Failed",
        "Share of requests that were answered with 5xx. A line has a gap while nobody asks.",
        "percentunit",
        (Asked(failed(of(plan), of(plan, FAILED), "model"), "{{model}}"),),
    )
    refused = f"rate(envoy_llm_requests{of(plan, REFUSED)}{LATELY})"
    yield Panel(
        "Refused",
        "Requests that were answered with 4xx, by client: over a limit (429), too long, or wrong.",
        "reqps",
        (Asked(f"sum by (client) ({refused} or 0 * {every})", "{{client}}"),),
    )


def _times(plan: Plan) -> Iterator[Panel]:
    used = engines(plan)
    if first := slowest([each.first_token_metric for each in used], of(plan), SLOW, "{{service}}"):
        yield Panel(
            "Time to first token, p95",
            "95 of 100 first tokens come within this time, as the servers measure it, without the time in which a"
            " request is held. Level lines are promises of the stack file.",
            "s",
            (*first, *_promises(plan)),
        )
    if later := slowest([each.output_token_metric for each in used], of(plan), SLOW, "{{service}}"):
        yield Panel("Time per output token, p95", "After the first one, per request.", "s", tuple(later))
    yield Panel(
        "First byte at the gateway, p95",
        "What callers wait for, with the time in which a request is held or tried again.",
        "ms",
        (Asked(quantile(SLOW, "envoy_llm_first_byte", of(plan), "model"), "{{model}}"),),
    )


def _promises(plan: Plan) -> Iterator[Asked]:
    for name, model in sorted(plan.settings.models.items()):
        if model.scaling is not None and model.scaling.ttft_p95_seconds is not None and not model.paused:
            yield Asked(f"vector({model.scaling.ttft_p95_seconds:g})", f"{name}: promised", level=True)


def _load(plan: Plan) -> Iterator[Panel]:
    used = engines(plan)
    if waiting := gauges([each.waiting_metric for each in used], of(plan), "{{service}}"):
        yield Panel("Queue", "Requests that wait in the servers for a place in the batch.", "short", tuple(waiting))
    if running := gauges([each.running_metric for each in used], of(plan), "{{service}}"):
        yield Panel("In the batch", "Requests that the servers are answering.", "short", tuple(running))
    if cache := gauges([each.cache_metric for each in used], of(plan), "{{service}}", "max"):
        yield Panel(
            "KV cache", "In use, of the fullest replica. When it is full, requests wait.", "percentunit", tuple(cache)
        )
    asleep = [model.name for model in plan.models.values() if model.held_seconds]
    if asleep:
        yield Panel(
            "Held",
            "Requests that the gateway holds until a sleeping model has a replica.",
            "short",
            tuple(Asked(held_query(plan.traffic, plan.settings.namespace.name, name), name) for name in asleep),
        )


def _replicas(plan: Plan) -> Iterator[Panel]:
    servers = awake(plan)
    which = f'deployment=~"{one_of(model.name for model in servers)}"'
    ready = f"kube_deployment_status_replicas_ready{of(plan, which)}"
    yield Panel("Ready replicas", "By server.", "short", (Asked(f"sum by (deployment) ({ready})", "{{deployment}}"),))
    promised = [model for model in servers if model.replicas.min and not model.paused]
    if promised:
        yield Panel(
            "Missing of the promised minimum",
            "Replicas that aren't ready, of the minimum that the stack file gives, by server; 0: none is missing. Above"
            " 0 for longer than a start takes: `llm-platform status` says why.",
            "short",
            (_missing(plan, {model.name: model.replicas.min for model in promised}),),
            number=True,
            red_above=0,
        )
    if plan.pools:
        nodes = f"sum(kube_node_status_allocatable{{{plan.gpus_in_metrics}}})"
        held = f"sum(kube_pod_container_resource_requests{of(plan, *gpus(plan))})"
        yield Panel(
            "GPUs",
            "That nodes of the cluster offer, and that the models' pods have.",
            "short",
            (Asked(nodes, "on nodes"), Asked(held, "with models")),
        )
        yield Panel(
            "GPU-hours today",
            "Hours in which the models' pods had GPUs, whether or not anybody asked.",
            "short",
            (Asked(gpu_hours(plan, "$__range")),),
            number=True,
            since=TODAY,
        )


def _missing(plan: Plan, promised: Mapping[str, int]) -> Asked:
    measured, minimum = f"kube_deployment_status_replicas_ready{of(plan)}", of_each(promised, "deployment")
    ready = f"sum by (deployment) ({measured}) or on (deployment) 0 * ({minimum})"
    return Asked(above_zero(f"({minimum}) - on (deployment) ({ready})", measured, "deployment"), "{{deployment}}")


def _money(plan: Plan) -> Iterator[Row]:
    if not has_price(plan):
        return
    said = "GPU nodes at the plan's prices, and the rest of its expected bill; no invoice."
    of_range = usd(plan, "$__range")
    yield Row(
        "Money",
        (
            Panel("Dollars today", said, "currencyUSD", (Asked(of_range),), number=True, since=TODAY),
            Panel("Dollars this month", said, "currencyUSD", (Asked(of_range),), number=True, since=THIS_MONTH),
            Panel(
                "Dollars per month at this pace",
                f"If each day costs what the last 24 hours did. {said}",
                "currencyUSD",
                (Asked(usd_per_month(plan)),),
                number=True,
                red_above=plan.settings.budget.usd_per_month if plan.settings.budget else None,
            ),
        ),
    )
