"""When a next version is worse than the present one, as Prometheus sees it: an alert for people, after which nothing
happens by itself."""

from collections.abc import Iterator, Mapping

from infra.plan.gateway import TrafficPlan, Upstream
from infra.plan.versions import NEXT
from infra.services.monitoring.alerts.alert import Alert
from infra.services.monitoring.alerts.kinds import Kind

_WINDOW = "15m"
_MINUTES = 10
_ENOUGH = 50  # requests of each in that time: fewer say little
_MORE_ERRORS = 0.02  # of all requests
_SLOWER = 1.5  # times as long
_QUANTILES: Mapping[str, float] = {"half of the requests": 0.5, "95 % of the requests": 0.95}
_PRESENT = "present"


def next_versions(traffic: TrafficPlan, namespace: str, stack: str) -> Iterator[Alert]:
    """Of each model with a next version."""
    for _, upstream in sorted(traffic.upstreams.items()):
        if upstream.next is not None:
            yield from _of(upstream, namespace, stack)


def _of(upstream: Upstream, namespace: str, stack: str) -> Iterator[Alert]:
    names = "|".join(upstream.names)  # letters, digits and hyphens: nothing to escape in a pattern
    compared = _Compared(f'namespace="{namespace}",model=~"{names}"')
    yield _alert(
        Kind.NEXT_VERSION_FAILS,
        f"{compared.failed(NEXT)} > {compared.failed(_PRESENT)} + {_MORE_ERRORS} and {compared.enough(NEXT)}",
        upstream.model,
        stack,
        "its next version fails more often than the present one: {{ $value | humanizePercentage }} of the requests are"
        " answered with 5xx",
    )
    for which, quantile in _QUANTILES.items():
        slow = f"{compared.first_byte(NEXT, quantile)} > {_SLOWER} * {compared.first_byte(_PRESENT, quantile)}"
        yield _alert(
            Kind.NEXT_VERSION_SLOWER,
            f"{slow} and {compared.enough(NEXT)} and {compared.enough(_PRESENT)}",
            upstream.model,
            stack,
            f"its next version begins later to answer than the present one: {which} wait up to"
            " {{ $value | humanize }} ms for the first byte",
            quantile=f"{quantile:g}",
        )


class _Compared:
    """Expressions about the two versions of a model. Each has one element without labels, or none."""

    def __init__(self, of: str) -> None:
        self._of = of

    def failed(self, version: str) -> str:
        """The share of requests; 0 where there are none."""
        errors, every = (self._requests(version, more) for more in (',status=~"5.."', ""))
        return f"(({errors} or vector(0)) / clamp_min({every} or vector(0), 1e-9))"

    def enough(self, version: str) -> str:
        return f"sum(increase(envoy_llm_version_requests{{{self._labels(version)}}}[{_WINDOW}])) >= {_ENOUGH}"

    def first_byte(self, version: str, quantile: float) -> str:
        """In milliseconds."""
        buckets = f"envoy_llm_version_first_byte_bucket{{{self._labels(version)}}}[{_WINDOW}]"
        return f"histogram_quantile({quantile:g}, sum by (le) (rate({buckets})))"

    def _requests(self, version: str, more: str) -> str:
        return f"sum(rate(envoy_llm_version_requests{{{self._labels(version)}{more}}}[{_WINDOW}]))"

    def _labels(self, version: str) -> str:
        return f'{self._of},version="{version}"'


def _alert(kind: Kind, expression: str, model: str, stack: str, said: str, **labels: str) -> Alert:
    look = (
        f"Nothing happens by itself. `llm-platform rollback {stack} {model}` takes the next version away, without a"
        " lost request."
    )
    return Alert(kind, expression, _MINUTES, f"{model}: {said}", look, labels={"model": model, **labels})
