"""Sixty minutes of a platform with three incidents in them: the right alerts fire in time and no other does, and
`status` names the cause of each."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from infra.plan.plan import Plan
from infra.services.monitoring.alerts.groups import decide_alerts
from infra.services.monitoring.alerts.kinds import Kind
from tests.example_stacks import plan_text, text
from tests.monitoring.life import Case, Sheet, engine, pod, promtool, requests
from tests.prometheus import MISSING, WHY
from tests.status.incidents import three_incidents

# At the tenth minute a second replica of llama-70b finds no node; at the 15th a rollout of helper has an image that
# doesn't exist; at the 20th the queue of llama-8b isn't measured any more. At the 40th a few requests fail, as they do.
_PENDING = pod("llm", "llama-70b-5c6d7e8f9-klmno", "kube_pod_status_unschedulable")
_WAITS = pod(
    "llm",
    "helper-5c6d7e8f9-klmno",
    "kube_pod_container_status_waiting_reason",
    'container="ollama"',
    'reason="ImagePullBackOff"',
)
RECORDED: Mapping[str, str] = {
    _PENDING: "_x10 1x49",
    engine("llm", "llama-70b", "llama-70b", "waiting"): "0x9 12x49",
    _WAITS: "_x15 1x44",
    engine("llm", "llama-8b", "llama-8b", "waiting"): "0x20",
    requests("llm", "llama-8b", "503"): "0x40 12x18",
}
NO_NODE = f"{Kind.POD_HAS_NO_NODE} model=llama-70b severity=warning"
NO_START = f"{Kind.SERVER_DOES_NOT_START} model=helper severity=warning"
NO_METRIC = [
    f"{Kind.SCALER_HEARS_NOTHING} model=llama-8b severity=warning signal={each}" for each in ("in-flight", "waiting")
]
# When each has to be there: a rollout within ten minutes; a pod without a node once a new one should have come; a
# scaler without an answer once a start would be over, since Prometheus itself keeps a value for five minutes.
SEEN: Mapping[str, list[str]] = {
    "9m": [],
    "19m": [],
    "22m": [NO_START],
    "25m": [NO_NODE, NO_START],
    "44m": [NO_NODE, NO_START],
    "48m": [NO_NODE, NO_START, *NO_METRIC],
    "59m": [NO_NODE, NO_START, *NO_METRIC],
}


def _watched() -> Plan:
    """With the alert that always fires."""
    section = "    monitoring: {alerts: {heartbeat: {keySecret: alertKey-heartbeat}}}\n"
    plan = plan_text("prod", text("prod").replace("    models:\n", f"{section}    models:\n", 1)).plan
    assert Kind.HEARTBEAT in {each.kind for each in decide_alerts(plan).by_group["heartbeat"]}
    return plan


@pytest.mark.programs
@pytest.mark.skipif("promtool" in MISSING, reason=WHY)
def test_the_right_alerts_fire_in_time_and_no_other_does(tmp_path: Path) -> None:
    hour = Case("an hour", RECORDED, SEEN, steps=60)
    promtool(tmp_path, [_watched()], Sheet("hour", lambda _: True, "1m", "1m", [hour]))


def test_status_names_the_cause_of_each_alert() -> None:
    causes = {each.name: [cause.kind for cause in each.causes] for each in three_incidents().models}
    alerted = {fired.split("model=")[1].split()[0] for fired in SEEN["59m"]}
    assert causes == {"llama-70b": ["no-node"], "helper": ["image"], "llama-8b": ["scaler-fallback"]}
    assert alerted == set(causes)
