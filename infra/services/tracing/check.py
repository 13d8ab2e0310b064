"""Rules for `monitoring.traces`."""

from urllib.parse import SplitResult, urlsplit

from infra.services.monitoring.own_section import monitoring_of
from infra.services.tracing.plan import own_namespace
from infra.settings.checks.cluster import read_cidr
from infra.settings.checks.scope import Scope
from infra.settings.mistakes import Key

_KEY: Key = ("monitoring", "traces", "otlp")
_ADDED = "/v1/traces"
_EXAMPLE = "write https://HOST, the URL before /v1/traces"


def check_traces(scope: Scope) -> None:
    traces = monitoring_of(scope.settings).traces
    if traces is None or traces.otlp is None:
        return
    endpoint, wrong = (*_KEY, "endpoint"), _wrong(traces.otlp.endpoint)
    if wrong is not None:
        scope.report.wrong(endpoint, *wrong)
    elif traces.otlp.cidrs and own_namespace(traces.otlp.endpoint):
        got = "the URL names a Service of this cluster, whose pods are let through by their namespace"
        scope.report.out_of_place((*_KEY, "cidrs"), got, "leave it out", reads=[endpoint])
    for index, cidr in enumerate(traces.otlp.cidrs):
        read_cidr(scope, (*_KEY, "cidrs", index), cidr)


def _wrong(url: str) -> tuple[str, str] | None:
    """What is wrong with it, without showing what may be a password in it; and what to write."""
    try:
        parts = urlsplit(url)
        host, _ = (parts.hostname or "").lower(), parts.port
    except ValueError:
        return "not a URL (not shown)", _EXAMPLE
    if not host:
        return "a URL without a host", _EXAMPLE
    if parts.username is not None or parts.password is not None:
        got = "has a user or a password in it, readable to everybody (not shown): revoke it"
        return got, "write the URL without, and headers: {authorization: {keySecret: traceKey-NAME}}"
    if parts.query or parts.fragment:
        got = "has a part behind ? or #, which may be a key (not shown), and which no request would have"
        return got, f"write {_plain(parts)}, and what it was for in headers"
    if parts.scheme not in ("https", "http"):
        return f"{parts.scheme}://: spans are sent as OTLP over HTTP", f"write https://{host}"
    if parts.scheme == "http" and own_namespace(url) is None:
        got = f"http://: spans would leave the cluster unencrypted; {host} is no Service of it"
        return got, f"write https://{host}, or http://NAME.NAMESPACE.svc:4318 for a Service"
    if parts.path.rstrip("/").endswith(_ADDED):
        return f"ends with {_ADDED}, which is added", f"write {_plain(parts).rstrip('/').removesuffix(_ADDED)}"
    return None


def _plain(parts: SplitResult) -> str:
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname}{port}{parts.path}"
