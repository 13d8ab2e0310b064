"""Whom alerts reach: an AlertmanagerConfig that is valid, secrets that no plan shows, and an Alertmanager only where it
has somebody to notify."""

import json
import re
from functools import cache
from typing import Any

import pytest

from infra.offline import Planned
from infra.recording import SECRET as MASKED
from infra.recording import Recorded
from infra.services.monitoring.alerts.kinds import Kind
from infra.services.monitoring.alerts.receivers import SECRET, configuration, missing_secrets
from infra.services.monitoring.alerts.report import alert_tables
from infra.settings.sections import settings_type
from tests.example_stacks import plan_text, text
from tests.kubernetes_schema import check
from tests.planning.stacks import LOCAL

CONFIGURATION = "kubernetes:monitoring.coreos.com/v1alpha1:AlertmanagerConfig"
RECEIVERS: dict[str, Any] = {
    "receivers": {
        "on-call": {"pagerduty": {"keySecret": "alertKey-pagerduty"}},
        "team": {"slack": {"channel": "#llm", "keySecret": "alertKey-slack"}},
    },
    "route": {"critical": "on-call", "warning": "team"},
}
KINDS: dict[str, dict[str, str]] = {
    "slack": {"channel": "#llm"},
    "pagerduty": {},
    "webhook": {},
    "email": {"to": "a@example.com", "from": "b@example.com", "server": "smtp.example.com:587", "user": "b"},
}


@cache
def with_receivers(name: str = "prod", heartbeat: str | None = None) -> Planned:
    called = {"heartbeat": {"keySecret": heartbeat}} if heartbeat else {}
    section = f"monitoring: {json.dumps({'alerts': {**RECEIVERS, **called}})}"
    return plan_text(name, re.sub(r"^( +)models:\n", rf"\1{section}\n\g<0>", text(name), count=1, flags=re.MULTILINE))


def made(planned: Planned) -> Recorded:
    (found,) = planned.recording.of(CONFIGURATION)
    check(found.inputs, "1.35")
    return found


def chart_values(planned: Planned) -> Any:
    (chart,) = (
        each
        for each in planned.recording.of("kubernetes:helm.sh/v3:Release")
        if each.inputs["chart"] == "kube-prometheus-stack"
    )
    return chart.inputs["values"]["alertmanager"]


def test_each_severity_goes_where_the_route_leads() -> None:
    spec = made(with_receivers()).inputs["spec"]
    ways = {each["matchers"][0]["value"]: each["receiver"] for each in spec["route"]["routes"]}
    assert ways == {"critical": "on-call", "warning": "team"}
    assert {each["name"] for each in spec["receivers"]} == {"Nobody", "on-call", "team"}
    assert spec["route"]["receiver"] == "Nobody"


def test_the_heartbeat_is_called_at_a_steady_interval_and_not_when_it_ends() -> None:
    """Also where people are notified by somebody else: the stack then has no other receiver."""
    stack = {**LOCAL, "monitoring": {"alerts": {"heartbeat": {"keySecret": "alertKey-beat"}}}}
    spec = configuration(settings_type().model_validate_json(json.dumps(stack)))
    check({"apiVersion": "monitoring.coreos.com/v1alpha1", "kind": "AlertmanagerConfig", "spec": spec}, "1.35")
    [route] = spec["route"]["routes"]
    assert route["matchers"] == [{"name": "alertname", "matchType": "=", "value": Kind.HEARTBEAT}]
    # Alertmanager looks once per groupInterval; what was sent less than repeatInterval ago waits for the next look.
    assert (route["groupInterval"], route["repeatInterval"]) == ("5m", "4m")
    [called] = [each for each in spec["receivers"] if each["name"] == route["receiver"]]
    assert called["webhookConfigs"] == [{"sendResolved": False, "urlSecret": {"name": SECRET, "key": "alertKey-beat"}}]


def test_the_alert_that_always_fires_is_there_with_the_heartbeat_and_reaches_no_person() -> None:
    plain, watched = plan_text("prod", text("prod")), with_receivers(heartbeat="alertKey-beat")
    [rule] = [each for each in _rules(watched) if each["alert"] == Kind.HEARTBEAT]
    assert (rule["expr"], rule["for"]) == ("vector(1)", "0m")
    spec = made(watched).inputs["spec"]
    of_people = {each["matchers"][0]["value"] for each in spec["route"]["routes"]} - {Kind.HEARTBEAT}
    assert rule["labels"]["severity"] not in of_people
    # The operator of an AlertmanagerConfig adds to its routes that only alerts of its namespace are meant.
    assert rule["labels"]["namespace"] == made(watched).inputs["metadata"]["namespace"]
    assert Kind.HEARTBEAT not in {each["alert"] for each in _rules(plain)}


def test_a_plan_without_a_heartbeat_says_so_in_one_row() -> None:
    def said(planned: Planned) -> list[str]:
        [table] = [each for each in alert_tables(planned.plan) if each.title == "NO ALERT"]
        return [why for name, why in table.rows if Kind.HEARTBEAT in name]

    [row] = said(plan_text("prod", text("prod")))
    assert "heartbeat: {keySecret: alertKey-heartbeat}" in row
    assert said(with_receivers(heartbeat="alertKey-beat")) == []


def _rules(planned: Planned) -> list[dict[str, Any]]:
    found = planned.recording.of("kubernetes:monitoring.coreos.com/v1:PrometheusRule")
    return [rule for each in found for group in each.inputs["spec"]["groups"] for rule in group["rules"]]


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_valid_and_reads_its_url_or_key_from_a_secret(kind: str) -> None:
    receiver = {kind: {**KINDS[kind], "keySecret": "alertKey-it"}}
    stack = {**LOCAL, "monitoring": {"alerts": {"receivers": {"a": receiver}, "route": {"warning": "a"}}}}
    spec = configuration(settings_type().model_validate_json(json.dumps(stack)))
    check({"apiVersion": "monitoring.coreos.com/v1alpha1", "kind": "AlertmanagerConfig", "spec": spec}, "1.35")
    (settings,) = spec["receivers"][1][f"{kind}Configs"]
    assert {"name": SECRET, "key": "alertKey-it"} in settings.values()


def test_the_secret_has_what_the_receivers_name_and_no_plan_shows_it() -> None:
    planned = with_receivers()
    (secret,) = (
        each for each in planned.recording.of("kubernetes:core/v1:Secret") if each.inputs["metadata"]["name"] == SECRET
    )
    assert secret.inputs["stringData"] == {"alertKey-pagerduty": MASKED, "alertKey-slack": MASKED}
    settings = planned.plan.settings
    assert missing_secrets(settings, ["alertKey-slack"]) == ["alertKey-pagerduty"]
    assert [each.message for each in planned.plan.to_do if each.path == "monitoring.alerts.receivers"] == [
        "`pulumi config set --secret alertKey-pagerduty -s prod`",
        "`pulumi config set --secret alertKey-slack -s prod`",
    ]


def test_an_alertmanager_is_installed_and_paid_only_with_receivers() -> None:
    without, planned = plan_text("prod", text("prod")), with_receivers()
    assert chart_values(without) == {"enabled": False}
    assert chart_values(planned)["enabled"] is True
    assert "limits" in chart_values(planned)["alertmanagerSpec"]["resources"]
    items = {item.name for item in planned.plan.cost.items} - {item.name for item in without.plan.cost.items}
    assert items == {"Alertmanager"}
    assert not without.recording.of(CONFIGURATION)


def test_an_alertmanager_that_exists_is_assumed_to_read_the_configuration() -> None:
    planned = with_receivers(name="shared")
    assert made(planned).inputs["metadata"]["labels"] == {"release": "kube-prom"}
    (said,) = (each.message for each in planned.plan.assumptions if each.path == "monitoring.alerts.receivers")
    assert "release: kube-prom" in said
    assert "Alertmanager" not in {item.name for item in planned.plan.cost.items}
