"""`monitoring.traces`: which requests have traces, and where they go."""

from typing import Annotated

from pydantic import Field

from infra.config_keys import TRACE_KEY
from infra.settings.types import Cidr, Section, pattern

# Without what the collector would take for a variable.
Url = Annotated[str, pattern(r"^[a-z]+://[^\s${}]+$", "https://otlp.example.com", "URL", max_length=500)]
HeaderName = Annotated[
    str, pattern(r"^[A-Za-z][A-Za-z0-9-]*$", "authorization", "name of an HTTP header", max_length=60)
]


TraceKey = Annotated[
    str, pattern(f"^{TRACE_KEY}$", "traceKey-langfuse", "name of a secret, traceKey-NAME", max_length=60)
]


class HeaderSecret(Section):
    """Where the value of a header is."""

    key_secret: TraceKey = Field(
        description="the secret of the stack with the whole value of the header, as `Bearer KEY`: pulumi config set"
        " --secret traceKey-NAME"
    )


class Otlp(Section):
    """A receiver that speaks OTLP over HTTP: Tempo, Langfuse, Phoenix, a vendor."""

    endpoint: Url = Field(description="its URL before /v1/traces; http:// only for a Service of this cluster")
    headers: dict[HeaderName, HeaderSecret] = Field(
        default={},
        description="headers by which it knows you, each from a secret",
        examples=[{"authorization": {"keySecret": "traceKey-langfuse"}}],
    )
    cidrs: tuple[Cidr, ...] = Field(
        default=(),
        description="addresses at which it is reached, where they are known or private; when absent, every public"
        " address",
        examples=[["10.0.0.0/16"]],
    )


class TracesSection(Section):
    """Traces of requests. No span has a prompt or an answer, and no key adds them."""

    otlp: Otlp | None = Field(
        default=None,
        description="send spans there; when absent, a Jaeger in the cluster keeps the last traces in its memory",
        examples=[{"endpoint": "https://otlp.example.com"}],
    )
    sample: float = Field(
        default=0.1,
        gt=0,
        le=1,
        description="the share of requests that have a trace; a caller that asks for more doesn't get it",
        examples=[0.1],
    )
