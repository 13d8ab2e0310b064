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
from infra.services.monitoring.alerts.next_versions import next_versions
from tests.conftest import HANGS_SECONDS
from tests.example_stacks import plan_text, text
from tests.gateway.plans import client, traffic, upstream
from tests.kubernetes_schema import check
from tests.prometheus import MISSING, WHY

FAILS, SLOWER = "LlmNextVersionFails", "LlmNextVersionSlower"
_SMALL = replace(
    upstream("small", 1, names=("small", "lora")), next=Next(upstream("small-next", 2, names=("small", "lora")), 10, ())
)
_PLAN = traffic((client("app", ("small",)),), (_SMALL, upstream("two", 3)))
_MINUTES = 40
_BOTH = ("200", "500")


def _requests(version: str, status: str, per_minute: int, model: str = "small") -> dict[str, str]:
    labels = f'namespace="llm",model="{model}",version="{version}",status="{status}"'
    return {"series": f"envoy_llm_version_requests{{{labels}}}", "values": f"0+{per_minute}x{_MINUTES}"}


def _first_byte(version: str, per_minute: int, milliseconds: int) -> list[dict[str, str]]:
    """All take this time, of Envoy's buckets."""
    found: list[dict[str, str]] = []
    for bucket in ("100", "250", "500", "1000", "2500", "+Inf"):
        count = per_minute if bucket == "+Inf" or float(bucket) >= milliseconds else 0
        labels = f'namespace="llm",model="small",version="{version}",le="{bucket}"'
        series = f"envoy_llm_version_first_byte_bucket{{{labels}}}"
        found.append({"series": series, "values": f"0+{count}x{_MINUTES}"})
    return found


_USUAL = [*_first_byte("present", 90, 250), *_first_byte("next", 10, 250)]
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
    "later first bytes": (
        [*_PRESENT, _requests("next", "200", 10), *_first_byte("present", 90, 250), *_first_byte("next", 10, 1000)],
        [SLOWER, SLOWER],
    ),
    "sooner first bytes": (
        [*_PRESENT, _requests("next", "200", 10), *_first_byte("present", 90, 1000), *_first_byte("next", 10, 250)],
        [],
    ),
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
    return [rule(each, Common("llm", "runbooks", {})) for each in next_versions(_PLAN, "llm", "prod")]


def _case(name: str, series: list[dict[str, str]], fires: list[str]) -> dict[str, Any]:
    """promtool compares the alerts of a name with their labels; the text of each is in its annotations."""
    return {
        "name": name,
        "interval": "1m",
        "input_series": series,
        "promql_expr_test": [
            {
                "expr": f'count(ALERTS{{alertname="{alert}",alertstate="firing",model="small"}}) or vector(0)',
                "eval_time": f"{_MINUTES}m",
                "exp_samples": [{"value": fires.count(alert)}],
            }
            for alert in (FAILS, SLOWER)
        ],
    }


def test_only_a_model_with_a_next_version_has_alerts_and_each_says_the_way_back() -> None:
    found = _all()
    assert {each["labels"]["model"] for each in found} == {"small"}
    assert all("`llm-platform rollback prod small`" in each["annotations"]["description"] for each in found)


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
    return plan_text("dev", stack).recording.of("kubernetes:monitoring.coreos.com/v1:PrometheusRule")
