"""Each alert fires where it has to and nowhere else: promtool evaluates the rules of two platforms together."""

from functools import cache
from pathlib import Path
from typing import Any

import pytest

from infra.plan.plan import Plan
from infra.services.monitoring.alerts.groups import decide_alerts
from infra.services.monitoring.alerts.kinds import Kind
from tests.monitoring.life import (
    Case,
    Sheet,
    engine,
    first_tokens,
    left,
    node,
    plan_of,
    pod,
    promtool,
    requests,
    volume,
    xid,
)
from tests.planning.stacks import PROD, SHARED, changed
from tests.prometheus import MISSING, WHY

# One that promises its first tokens, on nodes that it makes; and one with an existing Prometheus, a model that sleeps
# and its own certificate.
_LLM: dict[str, Any] = changed(
    PROD,
    models__llama_8b__scaling={"ttftP95Seconds": 2.0},
    models__llama_8b__paused=False,
    budget={"usdPerMonth": 10000},
    monitoring={"alerts": {"heartbeat": {"keySecret": "alertKey-heartbeat"}}},
)
_ML: dict[str, Any] = changed(
    SHARED,
    cluster={"existing": {"context": "shared"}},
    namespace={"name": "ml"},
    models__qwen3_8b__replicas={"min": 0, "max": 2},
    addons={
        "prometheus": {"existing": {"url": "http://prometheus.monitoring:9090", "monitorLabels": {}}},
        "keda": "existing",
    },
    gateway={"domain": "llm.example.com", "loadBalancer": True, "tlsSecret": "llm-tls", "expose": "internal"},
    monitoring={"sources": ["kubeStateMetrics", "kubelet"]},
)
BUDGET = "budget"
HELD = 100  # that a gateway pod may hold of a model


@cache
def plans() -> tuple[Plan, Plan]:
    return plan_of(_LLM), plan_of(_ML)


END = "70m"
CRITICAL, WARNING = "severity=critical", "severity=warning"
_8B, _70B, _QWEN = "model=llama-8b", "model=llama-70b", "model=qwen3-8b"
_FAILS = {window: f"{Kind.REQUESTS_FAIL} {_8B} window={window}" for window in ("1h", "6h", "3d")}
_LATE = {window: f"{Kind.FIRST_TOKEN_LATE} {_8B} window={window}" for window in ("1h", "6h", "3d")}


def case(name: str, series: dict[str, str], *fires: str, at: str = END, **more: Any) -> Case:
    return Case(name, series, {at: fires}, **more)


def _waits(name: str, reason: str) -> str:
    return pod("llm", name, "kube_pod_container_status_waiting_reason", 'container="vllm"', f'reason="{reason}"')


_UNSCHEDULABLE = pod("llm", "llama-70b-5c6d7e8f9-klmno", "kube_pod_status_unschedulable")
_JOB = 'kube_job_failed{{namespace="llm",job_name="llama-8b-prefetch",condition="{}"}}'
# Each would be a false alarm; they are about other series, so that one case has them all.
HARMLESS: dict[str, dict[str, str]] = {
    "the half of few requests fails": {
        requests("llm", "llama-70b", "200"): "0x50 0+1x20",
        requests("llm", "llama-70b", "503"): "0x50 0+1x8 8x10",
    },
    "refusals are no failures": {requests("llm", "llama-8b", "429"): "0+60x70"},
    "as many are late as may be": first_tokens("llm", "llama-8b", 70, soon=96, late=4),
    "a node comes in time": {_UNSCHEDULABLE: "1x8"},
    "a pod of another model whose name begins alike": {
        pod("llm", "llama-70b-x-5c6d7e8f9-klmno", "kube_pod_status_unschedulable"): "1x70"
    },
    "a container that is made": {_waits("llama-8b-5c6d7e8f9-klmno", "ContainerCreating"): "1x70"},
    "weights that are there": {_JOB.format("true"): "0x70", _JOB.format("false"): "1x70"},
    "a queue, and it may still grow": {engine("llm", "llama-8b", "llama-8b", "waiting"): "50x70"},
    "the gateway holds some": {left("ml", "qwen3-8b"): f"{HELD // 2}x70"},
    "a program's own fault": {xid("gpu-1"): "0x30 31x40"},
}
MINUTES = [
    Case("all is well", {}, {"8m": (), END: ()}),
    Case(
        "nothing to be woken for",
        {series: values for each in HARMLESS.values() for series, values in each.items()},
        dict.fromkeys(("8m", "12m", "40m", END), ()),
    ),
    case(
        "the gateway is away",
        {'envoy_server_live{namespace="llm",pod="gateway-0"}': ""},
        f"{Kind.GATEWAY_AWAY} {CRITICAL}",
    ),
    case(
        "every tenth request fails",
        {requests("llm", "llama-8b", "503"): "0+6x70", requests("llm", "llama-8b", "200"): "0+54x70"},
        f"{_FAILS['1h']} {CRITICAL}",
        f"{_FAILS['6h']} {CRITICAL}",
        f"{_FAILS['3d']} {WARNING}",
    ),
    case(
        "one of a hundred fails",
        {requests("llm", "llama-8b", "503"): "0+1x70", requests("llm", "llama-8b", "200"): "0+99x70"},
        f"{_FAILS['3d']} {WARNING}",
    ),
    case(
        "it failed for half an hour and doesn't any more",
        {requests("llm", "llama-8b", "503"): "0+6x30 180x40"},
        f"{_FAILS['3d']} {WARNING}",
    ),
    case(
        "what is promised comes late",
        first_tokens("llm", "llama-8b", 70, soon=10, late=50),
        f"{_LATE['1h']} {CRITICAL}",
        f"{_LATE['6h']} {CRITICAL}",
        f"{_LATE['3d']} {WARNING}",
    ),
    case(
        "what the plan aims at comes late",
        first_tokens("llm", "llama-70b", 70, soon=50, late=10),
        f"{Kind.FIRST_TOKEN_LATE} {_70B} window=3d {WARNING}",
    ),
    case("no capacity", {_UNSCHEDULABLE: "1x70"}, f"{Kind.POD_HAS_NO_NODE} {_70B} {WARNING}"),
    case(
        "an image that isn't there",
        {_waits("llama-8b-5c6d7e8f9-klmno", "ImagePullBackOff"): "1x70"},
        f"{Kind.SERVER_DOES_NOT_START} {_8B} {WARNING}",
    ),
    case(
        "a server that ends again and again, minutes after its start",
        {pod("llm", "llama-8b-5c6d7e8f9-klmno", "kube_pod_container_status_restarts_total"): "0x29 1x9 2x9 3x9 4x9"},
        f"{Kind.SERVER_DOES_NOT_START} {_8B} {WARNING}",
    ),
    case("weights", {_JOB.format("true"): "1x70"}, f"{Kind.WEIGHTS_NOT_DOWNLOADED} {_8B} {WARNING}"),
    case(
        "a scaler whose metric is gone",
        {engine("llm", "llama-8b", "llama-8b", "waiting"): "0x20"},
        *(f"{Kind.SCALER_HEARS_NOTHING} {_8B} signal={each} {WARNING}" for each in ("in-flight", "waiting")),
    ),
    case(
        "at its maximum, with a queue",
        {
            **{engine("llm", "llama-70b", "llama-70b", each, "1"): "5x70" for each in ("running", "waiting")},
            engine("llm", "llama-70b", "llama-70b", "waiting"): "5x70",
        },
        f"{Kind.AT_MAXIMUM} {_70B} {WARNING}",
    ),
    case(
        "the gateway can hold few more",
        {left("ml", "qwen3-8b"): f"{HELD // 10}x70"},
        f"{Kind.HELD_NEAR_LIMIT} {_QWEN} {WARNING}",
    ),
    case("a GPU fell off the bus", {xid("gpu-1"): "0x30 79x40"}, f"{Kind.GPU_ERROR} {WARNING}"),
    case(
        "the volume fills up",
        {volume('namespace="ml"', "used"): "95x70"},
        f"{Kind.CACHE_NEARLY_FULL} {WARNING}",
    ),
    case(
        "a certificate ends within days",
        {'envoy_server_days_until_first_cert_expiring{namespace="ml"}': "10x70"},
        f"{Kind.CERTIFICATE_ENDS} {WARNING}",
    ),
    case(
        "a certificate ends at once",
        {'envoy_server_days_until_first_cert_expiring{namespace="ml"}': "2x70"},
        f"{Kind.CERTIFICATE_ENDS} {CRITICAL}",
        f"{Kind.CERTIFICATE_ENDS} {WARNING}",
    ),
]
_MANY = {node("l40s", str(number)): "1x700" for number in range(2)}  # about $15,300 per month
_MONTH = "600h"  # in the 26th of January
HOURS = [
    case("nodes as planned", {}, at=_MONTH, steps=700),
    Case(
        "more nodes than the budget is for",
        _MANY,
        {
            "48h": [f"{Kind.BUDGET_PACE} {WARNING}"],
            _MONTH: [f"{each} {WARNING}" for each in (Kind.BUDGET_NEARLY_SPENT, Kind.BUDGET_PACE)],
        },
        steps=700,
    ),
    case("a new month begins at nothing", dict.fromkeys(_MANY, "1x700 _x60"), at="756h", steps=760),
]


@pytest.mark.programs
@pytest.mark.skipif("promtool" in MISSING, reason=WHY)
def test_each_alert_fires_for_what_it_is_about_and_for_nothing_else(tmp_path: Path) -> None:
    promtool(
        tmp_path,
        plans(),
        Sheet("minutes", lambda group: group != BUDGET, "1m", "2m", MINUTES),
        Sheet("hours", lambda group: group == BUDGET, "1h", "6h", HOURS),
    )


def test_the_harmless_are_about_different_series() -> None:
    named = [series for each in HARMLESS.values() for series in each]
    assert len(named) == len({*named})


def test_each_alert_is_seen_firing() -> None:
    seen = {fired.split()[0] for each in [*MINUTES, *HOURS] for fires in each.fires.values() for fired in fires}
    elsewhere = {Kind.NEXT_VERSION_FAILS, Kind.NEXT_VERSION_SLOWER}  # tests/gateway/test_comparison.py
    assert seen | {*map(str, elsewhere), str(Kind.HEARTBEAT)} == {*map(str, Kind)}
    assert {each.kind for plan in plans() for group in decide_alerts(plan).by_group.values() for each in group} >= {
        *Kind
    } - elsewhere
    assert {plan.traffic.held_requests for plan in plans()} == {HELD}
