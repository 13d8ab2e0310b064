"""Where spans go, and what is said of it."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from infra.engines import ENGINES
from infra.plan.findings import Decided, warned
from infra.plan.gateway import Traces
from infra.plan.models import ModelPlan
from infra.plan.notes import Assumption, Finding, Step, ToDo
from infra.services.monitoring.own_section import monitoring_of
from infra.services.service import Around
from infra.services.tracing.section import Otlp, TracesSection
from infra.settings.platform import Settings

NAME = "gateway-traces"  # of the Service and the pod that take spans
PORT = 4317  # OTLP over gRPC, as OpenTelemetry numbers it
UI_PORT = 16686  # of Jaeger
JAEGER, COLLECTOR = "jaeger", "otel-collector"  # the images of the table of pins
CHART = "opentelemetry-collector"
_PATH = "monitoring.traces"
_OF_A_SERVICE = re.compile(r"[a-z0-9-]+\.([a-z0-9-]+)\.svc(?:\.cluster\.local)?")


@dataclass(frozen=True)
class Outside:
    """Whatever speaks OTLP over HTTP, outside the models' namespace."""

    url: str
    headers: Mapping[str, str]  # name -> the stack's secret with its value
    port: int
    namespace: str | None  # of the cluster; None: elsewhere
    cidrs: tuple[str, ...]  # none: every public address


@dataclass(frozen=True)
class TracingPlan:
    image: str
    chart: str
    repo: str
    version: str
    sample: float
    to: Outside | None  # None: Jaeger, in the memory of its pod


def section_of(settings: Settings) -> TracesSection | None:
    return monitoring_of(settings).traces


def traces_of(settings: Settings) -> Traces | None:
    """Where gateway and engines send their spans."""
    traces = section_of(settings)
    if traces is None:
        return None
    return Traces(f"{NAME}.{settings.namespace.name}.svc.cluster.local", PORT, traces.sample)


def traced(models: Mapping[str, ModelPlan], settings: Settings) -> dict[str, ModelPlan]:
    """The models, and of those whose engine makes spans, where to."""
    to = traces_of(settings)
    url = f"http://{to.host}:{to.port}" if to is not None else None
    return {
        name: replace(model, traces_to=url) if ENGINES[model.engine].makes_spans else model
        for name, model in models.items()
    }


def plan_tracing(around: Around) -> Decided[TracingPlan | None]:
    traces = section_of(around.settings)
    if traces is None:
        return None
    yield from _silent_engines(around.models)
    if traces.otlp is not None:
        yield from _leaves(traces.otlp)
    pin = around.catalog.charts[CHART]
    image = around.catalog.proxies[JAEGER if traces.otlp is None else COLLECTOR].image
    outside = _outside(traces.otlp) if traces.otlp is not None else None
    return TracingPlan(image, pin.name, pin.repo, pin.version, traces.sample, outside)


def own_namespace(url: str) -> str | None:
    """The namespace of the Service of this cluster that a URL names."""
    found = _OF_A_SERVICE.fullmatch((urlsplit(url).hostname or "").lower())
    return found[1] if found else None


def traces_to_dos(around: Around) -> Iterator[Finding]:
    traces = section_of(around.settings)
    if traces is not None and traces.otlp is None:
        forward = f"{around.cluster.kubectl} -n {around.settings.namespace.name} port-forward svc/{NAME} {UI_PORT}"
        said = f"Jaeger is at http://127.0.0.1:{UI_PORT} while `{forward}` runs"
        yield ToDo(_PATH, f"{said}; a trace is found by the tag guid:x-request-id=ID", Step.GRAFANA, 1)


def header_secrets(settings: Settings) -> Sequence[str]:
    """The names of the stack's secrets that headers need."""
    traces = section_of(settings)
    headers = traces.otlp.headers.values() if traces is not None and traces.otlp is not None else ()
    return sorted({each.key_secret for each in headers})


def missing_headers(settings: Settings, there: Iterable[str]) -> Sequence[str]:
    return [each for each in header_secrets(settings) if each not in {*there}]


def headers_to_do(settings: Settings, stack: str, secrets: Iterable[str]) -> Iterator[Finding]:
    for nth, secret in enumerate(missing_headers(settings, secrets), start=1):
        yield ToDo(f"{_PATH}.otlp.headers", f"`pulumi config set --secret {secret} -s {stack}`", Step.SECRETS, nth)


def _outside(otlp: Otlp) -> Outside:
    parts = urlsplit(otlp.endpoint)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    headers = {name: each.key_secret for name, each in sorted(otlp.headers.items())}
    return Outside(otlp.endpoint, headers, port, own_namespace(otlp.endpoint), otlp.cidrs)


def _leaves(otlp: Otlp) -> Iterator[Finding]:
    if own_namespace(otlp.endpoint) is None:
        host = urlsplit(otlp.endpoint).hostname
        what = "names of models, clients and teams, numbers of tokens, and times of traced requests; no prompts, no"
        yield warned(f"{_PATH}.otlp", f"data leaves the cluster, to {host}: {what} answers and no keys")


def _silent_engines(models: Mapping[str, ModelPlan]) -> Iterator[Finding]:
    silent = sorted(name for name, model in models.items() if not ENGINES[model.engine].makes_spans)
    if silent:
        titles = sorted({ENGINES[models[name].engine].title for name in silent})
        said = f"traces of {', '.join(silent)} end at the gateway: {' and '.join(titles)} sends no spans"
        yield Assumption(_PATH, said)
