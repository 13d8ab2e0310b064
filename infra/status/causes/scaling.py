"""Why the number of replicas doesn't follow the load: KEDA's ScaledObject, and Kubernetes' own autoscaler."""

from collections.abc import Iterator

from infra.status.findings import Cause
from infra.status.seen import Scaler, condition
from infra.status.subject import Subject

_KEDA = "ScaledObject"
_LOST = "target may be lost"  # KEDA says so where Prometheus answers, and knows no such metric
NEED_A_REPLICA = ("scaler-fallback", "no-metric")  # while no replica is ready there is nothing to measure


def of_scaling(subject: Subject) -> Iterator[Cause]:
    mine = [each for each in subject.seen.scalers if each.of == subject.name]
    for scaler in mine:
        yield from (_keda if scaler.kind == _KEDA else _hpa)(subject, scaler)
    by_keda = subject.model is not None and subject.model.scaling is not None and not subject.model.pods
    read = "ScaledObjects" not in subject.seen.not_read
    if by_keda and read and subject.model and not subject.model.paused and _KEDA not in {each.kind for each in mine}:
        up = f"pulumi up -s {subject.plan.stack}"
        said = "by the plan KEDA scales it, and its ScaledObject isn't there, or KEDA isn't"
        yield Cause("no-scaler", said, f"addons.keda; run: {up}", f"{subject.kubectl} get scaledobjects")


def _keda(subject: Subject, scaler: Scaler) -> Iterator[Cause]:
    command = f"{subject.kubectl} describe scaledobject {scaler.name}"
    ready, fallback, paused = (condition(scaler.conditions, each) for each in ("Ready", "Fallback", "Paused"))
    if ready is not None and ready.true is False:
        yield Cause(
            "scaler", f"KEDA doesn't scale it: {ready.message}{_newest(subject, scaler)}", _monitoring(subject), command
        )
    if fallback is not None and fallback.true:
        newest = _newest(subject, scaler)
        said = f"KEDA gets no answer to its queries and keeps the number of its fallback{newest}"
        fix = _unread(subject) if _LOST in newest else _monitoring(subject)
        yield Cause("scaler-fallback", said, fix, command)
    if paused is not None and paused.true:
        said = "somebody paused its scaling by an annotation of its ScaledObject"
        fix = f"run: {subject.kubectl} annotate scaledobject {scaler.name} autoscaling.keda.sh/paused-"
        yield Cause("scaler-paused", said, fix, command)


def _newest(subject: Subject, scaler: Scaler) -> str:
    """What KEDA said last of a query."""
    found = subject.seen.about(scaler.kind, scaler.name, "KEDAScalerFailed")
    return f" ({' '.join(found[0].message.split())})" if found else ""


def _unread(subject: Subject) -> str:
    path = subject.model.path if subject.model is not None else ""
    return (
        "Prometheus answers, and has no such metric: it reads no server of the model (addons.prometheus), or another"
        f" version of the engine runs ({path}.image)"
    )


def _monitoring(subject: Subject) -> str:
    monitoring = subject.plan.monitoring
    url = f", which has to answer at {monitoring.url}" if monitoring is not None else ""
    return f"addons.prometheus{url}"


def _hpa(subject: Subject, scaler: Scaler) -> Iterator[Cause]:
    command = f"{subject.kubectl} describe hpa {scaler.name}"
    active, able = (condition(scaler.conditions, each) for each in ("ScalingActive", "AbleToScale"))
    if active is not None and active.true is False and active.reason != "ScalingDisabled":
        fix = "addons.metricsServer: install" if active.reason == "FailedGetResourceMetric" else _monitoring(subject)
        yield Cause("no-metric", f"its autoscaler has no metric ({active.reason}): {active.message}", fix, command)
    if (
        able is not None
        and able.true is False
        and able.reason not in ("BackoffBoth", "BackoffUpscale", "BackoffDownscale")
    ):
        yield Cause("scaler", f"its autoscaler can't scale it ({able.reason}): {able.message}", "", command)
