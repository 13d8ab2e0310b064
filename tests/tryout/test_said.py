"""What `try` prints about what it leaves out."""

from pathlib import Path

import pytest

from infra.tryout.run import Tried
from infra.tryout.said import said
from infra.tryout.stand_in import stand_ins
from tests.tryout.stacks import TEXT, planned

_MODELS = "models:\n      "
_MEASURED = 'addons: {prometheus: {existing: {url: "http://prometheus-operated.monitoring:9090"}}}'
_LLAMA = "llama-8b: {model: Qwen/Qwen3-0.6B, "
_HOURS = 'schedule: [{days: mon-fri, from: "08:00", to: "19:00", timezone: Europe/Amsterdam, min: 1}], '
_GATEWAY = "gateway: {defaultClient: false, "
_WEB = "web: {"
_LEFT_OUT = {
    "schedules are ignored: llama-8b is awake at all hours": (
        f"{_MODELS}{_LLAMA}",
        f"{_MEASURED}\n    {_MODELS}{_LLAMA}replicas: {{min: 0, max: 1}}, {_HOURS}",
    ),
    "nothing falls back: the stand-in of llama-8b always answers in time": (_LLAMA, f"{_LLAMA}fallback: hosted, "),
    "tokens per minute aren't limited: what counts them runs in the cluster only": (
        _WEB,
        f"{_WEB}tokensPerMinute: 1000, ",
    ),
    "callers reach Envoy itself, by HTTP: before https://llm.example.com/v1 there is a load balancer": (
        _GATEWAY,
        f"{_GATEWAY}domain: llm.example.com, tlsSecret: llm-tls, ingressClass: nginx, ",
    ),
}


def _said(folder: Path, text: str) -> list[str]:
    plan = planned(folder, text)
    keys = dict.fromkeys(plan.traffic.clients, "sk-try-x")
    found = said(plan, Tried("http://127.0.0.1:8080/v1", keys, tuple(stand_ins(plan)), Path("/tmp/x"), lambda: None))
    return [line.strip() for line in found.splitlines()]


@pytest.mark.parametrize("line", _LEFT_OUT)
def test_what_the_plan_says_and_a_try_leaves_out_is_named(tmp_path: Path, line: str) -> None:
    old, new = _LEFT_OUT[line]
    assert old in TEXT
    assert line not in _said(tmp_path, TEXT)
    assert line in _said(tmp_path, TEXT.replace(old, new))
