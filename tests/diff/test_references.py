"""A name of what somebody else made that changes is said with what depends on it, although no pod changes."""

from copy import deepcopy
from typing import Any

import pytest

from infra.diff.difference import Difference, compare
from tests.diff.stacks import edited, side

ROLE = "arn:aws:iam::210987654321:role/"
EXISTING = {"url": "http://prometheus-operated.monitoring:9090", "monitorLabels": {"release": "kps"}}
MANAGED = {
    "url": "https://aps-workspaces.us-east-1.amazonaws.com/workspaces/ws-1",
    "monitorLabels": {},
    "namespace": "agent",
    "auth": {"sigv4": {"region": "us-east-1", "roleArn": f"{ROLE}a"}},
}
THERE: dict[str, Any] = {
    "models.chat.replicas": {"min": 1, "max": 3},
    "models.chat.concurrency": 4,
    "addons": {"keda": "install", "prometheus": {"existing": EXISTING}},
    "gateway.namespace": "ingress-a",
    "monitoring": {"dashboards": {"kind": "sidecar", "namespace": "grafana", "labels": {"board": "1"}}},
}
PROMETHEUS, BOARDS = "addons.prometheus.existing", "monitoring.dashboards"
# The key, what it is afterwards, whose row says it, and what it says.
CASES: dict[str, tuple[str, Any, str, str]] = {
    "another label": (
        f"{PROMETHEUS}.monitorLabels",
        {"release": "kube-prom"},
        "Monitoring",
        "PrometheusRule by release: kube-prom, by release: kps until now; where that isn't so, no figure of a model is"
        " read: dashboards and alerts stay empty, chat stays at the minimum of replicas, and no alert says so",
    ),
    "no label": (f"{PROMETHEUS}.monitorLabels", {}, "Monitoring", "by no label, by release: kps until now"),
    "another namespace of Prometheus": (
        f"{PROMETHEUS}.namespace",
        "cattle-monitoring-system",
        "Monitoring",
        "has to run in the namespace cattle-monitoring-system, which pods let read their figures, and the one of its",
    ),
    "another login": (
        f"{PROMETHEUS}.auth",
        {"basicSecret": {"name": "login"}},
        "Monitoring",
        "KEDA logs in to Prometheus by basicSecret.name: login, by no login until now; where it is refused, chat stays",
    ),
    "another role": (
        PROMETHEUS,
        {**MANAGED, "auth": {"sigv4": {"region": "us-east-1", "roleArn": f"{ROLE}b"}}},
        "Monitoring",
        f"roleArn: {ROLE}b, by sigv4.region: us-east-1, sigv4.roleArn: {ROLE}a until now",
    ),
    "another namespace of the Ingress controller": (
        "gateway.namespace",
        "ingress-b",
        "The gateway",
        "from the namespace ingress-b alone, from ingress-a until now",
    ),
    "another namespace of dashboards": (
        f"{BOARDS}.namespace",
        "other",
        "Dashboards",
        "in the namespace other, in graf",
    ),
    "another label of dashboards": (f"{BOARDS}.labels", {"a": "b"}, "Dashboards", "by a: b, by board: 1 until now"),
}


def changed(path: str, value: Any) -> Difference:
    there = {**THERE, PROMETHEUS: MANAGED} if path == PROMETHEUS else THERE
    was, now = (side("own", edited("own", deepcopy(each))) for each in (there, {**there, path: value}))
    return compare("own", was, now)


@pytest.mark.parametrize("name", CASES)
def test_its_service_says_what_depends_on_it(name: str) -> None:
    path, value, service, text = CASES[name]
    found = changed(path, value)
    said = [each.afterwards for each in found.services if each.service == service]
    assert [text in each for each in said] == [True]
    assert {each.event for each in found.notices} == {"nothing"}


@pytest.mark.parametrize(("labels", "with_"), [({"release": "kube-prom"}, "release: kube-prom"), ({}, "no label")])
def test_another_label_asks_to_see_what_prometheus_selects(labels: dict[str, str], with_: str) -> None:
    asked = [each["message"] for each in changed(f"{PROMETHEUS}.monitorLabels", labels).to_do.introduced]
    (said,) = [each for each in asked if "get prometheus -A" in each]
    assert f"selects objects with {with_}: where that isn't so" in said


def test_what_holds_already_is_no_row() -> None:
    assert changed(f"{PROMETHEUS}.monitorLabels", {"release": "kps"}).services == []
