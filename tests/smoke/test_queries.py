"""A scaler's query that matches nothing is found: by `smoke`, and by an alert of the Prometheus that runs."""

import json
import math
import subprocess
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from infra.plan.plan import Plan
from infra.services.monitoring.alerts.alert import Common, rule
from infra.services.monitoring.alerts.kinds import Kind
from infra.services.monitoring.alerts.scalers import scalers
from infra.smoke.caller import Gateway
from infra.smoke.promises import promises
from infra.smoke.queries import of_scalers
from infra.smoke.run import Found, smoke
from infra.usage.prometheus import NoAnswer, Prometheus, Sample
from tests.conftest import HANGS_SECONDS
from tests.planning.stacks import PROD, changed, plan
from tests.prometheus import MISSING, WHY

URL = "http://prometheus"
ALERT = str(Kind.SCALER_HEARS_NOTHING)
SIGNALS = ["in-flight", "kept", "waiting", "cache"]
SLEEPS: dict[str, Any] = changed(PROD, models__llama_8b__replicas__min=0)


@dataclass(frozen=True)
class Fake(Prometheus):
    """Answers queries by what is in them."""

    answers: Mapping[str, list[float]] = field(default_factory=dict[str, list[float]])
    usual: list[float] = field(default_factory=list[float])

    def ask(self, query: str) -> list[Sample]:
        values = next((value for part, value in self.answers.items() if part in query), self.usual)
        return [Sample({}, value) for value in values]


class Away(Prometheus):
    def ask(self, query: str) -> list[Sample]:
        raise NoAnswer("http://prometheus can't be reached")


def found(of: Plan, prometheus: Prometheus, model: str = "llama-8b") -> dict[str, Found]:
    """By signal."""
    scalers = (each for each in of_scalers(of, prometheus) if each[0] == model)
    nobody = promises(of, next(iter(of.traffic.clients)))
    seen = smoke(Gateway("http://127.0.0.1:9", "key", 1), nobody, lambda _: nullcontext(), scalers)
    return {each.check.removeprefix("scales: "): each for each in seen if each.model == model}


def results(of: Plan, prometheus: Prometheus) -> dict[str, str]:
    return {signal: each.result for signal, each in found(of, prometheus).items()}


def test_each_query_of_a_scaler_is_asked() -> None:
    assert results(plan(PROD), Fake(URL, answers={}, usual=[3.0])) == dict.fromkeys(SIGNALS, "ok")
    assert found(plan(PROD), Fake(URL, answers={}, usual=[3.0]))["waiting"].said == "3"


@pytest.mark.parametrize(
    ("answer", "says"),
    [([], "it matches nothing"), ([1.0, 2.0], "2 elements instead of one"), ([math.nan], "is no number")],
)
def test_an_answer_that_keda_cannot_use_breaks_a_promise(answer: list[float], says: str) -> None:
    seen = found(plan(PROD), Fake(URL, answers={"100 * sum(vllm:kv_cache_usage_perc": answer}, usual=[3.0]))
    assert {signal for signal, each in seen.items() if each.result == "broken"} == {"cache"}
    assert says in seen["cache"].said
    assert "vllm:kv_cache_usage_perc" in seen["cache"].said


def test_a_prometheus_that_is_away_leaves_them_unchecked() -> None:
    seen = found(plan(PROD), Away(URL))
    assert {each.result for each in seen.values()} == {"not checked"}


@pytest.mark.parametrize(("asked", "result"), [([0.0], "ok"), ([1.0], "broken")])
def test_a_model_that_sleeps_has_no_engine_to_read(asked: list[float], result: str) -> None:
    of, gateway = plan(SLEEPS), {"remaining_retries": [0.0], "upstream_rq_active": asked}
    assert results(of, Fake(URL, answers=gateway, usual=[])) == {
        "held": "ok",
        "asked": "ok",
        **dict.fromkeys(SIGNALS, result),
    }


def test_fixed_and_paused_models_have_no_query() -> None:
    assert list(of_scalers(plan(changed(PROD, models__llama_8b__paused=True)), Fake(URL, answers={}, usual=[]))) != []
    paused = plan(changed(PROD, models__llama_8b__paused=True))
    assert "llama-8b" not in {name for name, _ in of_scalers(paused, Fake(URL, answers={}, usual=[]))}
    assert "llama-8b" not in {each["labels"]["model"] for each in _rules(paused)}


def _rules(of: Plan) -> list[dict[str, Any]]:
    return [rule(each, Common("llm", "runbooks", {})) for each in scalers(of)]


ENGINE = [
    {"series": f'{metric}{{namespace="llm",model_name="llama-8b",pod="0"}}', "values": "0x90"}
    for metric in ("vllm:num_requests_running", "vllm:num_requests_waiting", "vllm:kv_cache_usage_perc")
]
PODS = 'namespace="llm",envoy_cluster_name="pods_llama-8b"'
GATEWAY = [
    {
        "series": "envoy_cluster_circuit_breakers_default_remaining_retries"
        '{namespace="llm",envoy_cluster_name="model_llama-8b"}',
        "values": "100x90",
    },
    {"series": f"envoy_cluster_upstream_rq_active{{{PODS}}}", "values": "0x90"},
    {"series": f"envoy_cluster_upstream_rq_total{{{PODS}}}", "values": "7x90"},
]
BUSY = [*GATEWAY[:1], {**GATEWAY[1], "values": "2x90"}, {**GATEWAY[2], "values": "0+60x90"}]
CASES = {
    "all is read": (PROD, ENGINE, set[str]()),
    "no engine is read": (PROD, [], {"in-flight", "waiting", "cache"}),
    "one metric has another name": (PROD, ENGINE[:2], {"cache"}),
    "it sleeps": (SLEEPS, GATEWAY, set[str]()),
    "it is awake and no engine is read": (SLEEPS, BUSY, {"in-flight", "waiting", "cache"}),
    "no gateway is read": (SLEEPS, ENGINE, {"held", "asked"}),
}


@pytest.mark.programs
@pytest.mark.skipif("promtool" in MISSING, reason=WHY)
@pytest.mark.parametrize(("stack", "series", "signals"), CASES.values(), ids=CASES)
def test_an_alert_says_which_signal_is_missing(
    stack: dict[str, Any], series: list[dict[str, str]], signals: set[str], tmp_path: Path
) -> None:
    mine = [each for each in _rules(plan(stack)) if each["labels"]["model"] == "llama-8b"]
    (tmp_path / "rules.yaml").write_text(json.dumps({"groups": [{"name": "scalers", "rules": mine}]}))
    wanted = [
        {"exp_labels": each["labels"], "exp_annotations": each["annotations"]}
        for each in mine
        if each["labels"]["signal"] in signals
    ]
    alerts = {"eval_time": "80m", "alertname": ALERT, "exp_alerts": wanted}
    tests = [{"interval": "1m", "input_series": series, "alert_rule_test": [alerts]}]
    (tmp_path / "test.yaml").write_text(json.dumps({"rule_files": ["rules.yaml"], "tests": tests}))
    done = subprocess.run(
        ["promtool", "test", "rules", tmp_path / "test.yaml"], capture_output=True, text=True, timeout=HANGS_SECONDS
    )
    assert done.returncode == 0, done.stdout + done.stderr
