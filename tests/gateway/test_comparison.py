"""The alerts that say when a next version is worse, as promtool evaluates them."""

import json
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from infra.plan.gateway import Next
from infra.recording import Recorded
from infra.services.monitoring.alerts.alert import Common, rule
from infra.services.monitoring.alerts.next_versions import Times, compared_versions, next_versions
from tests.conftest import HANGS_SECONDS
from tests.example_stacks import plan_text, text
from tests.gateway.plans import upstream
from tests.kubernetes_schema import check
from tests.monitoring.life import plan_of
from tests.planning.stacks import PROD
from tests.prometheus import MISSING, WHY

FAILS, SLOWER = "LlmNextVersionFails", "LlmNextVersionSlower"
_SMALL = replace(
    upstream("small", 1, names=("small", "lora")), next=Next(upstream("small-next", 2, names=("small", "lora")), 10, ())
)
_OTHER = replace(upstream("other", 3), next=Next(upstream("other-next", 4), 10, ()))
_TIMES = Times("first_token_seconds", "service", {"present": "small", "next": "small-next"}, "{{ $value }}", "token")
_MINUTES = 40
_BOTH = ("200", "500")


def _requests(version: str, status: str, per_minute: int, model: str = "small") -> dict[str, str]:
    labels = f'namespace="llm",model="{model}",version="{version}",status="{status}"'
    return {"series": f"envoy_llm_version_requests{{{labels}}}", "values": f"0+{per_minute}x{_MINUTES}"}


def _first_byte(version: str, per_minute: int, milliseconds: int) -> list[dict[str, str]]:
    """As the gateway measures it, of the model whose engine doesn't."""
    of = f'namespace="llm",model="other",version="{version}"'
    return _histogram("envoy_llm_version_first_byte", of, per_minute, milliseconds)


def _first_token(version: str, per_minute: int, milliseconds: int) -> list[dict[str, str]]:
    """As the engine measures it; the gateway sees the headers of these streams at once."""
    of = f'namespace="llm",service="{_TIMES.values[version]}",pod="0"'
    at_once = f'namespace="llm",model="small",version="{version}"'
    return [
        *_histogram("first_token_seconds", of, per_minute, milliseconds),
        *_histogram("envoy_llm_version_first_byte", at_once, per_minute, 100),
    ]


def _histogram(metric: str, of: str, per_minute: int, milliseconds: int) -> list[dict[str, str]]:
    """All take this time, and no unit is read."""
    counts = {
        bucket: per_minute if bucket == "+Inf" or float(bucket) >= milliseconds else 0
        for bucket in ("100", "250", "500", "1000", "2500", "+Inf")
    }
    series = {f'{metric}_bucket{{{of},le="{bucket}"}}': count for bucket, count in counts.items()}
    series[f"{metric}_count{{{of}}}"] = per_minute
    return [{"series": each, "values": f"0+{count}x{_MINUTES}"} for each, count in series.items()]


_USUAL = [*_first_token("present", 90, 250), *_first_token("next", 10, 250)]
_PRESENT = [_requests("present", "200", 90), _requests("present", "503", 1)]
CASES: dict[str, tuple[list[dict[str, str]], list[str]]] = {
    "as good": ([*_PRESENT, _requests("next", "200", 10), *_USUAL], []),
    "more errors": ([*_PRESENT, _requests("next", "200", 9), _requests("next", "500", 1), *_USUAL], [FAILS]),
    "every request fails": ([*_PRESENT, _requests("next", "503", 10), *_USUAL], [FAILS]),
    "both fail as often": (
        [*(_requests("present", status, 45) for status in _BOTH), *(_requests("next", status, 5) for status in _BOTH)],
        [],
    ),
    "errors of an adapter": (
        [*_PRESENT, _requests("next", "200", 9), _requests("next", "500", 1, "lora"), *_USUAL],
        [FAILS],
    ),
    "too few to say": ([*_PRESENT, _requests("next", "500", 3), *_USUAL], []),
    "no requests at all": ([], []),
    "all requests go to the next one, and fail": ([_requests("next", "500", 50)], [FAILS]),
    "later first tokens": ([*_first_token("present", 90, 250), *_first_token("next", 10, 1000)], [SLOWER, SLOWER]),
    "sooner first tokens": ([*_first_token("present", 90, 1000), *_first_token("next", 10, 250)], []),
    "too few first tokens to say": ([*_first_token("present", 90, 250), *_first_token("next", 3, 1000)], []),
    "first tokens of one version alone": (_first_token("next", 10, 1000), []),
    "later first bytes": ([*_first_byte("present", 90, 250), *_first_byte("next", 10, 1000)], [SLOWER, SLOWER]),
    "sooner first bytes": ([*_first_byte("present", 90, 1000), *_first_byte("next", 10, 250)], []),
    "too few first bytes to say": ([*_first_byte("present", 90, 250), *_first_byte("next", 3, 1000)], []),
}


@pytest.mark.programs
@pytest.mark.skipif(bool(MISSING), reason=WHY)
def test_an_alert_is_for_what_is_worse_and_for_nothing_else(tmp_path: Path) -> None:
    """One run of promtool for all cases."""
    (tmp_path / "rules.json").write_text(json.dumps({"groups": [{"name": "x", "rules": _all()}]}))
    tests = [_case(name, *case) for name, case in CASES.items()]
    file = {"rule_files": ["rules.json"], "evaluation_interval": "1m", "tests": tests}
    (tmp_path / "tests.json").write_text(json.dumps(file))
    command = ["promtool", "test", "rules", str(tmp_path / "tests.json")]
    run = subprocess.run(command, capture_output=True, text=True, timeout=HANGS_SECONDS, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


def _all() -> list[dict[str, Any]]:
    of = ((_SMALL, _TIMES), (_OTHER, None))
    alerts = [each for model, times in of for each in compared_versions(model, times, "llm", "prod")]
    return [rule(each, Common("llm", "runbooks", {})) for each in alerts]


def _case(name: str, series: list[dict[str, str]], fires: list[str]) -> dict[str, Any]:
    """promtool compares the alerts of a name with their labels; the text of each is in its annotations."""
    return {
        "name": name,
        "interval": "1m",
        "input_series": series,
        "promql_expr_test": [
            {
                "expr": f'count(ALERTS{{alertname="{alert}",alertstate="firing"}}) or vector(0)',
                "eval_time": f"{_MINUTES}m",
                "exp_samples": [{"value": fires.count(alert)}],
            }
            for alert in (FAILS, SLOWER)
        ],
    }


@pytest.mark.parametrize(
    ("model", "changes", "metric"),
    [
        ("llama-8b", {"maxModelLen": 4096}, "vllm:time_to_first_token_seconds"),
        ("llama-8b", {"engine": "tgi"}, "envoy_llm_version_first_byte"),
        ("embed", {"gpuMemoryUtilization": 0.8}, "envoy_llm_version_first_byte"),
    ],
)
def test_the_engine_says_when_a_first_token_came_where_both_versions_have_the_same_metric(
    model: str, changes: dict[str, Any], metric: str
) -> None:
    versions: dict[str, Any] = {"rollout": {"strategy": "blueGreen", "weight": 0}, "next": changes}
    plan = plan_of({**PROD, "models": {**PROD["models"], model: {**PROD["models"][model], **versions}}})
    alerts = list(next_versions(plan))
    assert {each.labels["model"] for each in alerts} == {model}
    assert all(f"`llm-platform rollback prod {model}`" in each.look for each in alerts)
    slower = [each for each in alerts if each.kind == SLOWER]
    assert len(slower) == 2
    for each in slower:
        assert each.expression.count(metric) == each.expression.count("_bucket") + each.expression.count("_count") == 4
        assert (f'service="{model}-next"' in each.expression) == metric.startswith("vllm")


def test_the_rules_are_an_object_that_the_operator_takes() -> None:
    """With a next version, and where there is an operator that reads it."""
    length = "        maxModelLen: 8192\n"
    versions = "        rollout: {strategy: canary, weight: 10}\n        next: {maxModelLen: 4096}\n"
    stack = text("dev").replace(length, length + versions)
    (rule,) = _rules(stack)
    check(rule.inputs, "1.35")
    assert rule.inputs["metadata"]["namespace"] == "llm"
    assert _rules(text("dev")) == []
    without = stack.replace("    models:\n", "    addons: {prometheus: disabled}\n    models:\n", 1)
    assert _rules(without) == []


def _rules(stack: str) -> list[Recorded]:
    made = plan_text("dev", stack).recording.of("kubernetes:monitoring.coreos.com/v1:PrometheusRule")
    return [each for each in made if FAILS in str(each.inputs["spec"])]
