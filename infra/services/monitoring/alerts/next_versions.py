"""When a next version is worse than the present one, as Prometheus sees it: an alert for people, after which nothing
happens by itself."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from infra.engines import ENGINES
from infra.plan.gateway import Upstream
from infra.plan.plan import Plan
from infra.plan.versions import NEXT, server_of_next
from infra.services.monitoring.alerts.alert import Alert
from infra.services.monitoring.alerts.kinds import Kind

_WINDOW = "15m"
_MINUTES = 10
_ENOUGH = 50  # requests of each in that time: fewer say little
_MORE_ERRORS = 0.02  # of all requests
_SLOWER = 1.5  # times as long
_QUANTILES: Mapping[str, float] = {"half of the requests": 0.5, "95 % of the requests": 0.95}
_PRESENT = "present"


def next_versions(plan: Plan) -> Iterator[Alert]:
    """Of each model with a next version."""
    for _, upstream in sorted(plan.traffic.upstreams.items()):
        if upstream.next is not None:
            times = times_of(plan, upstream.model)
            yield from compared_versions(upstream, times, plan.settings.namespace.name, plan.stack)


@dataclass(frozen=True)
class Times:
    """A histogram of the time until an answer begins, of each version."""

    metric: str
    label: str  # that distinguishes the versions' series
    values: Mapping[str, str]  # version -> the label's value
    unit: str  # as Prometheus writes the value, with the unit
    what: str  # for which a caller waits
    more: str = ""  # other labels


def times_of(plan: Plan, model: str) -> Times | None:
    """The engine's time to the first token, where both versions answer with text and have the same metric. None: what
    the gateway sees has to do, the first byte. Of a stream that may be its headers, which an engine may send before the
    first token."""
    both = {_PRESENT: plan.models[model], NEXT: plan.models[server_of_next(model)]}
    metric, other = (ENGINES[each.engine].first_token_metric for each in both.values())
    if metric is None or metric != other or any(each.task != "chat" for each in both.values()):
        return None
    servers = {version: each.name for version, each in both.items()}
    return Times(metric, "service", servers, "{{ $value | humanizeDuration }}", "first token")


def compared_versions(upstream: Upstream, times: Times | None, namespace: str, stack: str) -> Iterator[Alert]:
    names = "|".join(upstream.names)  # letters, digits and hyphens: nothing to escape in a pattern
    times = times or _at_the_gateway(names)
    compared = _Compared(namespace, names, times)
    yield _alert(
        Kind.NEXT_VERSION_FAILS,
        f"{compared.failed(NEXT)} > {compared.failed(_PRESENT)} + {_MORE_ERRORS} and {compared.enough(NEXT)}",
        upstream.model,
        stack,
        "its next version fails more often than the present one: {{ $value | humanizePercentage }} of the requests are"
        " answered with 5xx",
    )
    for which, quantile in _QUANTILES.items():
        slow = f"{compared.begins(NEXT, quantile)} > {_SLOWER} * {compared.begins(_PRESENT, quantile)}"
        yield _alert(
            Kind.NEXT_VERSION_SLOWER,
            f"{slow} and {compared.timed(NEXT)} and {compared.timed(_PRESENT)}",
            upstream.model,
            stack,
            f"its next version begins later to answer than the present one: {which} wait up to {times.unit} for the"
            f" {times.what}",
            quantile=f"{quantile:g}",
        )


def _at_the_gateway(names: str) -> Times:
    """Of all requests, whatever they ask for."""
    versions = {each: each for each in (_PRESENT, NEXT)}
    what, metric = "first byte", "envoy_llm_version_first_byte"
    return Times(metric, "version", versions, "{{ $value | humanize }} ms", what, f',model=~"{names}"')


class _Compared:
    """Expressions about the two versions of a model. Each has one element without labels, or none."""

    def __init__(self, namespace: str, names: str, times: Times) -> None:
        self._namespace, self._names, self._times = f'namespace="{namespace}"', f'model=~"{names}"', times

    def failed(self, version: str) -> str:
        """The share of requests; 0 where there are none."""
        errors, every = (self._requests(version, more) for more in (',status=~"5.."', ""))
        return f"(({errors} or vector(0)) / clamp_min({every} or vector(0), 1e-9))"

    def enough(self, version: str) -> str:
        return f"sum(increase(envoy_llm_version_requests{{{self._labels(version)}}}[{_WINDOW}])) >= {_ENOUGH}"

    def begins(self, version: str, quantile: float) -> str:
        return f"histogram_quantile({quantile:g}, sum by (le) (rate({self._timed(version, 'bucket')})))"

    def timed(self, version: str) -> str:
        """Enough requests have a time."""
        return f"sum(increase({self._timed(version, 'count')})) >= {_ENOUGH}"

    def _timed(self, version: str, series: str) -> str:
        times = self._times
        of = f'{self._namespace},{times.label}="{times.values[version]}"'
        return f"{times.metric}_{series}{{{of}{times.more}}}[{_WINDOW}]"

    def _requests(self, version: str, more: str) -> str:
        return f"sum(rate(envoy_llm_version_requests{{{self._labels(version)}{more}}}[{_WINDOW}]))"

    def _labels(self, version: str) -> str:
        return f'{self._namespace},{self._names},version="{version}"'


def _alert(kind: Kind, expression: str, model: str, stack: str, said: str, **labels: str) -> Alert:
    look = (
        f"Nothing happens by itself. `llm-platform rollback {stack} {model}` takes the next version away, without a"
        " lost request."
    )
    return Alert(kind, expression, _MINUTES, f"{model}: {said}", look, labels={"model": model, **labels})
