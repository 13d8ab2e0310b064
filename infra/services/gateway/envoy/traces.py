"""One span of the gateway for each request of a client, in the trace that its caller began or in a new one.

Only the second tier makes spans: behind a key, where the model is known. Nobody without a key makes one, and a refusal
of the first tier has its line in the log. A span has no prompt, no answer, no key, and of a path only one that this
program knows.
"""

from infra.catalog.span_attributes import span_attributes
from infra.plan.gateway import Traces, TrafficPlan
from infra.plan.versions import VERSION
from infra.services.gateway.envoy.bodies import ANSWERED
from infra.services.gateway.envoy.internal import to_service
from infra.services.gateway.envoy.log import FIRST_BYTE, HELD_FOR, ROUTED, SERVED_BY, sent
from infra.services.gateway.envoy.messages import Message, extension, typed

CLUSTER = "traces"
SERVICE = "gateway"  # as which its spans are found
PROVIDER = "llm-platform"
# Of a request whose path isn't here no path is kept: it may be any text.
OPERATIONS = {
    "/v1/chat/completions": "chat",
    "/v1/completions": "text_completion",
    "/v1/embeddings": "embeddings",
    "/v1/messages": "chat",
    "/v1/rerank": "rerank",
    "/v1/responses": "chat",
    "/v1/score": "rerank",
}
_PPM = 1_000_000
_TABLE = "{" + ", ".join(f"'{path}': '{name}'" for path, name in OPERATIONS.items()) + "}"
_KNOWN = f"request.url_path in {_TABLE}"
_MODEL = f"'{ROUTED}' in request.headers ? request.headers['{ROUTED}'] : '-'"
_NAME = f"%CEL({_KNOWN} ? {_TABLE}[request.url_path] : request.method)% %CEL({_MODEL})%"
_PATH = f"%CEL({_KNOWN} ? request.url_path : '-')%"
# How Envoy says each attribute; one about which it knows nothing is left out.
_SAYS = {
    "gen_ai.operation.name": f"%CEL({_KNOWN} ? {_TABLE}[request.url_path] : '')%",
    "gen_ai.provider.name": PROVIDER,
    "gen_ai.request.model": f"%REQ({ROUTED})%",
    "gen_ai.response.model": sent(ANSWERED),
    "gen_ai.usage.input_tokens": sent("tokens_in"),
    "gen_ai.usage.output_tokens": sent("tokens_out"),
    "llm_platform.client": "%REQ(X-LLM-CLIENT)%",
    "llm_platform.team": "%REQ(X-LLM-TEAM)%",
    "llm_platform.version": f"%RESP({VERSION})%",
    "llm_platform.served_by": f"%RESP({SERVED_BY})%",
    "llm_platform.tries": "%UPSTREAM_REQUEST_ATTEMPT_COUNT%",
    "llm_platform.held_ms": HELD_FOR,
    "llm_platform.first_byte_ms": FIRST_BYTE,
}
# Otherwise this tier writes into the id of a request whether it is traced, and the caller already has another id.
_SAME_ID: Message = {
    "typed_config": typed(
        "extensions.request_id.uuid.v3.UuidRequestIdConfig",
        pack_trace_reason=False,
        use_request_id_for_trace_sampling=False,
    )
}
# Text of the caller that Envoy would copy into a span, or send on to be copied there.
NOT_FROM_CALLERS = ("tracestate", "baggage", "x-client-trace-id")


def traced(traffic: TrafficPlan) -> Message:
    """What the manager of the second tier has besides."""
    if traffic.traces is None:
        return {}
    return {"tracing": _tracing(traffic.traces), "request_id_extension": _SAME_ID}


def _tracing(traces: Traces) -> Message:
    """Whether a request has spans follows from the id of its trace alone: a caller that says that all of its requests
    are sampled gets no more than the share, and an engine follows the gateway. Spans are sent in the background, so
    where nobody takes them they are dropped and no request waits."""
    sampler = extension(
        "tracers.opentelemetry.samplers.trace_id_ratio_based",
        "extensions.tracers.opentelemetry.samplers.v3.TraceIdRatioBasedSamplerConfig",
        sampling_percentage={"numerator": round(traces.sample * _PPM), "denominator": "MILLION"},
    )
    config = typed(
        "config.trace.v3.OpenTelemetryConfig",
        grpc_service={"envoy_grpc": {"cluster_name": CLUSTER}, "timeout": "5s"},
        service_name=SERVICE,
        sampler=sampler,
    )
    tags = {"http.url": _PATH, **{name: _SAYS[name] for name in span_attributes()}}
    return {
        "provider": {"name": "envoy.tracers.opentelemetry", "typed_config": config},
        "operation": _NAME,
        "custom_tags": [{"tag": name, "value": value} for name, value in tags.items()],
    }


def receiver(traces: Traces, refresh_seconds: int) -> Message:
    return to_service(CLUSTER, traces.host, traces.port, refresh_seconds)
