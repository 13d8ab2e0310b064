"""The alerts of a plan, by group: each is one object in the cluster, under its group's name."""

from collections.abc import Mapping, Sequence

from infra.plan.plan import Plan
from infra.services.monitoring.alerts.alert import Alert, Common
from infra.services.monitoring.alerts.next_versions import next_versions
from infra.services.monitoring.alerts.scalers import scalers
from infra.services.monitoring.own_section import monitoring_of


def alerts_of(plan: Plan) -> Mapping[str, Sequence[Alert]]:
    """Empty where no operator reads rules from the cluster: Amazon's Prometheus has rules of its workspace alone."""
    if unread(plan):
        return {}
    found = {
        "next-versions": next_versions(plan.traffic, plan.settings.namespace.name, plan.stack),
        "scalers": scalers(plan),
    }
    groups = {name: tuple(alerts) for name, alerts in found.items()}
    return {name: alerts for name, alerts in groups.items() if alerts}


def unread(plan: Plan) -> str:
    """Why nobody would read an alert; blank: Prometheus' operator does."""
    monitoring = plan.monitoring
    if monitoring is None:
        return "the stack has no Prometheus, or doesn't say where it is"
    if monitoring.login is not None and monitoring.login.mode == "sigv4":
        return "Amazon Managed Prometheus reads no rules from the cluster, only those of its workspace"
    return ""


def common_of(plan: Plan) -> Common:
    said = monitoring_of(plan.settings).alerts
    return Common(plan.settings.namespace.name, said.runbooks, said.labels)
