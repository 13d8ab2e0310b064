"""The alert that always fires: when it ends, Prometheus or Alertmanager has."""

from collections.abc import Iterator

from infra.plan.plan import Plan
from infra.services.monitoring.alerts.alert import Alert, LeftOut
from infra.services.monitoring.alerts.kinds import Kind
from infra.services.monitoring.own_section import monitoring_of

_LACKS = (
    "nobody hears when Prometheus itself is away: write monitoring.alerts.heartbeat: {keySecret: alertKey-heartbeat},"
    " the URL of a service outside the cluster"
)


def heartbeat(plan: Plan) -> Iterator[Alert | LeftOut]:
    """Only where it is sent somewhere: an Alertmanager that exists would show it to somebody."""
    if monitoring_of(plan.settings).alerts.heartbeat is None:
        yield LeftOut(Kind.HEARTBEAT, _LACKS)
        return
    yield Alert(
        Kind.HEARTBEAT,
        "vector(1)",
        0,
        "Prometheus evaluates rules and Alertmanager sends notifications: nothing is wrong",
        "Nothing has to be done. The service that hears this warns when it ends.",
        "none",
    )
