"""Two hours of a platform as Prometheus would have read them: each metric that a panel names, of a plan's own servers,
clients and nodes."""

from collections.abc import Iterator, Mapping

from infra.catalog.metrics import exporters
from infra.engines import ENGINES
from infra.plan.labels import POOL_IN_METRICS
from infra.plan.models import ModelPlan
from infra.plan.plan import Plan
from tests.prometheus import HOURS, Series, begins

FIRST = HOURS - 2  # hours after the beginning of the samples
PER_HOUR = 3600.0  # requests of each model, of which 36 fail and 36 are refused
FAILED = 0.01
PROMISE = 3.0
NODE, IMAGE, ENGINE = 100, 60, 200  # seconds of a start
_GPUS = {"resource": "nvidia_com_gpu", "unit": "integer"}


def recorded(plan: Plan, *, start: int | None = None) -> Iterator[Series]:
    start = begins() if start is None else start
    for model in plan.models.values():
        yield from _server(plan, model, start)
        yield from _calls(plan, model)
    for name in plan.pools:
        yield from _node(name)


def _gauge(metric: str, labels: Mapping[str, str], value: float) -> Series:
    return Series(metric, labels, value, first=FIRST)


def _counter(metric: str, labels: Mapping[str, str], per_hour: float) -> Series:
    return Series(metric, labels, 0, per_hour, first=FIRST)


def _histogram(metric: str, labels: Mapping[str, str], bound: float) -> Iterator[Series]:
    """Half of the values are below the bound, and the rest below twice that."""
    for le, share in ((f"{bound:g}", 0.5), (f"{2 * bound:g}", 1.0), ("+Inf", 1.0)):
        yield _counter(f"{metric}_bucket", {**labels, "le": le}, PER_HOUR * share)
    yield _counter(f"{metric}_sum", labels, PER_HOUR * bound)
    yield _counter(f"{metric}_count", labels, PER_HOUR)


def _server(plan: Plan, model: ModelPlan, start: int) -> Iterator[Series]:
    """One replica that is ready, whatever the minimum."""
    namespace, pod = plan.settings.namespace.name, f"{model.name}-7d9f8b6c5-abcde"
    where = {"namespace": namespace, "service": model.name, "pod": pod}
    engine, exported = ENGINES[model.engine], ENGINES[model.engine].exported
    for metric in exported.metrics.values() if exported is not None else ():
        labels = {**where, **{each: _value(each, model) for each in sorted(metric.labels)}}
        if metric.kind == "histogram":
            yield from _histogram(metric.name, labels, 0.5)
        elif metric.kind == "counter":
            yield _counter(metric.name, labels, PER_HOUR)
        else:
            yield _gauge(metric.name, labels, 0.5 if metric.name == engine.cache_metric else 3)
    deployment = {"namespace": namespace, "deployment": model.name}
    yield _gauge("kube_deployment_status_replicas_ready", deployment, 1)
    yield _gauge("kube_deployment_spec_replicas", deployment, 1)
    yield from _started({"namespace": namespace, "pod": pod}, model.engine, start)
    if model.gpus:
        held = {"namespace": namespace, "pod": pod, "node": f"{model.pool}-a", **_GPUS}
        yield _gauge("kube_pod_container_resource_requests", held, model.gpus)
    if model.held_seconds:
        cluster = {"namespace": namespace, "envoy_cluster_name": f"model_{model.name}", "pod": "gateway-1"}
        left = plan.traffic.held_requests - 2
        yield _gauge("envoy_cluster_circuit_breakers_default_remaining_retries", cluster, left)


def _started(pod: Mapping[str, str], engine: str, start: int) -> Iterator[Series]:
    """It waited for a node, then for the image, then for its engine."""
    server = {**pod, "container": engine}
    yield _gauge("kube_pod_created", pod, start)
    yield _gauge("kube_pod_status_scheduled_time", pod, start + NODE)
    yield _gauge("kube_pod_container_state_started", server, start + NODE + IMAGE)
    yield _gauge("kube_pod_container_state_started", {**pod, "container": "another"}, start + NODE + 1)
    yield _gauge("kube_pod_status_ready_time", pod, start + NODE + IMAGE + ENGINE)
    yield _counter("kube_pod_container_status_restarts_total", server, 0)


def _value(label: str, model: ModelPlan) -> str:
    return {"model_name": model.sent_as, "engine": "0"}.get(label, f"some-{label}")


def _calls(plan: Plan, model: ModelPlan) -> Iterator[Series]:
    where = {"namespace": plan.settings.namespace.name, "pod": "gateway-1", "model": model.sent_as}
    yield from _histogram("envoy_llm_first_byte", where, 500)
    for client in plan.traffic.clients.values():
        who = {**where, "client": client.name, "team": client.team or "-", "served_by": ""}
        for status, share in (("200", 1 - 2 * FAILED), ("503", FAILED), ("429", FAILED)):
            yield _counter("envoy_llm_requests", {**who, "status": status}, PER_HOUR * share)
        yield _counter("envoy_llm_tokens_in", who, 400 * PER_HOUR)
        yield _counter("envoy_llm_tokens_out", who, 100 * PER_HOUR)


def _node(pool: str) -> Iterator[Series]:
    node = f"{pool}-a"
    yield _gauge("kube_node_labels", {"node": node, POOL_IN_METRICS: pool}, 1)
    yield _gauge("kube_node_status_allocatable", {"node": node, **_GPUS}, 1)
    for metric in exporters()["dcgm-exporter"].metrics.values():
        gpu = {"Hostname": node, "gpu": "0", "UUID": f"GPU-{node}", "modelName": "NVIDIA L4"}
        yield _gauge(metric.name, gpu, 40)
