"""Rule 5 finds times of the gateway that don't agree."""

from dataclasses import replace
from typing import Any

import pytest

from tests.example_stacks import planned
from tests.invariants import RULES
from tests.invariants.breaking import Break, caught, instead

RULE = "5 gateway"
BREAKS = [
    Break(
        RULE,
        "local",
        "Deployment llama-1b-deployment",
        "container lifecycle preStop sleep seconds",
        20,
        "llama-1b ends after 20 s, and the gateway may know its address for 35 s",
    ),
    Break(
        RULE,
        "prod",
        "Deployment llama-8b-deployment",
        "container args",
        lambda args: ["580" if each == "600" else each for each in args],
        "llama-8b lets requests end for 600 s: its last request may come after",
    ),
    Break(
        RULE,
        "prod",
        "Deployment llama-8b-deployment",
        "container env",
        lambda env: [{**each, "value": "5"} if "KEEP_ALIVE" in each["name"] else each for each in env],
        "llama-8b closes idle connections before the gateway does",
    ),
    Break(
        RULE,
        "local",
        "Deployment gateway-proxy-deployment",
        "container lifecycle preStop sleep seconds",
        360,
        "gateway ends after 360 s: callers leave within 60 s, and their last requests may take 600 s",
    ),
    Break(
        RULE,
        "prod",
        "Deployment gateway-proxy-deployment",
        "pod terminationGracePeriodSeconds",
        660,
        "gateway is killed while it sleeps",
    ),
    Break(
        RULE,
        "prod",
        "ConfigMap gateway-proxy-bootstrap",
        "inputs data bootstrap.json",
        instead("max_connection_duration", "idle"),
        "gateway never closes a connection that is in use",
    ),
]


@pytest.mark.parametrize("each", BREAKS, ids=str)
def test_a_broken_recording_is_caught(each: Break) -> None:
    caught(each)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"keep_alive_seconds": 300}, "the gateway closes idle connections after 300 s"),
        ({"keep_alive_seconds": 60}, "keeps them 320 s"),
        ({"engine_idle_seconds": 330}, "closes idle connections before the gateway does"),
        ({"dns_refresh_seconds": 30}, "the gateway may know its address for 35 s"),
        ({"total_seconds": 300}, "has not as long for the rest"),
        ({"drain_seconds": 300}, "an Envoy that ends gives it 300 s"),
    ],
)
def test_a_broken_plan_is_caught(changes: dict[str, Any], says: str) -> None:
    whole = planned("prod")
    assert RULES[RULE](whole) == []
    broken = replace(whole, plan=replace(whole.plan, traffic=replace(whole.plan.traffic, **changes)))
    assert [sentence for sentence in RULES[RULE](broken) if says in sentence]
