"""The alerts of a plan, by group."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from infra.plan.plan import Plan
from infra.services.monitoring.alerts.alert import Alert, Common, LeftOut
from infra.services.monitoring.alerts.budget import budget
from infra.services.monitoring.alerts.heartbeat import heartbeat
from infra.services.monitoring.alerts.kinds import Kind
from infra.services.monitoring.alerts.load import load
from infra.services.monitoring.alerts.next_versions import next_versions
from infra.services.monitoring.alerts.platform import platform
from infra.services.monitoring.alerts.pods import pods
from infra.services.monitoring.alerts.requests import requests
from infra.services.monitoring.alerts.scalers import scalers
from infra.services.monitoring.own_section import monitoring_of

_TOGETHER, _ALONE = "alerts", ("next-versions", "scalers")  # objects; their names are in URNs
SECONDS = {"budget": 300}  # between two evaluations of a group that reads many days


class Alerts(NamedTuple):
    by_group: Mapping[str, Sequence[Alert]]
    left_out: Sequence[LeftOut]  # that the stack could have, in the order of their kinds


def decide_alerts(plan: Plan) -> Alerts:
    """None where no operator reads rules from the cluster: Amazon's Prometheus has rules of its workspace alone."""
    decided = {} if unread(plan) else _decided(plan)
    groups = {name: tuple(each for each in found if isinstance(each, Alert)) for name, found in decided.items()}
    left_out = [each for found in decided.values() for each in found if isinstance(each, LeftOut)]
    return Alerts(
        {name: alerts for name, alerts in groups.items() if alerts},
        sorted(left_out, key=lambda each: [*Kind].index(each.kind)),
    )


def _decided(plan: Plan) -> Mapping[str, Sequence[Alert | LeftOut]]:
    found = {
        "requests": requests(plan),
        "pods": pods(plan),
        "load": load(plan),
        "next-versions": next_versions(plan),
        "scalers": scalers(plan),
        "platform-risks": platform(plan),
        "budget": budget(plan),
        "heartbeat": heartbeat(plan),
    }
    return {name: tuple(each) for name, each in found.items()}


def unread(plan: Plan) -> str:
    """Why nobody would read an alert; blank: Prometheus' operator does."""
    monitoring = plan.monitoring
    if monitoring is None:
        return "the stack has no Prometheus, or doesn't say where it is"
    if monitoring.login is not None and monitoring.login.mode == "sigv4":
        return "Amazon Managed Prometheus reads no rules from the cluster, only those of its workspace"
    return ""


def objects_of(plan: Plan) -> Mapping[str, Mapping[str, Sequence[Alert]]]:
    """The objects in the cluster, by name, and the groups of each. One is there whatever models there are."""
    groups = decide_alerts(plan).by_group
    alone = {name: {name: groups[name]} for name in _ALONE if name in groups}
    together = {name: alerts for name, alerts in groups.items() if name not in _ALONE}
    return {**({_TOGETHER: together} if together else {}), **alone}


def common_of(plan: Plan) -> Common:
    said = monitoring_of(plan.settings).alerts
    return Common(plan.settings.namespace.name, said.runbooks, said.labels)
