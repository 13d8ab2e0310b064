"""What callers notice: the gateway is away, requests fail, or first tokens come late."""

from collections.abc import Iterator
from functools import partial
from itertools import pairwise

from infra.engines import ENGINES
from infra.plan.gateway import Upstream
from infra.plan.models import ModelPlan
from infra.plan.plan import Plan
from infra.services.monitoring.alerts.alert import Alert, LeftOut
from infra.services.monitoring.alerts.kinds import Kind
from infra.services.monitoring.alerts.windows import MINUTES, WINDOWS, burns
from infra.services.monitoring.own_section import monitoring_of
from infra.services.serving.promise import aimed, promised

_AWAY_MINUTES = 5
_FAILED = 10  # requests in the long window: fewer say little, as the workbook says of services with low traffic
_ASKED = 50  # requests in the long window, of which the share that came late says something
_LATE = 0.05  # of the first tokens may be late: the promise is about 95 of 100


def requests(plan: Plan) -> Iterator[Alert | LeftOut]:
    yield _away(plan)
    for upstream in plan.traffic.upstreams.values():
        if not upstream.paused:
            yield from _fail(plan, upstream)
    for model in plan.models.values():
        if not model.paused:
            yield from _late(plan, model)


def _away(plan: Plan) -> Alert:
    namespace = plan.settings.namespace.name
    return Alert(
        Kind.GATEWAY_AWAY,
        f'absent(envoy_server_live{{namespace="{namespace}"}} == 1)',
        _AWAY_MINUTES,
        "Prometheus reads no pod of the gateway: either no caller gets an answer, or nothing is measured",
        f"`llm-platform status {plan.stack}` says which of the two, and why.",
        "critical",
    )


def _fail(plan: Plan, upstream: Upstream) -> Iterator[Alert]:
    names = "|".join(upstream.names)  # letters, digits and hyphens: nothing to escape in a pattern
    of = f'namespace="{plan.settings.namespace.name}",model=~"{names}"'
    percent = monitoring_of(plan.settings).alerts.availability_percent
    for window in WINDOWS:
        enough = f'sum(increase(envoy_llm_requests{{{of},status=~"5.."}}[{window.long}])) >= {_FAILED}'
        yield Alert(
            Kind.REQUESTS_FAIL,
            f"{burns(window, partial(_failed, of), 1 - percent / 100)} and {enough}",
            MINUTES,
            f"{upstream.model}: {{{{ $value | humanizePercentage }}}} of the requests of {window.long} failed: that is"
            f" more than {window.uses} ({percent:g} % have to succeed)",
            f"`llm-platform status {plan.stack} {upstream.model}` says what doesn't run, and why.",
            window.severity,
            {"model": upstream.model, "window": window.long},
        )


def _failed(of: str, window: str) -> str:
    errors, every = (f"sum(rate(envoy_llm_requests{{{each}}}[{window}]))" for each in (f'{of},status=~"5.."', of))
    return f"{errors} / {every}"


def _late(plan: Plan, model: ModelPlan) -> Iterator[Alert | LeftOut]:
    engine = ENGINES[model.engine]
    limit, metric = promised(plan.settings, model) or aimed(model), engine.first_token_metric
    if model.task != "chat":
        return
    if limit is None or metric is None:
        lacks = f"{engine.title} doesn't measure it" if metric is None else "nothing is promised, and no speed is known"
        yield LeftOut(Kind.FIRST_TOKEN_LATE, lacks, model.name)
        return
    buckets = engine.first_token_buckets(model)
    if not buckets or limit >= buckets[-1]:
        yield LeftOut(Kind.FIRST_TOKEN_LATE, "its histogram has no bucket for this time", model.name)
        return
    yield from _late_by(plan, model, metric, limit, _between(buckets, limit))


def _late_by(plan: Plan, model: ModelPlan, metric: str, limit: float, between: str) -> Iterator[Alert]:
    """Somebody is woken for a promise; a time that the plan only aims at is for working hours."""
    is_promised = promised(plan.settings, model) is not None
    of = f'namespace="{plan.settings.namespace.name}",service="{model.name}"'
    whose = "are promised" if is_promised else "are the plan's aim"
    for window in WINDOWS:
        enough = f"sum(increase({metric}_count{{{of}}}[{window.long}])) >= {_ASKED}"
        yield Alert(
            Kind.FIRST_TOKEN_LATE,
            f"{burns(window, partial(_too_late, metric, of, between), _LATE)} and {enough}",
            MINUTES,
            f"{model.name}: {{{{ $value | humanizePercentage }}}} of the first tokens of {window.long} came later than"
            f" {limit:.1f} s: that is more than {window.uses} (95 of 100 within {limit:.1f} s {whose})",
            f"`llm-platform status {plan.stack} {model.name}` says how many replicas there are, and what keeps others"
            " from starting.",
            window.severity if is_promised else "warning",
            {"model": model.name, "window": window.long},
        )


def _between(buckets: tuple[float, ...], limit: float) -> str:
    """`{}` stands for the bucket's series: those within the limit, in between as if they were spread evenly."""
    low, high = next((low, high) for low, high in pairwise((0.0, *buckets)) if limit < high)
    part = (limit - low) / (high - low)
    above = f"{part:.4g} * {_bucket(high)}"
    return f"{1 - part:.4g} * {_bucket(low)} + {above}" if low else above


def _bucket(le: float) -> str:
    return f'sum(rate({{metric}}_bucket{{{{{{of}},le="{le}"}}}}[{{window}}]))'


def _too_late(metric: str, of: str, between: str, window: str) -> str:
    soon = between.format(metric=metric, of=of, window=window)
    return f"1 - ({soon}) / sum(rate({metric}_count{{{of}}}[{window}]))"
