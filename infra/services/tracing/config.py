"""What the pod that takes spans runs with: a configuration of the OpenTelemetry collector, which Jaeger is too."""

from collections.abc import Mapping
from typing import Any

from infra.catalog.span_attributes import span_attributes
from infra.plan.models import Resources
from infra.services.tracing.plan import PORT, UI_PORT, TracingPlan

CPU, MEMORY_MIB = 0.05, 256
MAX_TRACES = 5_000  # that Jaeger keeps: an estimate of 10 KiB for each
_HERE = "${env:MY_POD_IP}"  # as the chart names it
_STORE = "memory"
HEALTH_PORT = 13133
# Attributes that conventions have for prompts, answers and tools, should an engine begin to send them.
WORDS = r"^gen_ai\.(input\.messages|output\.messages|system_instructions|prompt|completion|tool\..+)"


def pod() -> Resources:
    return Resources(cpu=CPU, memory_gib=MEMORY_MIB / 1024, ephemeral_gib=0, shm_gib=0)


def variable(nth: int) -> str:
    """Of the environment: the value of a header."""
    return f"HEADER_{nth}"


def health_path(plan: TracingPlan) -> str:
    return "/status" if plan.to is None else "/"


def configuration(plan: TracingPlan) -> Mapping[str, Any]:
    """It drops spans before its memory is full, and where nobody takes them."""
    health, exporter = _health(plan), _exporter(plan)
    numbers = [each.name for each in span_attributes().values() if each.type == "int"]
    actions = [{"key": name, "action": "convert", "converted_type": "int"} for name in numbers]
    return {
        "receivers": {"otlp": {"protocols": {"grpc": {"endpoint": f"{_HERE}:{PORT}"}}}},
        "processors": {
            "memory_limiter": {"check_interval": "1s", "limit_percentage": 75, "spike_limit_percentage": 20},
            "attributes": {"actions": [*actions, {"pattern": WORDS, "action": "delete"}]},
            "batch": {},
        },
        "exporters": exporter,
        "extensions": {**health, **(_jaeger() if plan.to is None else {})},
        "service": {
            "telemetry": {"logs": {"encoding": "json"}},
            "extensions": [*(_jaeger() if plan.to is None else ()), *health],
            "pipelines": {
                "traces": {
                    "receivers": ["otlp"],
                    "processors": ["memory_limiter", "attributes", "batch"],
                    "exporters": [*exporter],
                }
            },
        },
    }


def _health(plan: TracingPlan) -> Mapping[str, Any]:
    endpoint = f"{_HERE}:{HEALTH_PORT}"
    if plan.to is None:
        return {"healthcheckv2": {"use_v2": True, "http": {"endpoint": endpoint}}}
    return {"health_check": {"endpoint": endpoint}}


def _jaeger() -> Mapping[str, Any]:
    return {
        "jaeger_storage": {"backends": {_STORE: {"memory": {"max_traces": MAX_TRACES}}}},
        "jaeger_query": {
            "storage": {"traces": _STORE},
            "http": {"endpoint": f"0.0.0.0:{UI_PORT}"},
            "enable_tracing": False,  # spans of its pages, which it would send to localhost
        },
    }


def _exporter(plan: TracingPlan) -> Mapping[str, Any]:
    if plan.to is None:
        return {"jaeger_storage_exporter": {"trace_storage": _STORE}}
    headers = {name: f"${{env:{variable(nth)}}}" for nth, name in enumerate(plan.to.headers)}
    return {"otlp_http": {"endpoint": plan.to.url.rstrip("/"), **({"headers": headers} if headers else {})}}
