"""The series of tests/monitoring/recorded_platform.py, with values that change over time."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import NormalDist

from infra.plan.plan import Plan
from tests.monitoring.panels import queries
from tests.monitoring.pictures.day import NO_CAPACITY, NOW, held, late, load, ready, status_shares, waiting, wanted
from tests.monitoring.recorded_platform import recorded
from tests.prometheus import Series

DAY = datetime(2026, 1, 15, tzinfo=UTC)
_MONTH = -14 * 24.0  # its first hour
_BOUNDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 40.0)
_MEDIANS = {"time_to_first_token_seconds": 0.3, "time_per_output_token_seconds": 0.012, "first_byte": 350}
_SPREAD = 0.6  # of a time's logarithm
_CLIENTS = {"shop": 1.0, "support": 0.45, "reports": 0.15}  # shares of what the first asks
_LARGE_POOL = "l40s"

Value = Callable[[float], float | None]  # by hour; None: no sample


@dataclass(frozen=True)
class Lived:
    metric: str
    labels: Mapping[str, str]
    at: Value  # a gauge's value, or what a counter gains per hour
    counts: bool = False
    first: float = 0.0  # hour
    minutes: int = 1  # between samples

    def samples(self) -> Iterator[str]:
        labels = ",".join(f'{name}="{value}"' for name, value in self.labels.items())
        total = 0.0
        for minute in range(round(self.first * 60), round(NOW * 60) + 1, self.minutes):
            value = self.at(minute / 60)
            if value is not None:
                total = total + value * self.minutes / 60 if self.counts else value
                yield f"{self.metric}{{{labels}}} {total:.15g} {DAY.timestamp() + minute * 60:.0f}"


def lived(plan: Plan) -> Iterator[Lived]:
    """Of each metric that a panel asks for."""
    asked = " ".join(sent for _, _, every in queries(plan) for sent in every)
    for each in recorded(plan, start=int(DAY.timestamp())):
        if each.metric in asked:
            yield from _lived(each)


def _lived(each: Series) -> Iterator[Lived]:
    labels = each.labels
    if each.metric.endswith("_bucket"):
        yield from _buckets(each) if labels["le"] == "+Inf" else ()
    elif each.metric.startswith("DCGM"):
        for gpu in range(4 if labels["Hostname"].startswith(_LARGE_POOL) else 1):
            yield Lived(each.metric, {**labels, "gpu": str(gpu)}, _of_gpu(each.metric, labels["Hostname"], gpu))
    elif each.metric == "kube_node_labels":
        yield Lived(each.metric, labels, lambda _: 1, first=_MONTH, minutes=4)
        if labels["node"].startswith(_LARGE_POOL):
            second = {**labels, "node": f"{_LARGE_POOL}-b"}
            yield Lived(each.metric, second, lambda _: 1, first=NO_CAPACITY[1] - 0.1)
    else:
        yield Lived(each.metric, labels, _gauge(each), counts=bool(each.per_hour))


def _server(labels: Mapping[str, str]) -> str:
    """Whose series it is."""
    name = labels.get("service") or labels.get("model") or labels.get("deployment") or labels.get("envoy_cluster_name")
    return (name or labels.get("pod", "").rsplit("-", 2)[0]).removeprefix("model_")


def _gauge(each: Series) -> Value:
    server, labels = _server(each.labels), each.labels
    large = labels.get("node", "").startswith(_LARGE_POOL)
    nodes: Value = lambda hour: 4 * ready("llama-70b", hour) if large else 1  # noqa: E731
    values: Mapping[str, Value] = {
        "vllm:num_requests_waiting": lambda hour: waiting(server, hour),
        "vllm:num_requests_running": lambda hour: round(12 * load(server, hour)),
        "vllm:kv_cache_usage_perc": lambda hour: 0.98 if late(server, hour) > 1 else 0.1 + 0.8 * load(server, hour),
        "kube_deployment_spec_replicas": lambda hour: wanted(server, hour),
        "kube_deployment_status_replicas_ready": lambda hour: ready(server, hour),
        "kube_node_status_allocatable": nodes,
        "kube_pod_container_resource_requests": nodes,
        "envoy_cluster_circuit_breakers_default_remaining_retries": lambda hour: each.value + 2 - held(server, hour),
        "envoy_llm_requests": lambda hour: (
            each_hour(labels, server, hour) * status_shares(server, hour)[labels["status"]]
        ),
        "envoy_llm_tokens_in": lambda hour: 400 * each_hour(labels, server, hour),
        "envoy_llm_tokens_out": lambda hour: 100 * each_hour(labels, server, hour),
    }
    return values.get(each.metric, lambda _: each.value)


def each_hour(labels: Mapping[str, str], server: str, hour: float) -> float:
    """Requests of a client."""
    return 3600 * _CLIENTS.get(labels["client"], 0.3) * load(server, hour)


def _buckets(each: Series) -> Iterator[Lived]:
    """Log-normal."""
    name, server = each.metric.removesuffix("_bucket"), _server(each.labels)
    usual = next(seconds for end, seconds in _MEDIANS.items() if name.endswith(end))
    factor = 1000 if usual > 1 else 1

    def share(bound: float, hour: float) -> float:
        slower = late(server, hour) if "output" not in name else 1 + 0.1 * (late(server, hour) - 1)
        median = usual * (1.5 if server == "llama-70b" else 1) * (0.7 + 0.6 * load(server, hour)) * slower
        return NormalDist().cdf(math.log(bound / median) / _SPREAD)

    def at(bound: float) -> Value:
        return lambda hour: 3600 * load(server, hour) * share(bound, hour)

    for bound in (each * factor for each in _BOUNDS):
        yield Lived(each.metric, {**each.labels, "le": f"{bound:g}"}, at(bound), counts=True)
    yield Lived(each.metric, each.labels, lambda hour: 3600 * load(server, hour), counts=True)


def _of_gpu(metric: str, host: str, gpu: int) -> Value:
    """The third card of the large pool gets too hot from noon on, and one card has a program's fault."""
    model = {"l4": "llama-8b", "l40s": "llama-70b"}.get(host.removesuffix("-a"), "helper")
    own = f"{model}-{gpu}" if gpu else model
    hot = host.startswith(_LARGE_POOL) and gpu == 2

    def busy(hour: float) -> float:
        return min(1.0, load(model, hour) * load(own, hour) / max(load(own, 13), 0.1) + (late(model, hour) > 1) * 0.5)

    values: Mapping[str, Value] = {
        "DCGM_FI_DEV_GPU_UTIL": lambda hour: 100 * busy(hour),
        "DCGM_FI_DEV_FB_USED": lambda _: 20_000,
        "DCGM_FI_DEV_FB_FREE": lambda _: 2_500 + 300 * gpu,
        "DCGM_FI_DEV_POWER_USAGE": lambda hour: 40 + (280 if host.startswith(_LARGE_POOL) else 32) * busy(hour),
        "DCGM_FI_DEV_GPU_TEMP": lambda hour: 38 + 30 * busy(hour) + (18 if hot and hour > 12 else 0),
        "DCGM_FI_DEV_SM_CLOCK": lambda hour: 1400 if hot and hour > 12.2 else 2100 + 100 * busy(hour),
        "DCGM_FI_DEV_XID_ERRORS": lambda hour: 43 if model == "helper" and hour > 12.1 else 0,
    }
    return values.get(metric, lambda _: 0)
