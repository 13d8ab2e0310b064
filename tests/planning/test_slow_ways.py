"""Ways to a budget that move a model that chats to the CPU: they come last, and say how slow it is there."""

import re
from typing import Any

import pytest

from tests.planning.following import bill, follow, outcome, planned

CLUSTER = {"create": {"zones": 2}}
OLLAMA = {"model": "llama3.1:8b", "engine": "ollama"}
VLLM: dict[str, Any] = {"cluster": CLUSTER, "models": {"chat": {"model": "Qwen/Qwen3-8B", "maxModelLen": 4096}}}
TWO: dict[str, Any] = {
    "cluster": CLUSTER,
    "gpuPools": {"t4": {"instanceTypes": ["g4dn.xlarge"]}},
    "models": {"chat": OLLAMA, "big": OLLAMA | {"model": "qwen3:14b"}},
}
FIXED: dict[str, Any] = {"cluster": CLUSTER, "models": {"chat": OLLAMA | {"replicas": 2}}}


def _is_on_cpu(write: dict[str, Any]) -> bool:
    return any(path.endswith(".gpus") and value == 0 for path, value in write.items())


@pytest.mark.parametrize(
    ("stack", "usd", "on_cpu"),
    [
        (VLLM, 450, [True]),  # nothing else is enough
        (VLLM, 600, [False, False, True]),  # several changes together are quicker, and one more saves much
        (VLLM, 900, [False, False, True]),
        (TWO, 900, [False, True]),
        (FIXED, 600, [False, True]),  # on the CPU with one more system node
    ],
)
def test_what_is_quicker_comes_first(stack: dict[str, Any], usd: int, on_cpu: list[bool]) -> None:
    stack = {**stack, "budget": {"usdPerMonth": usd}}
    (over,) = planned(stack).violations
    ways = [way for way in over.advice if "budget.usdPerMonth" not in dict(way.write)]
    assert [_is_on_cpu(dict(way.write)) for way in ways] == on_cpu
    for way in ways:
        then = outcome(follow(stack, dict(way.write)))
        assert not then.violations
        assert f"(${bill(then):,.0f}" in way.text
        assert bill(then) <= usd


def test_it_says_how_slow_it_is_there() -> None:
    """Beside the speed that it has on its GPU, where that is estimated."""
    for stack, instead in ((VLLM, r" instead of \d+"), (TWO, "")):
        (over,) = planned({**stack, "budget": {"usdPerMonth": 900}}).violations
        (said,) = [way.text for way in over.advice if _is_on_cpu(dict(way.write))]
        speed = rf"on the CPU, where it is slow: about 2 to \d tokens per second of one answer{instead}, an estimate"
        assert re.search(speed, said), said


def test_a_larger_pool_comes_before_models_that_answer_more_slowly_than_people_read() -> None:
    chat = VLLM["models"]["chat"] | {"maxModelLen": 8192, "pool": "l4"}
    models = dict.fromkeys(("a", "b", "c"), chat)
    pool = {"l4": {"instanceTypes": ["g6.xlarge"], "max": 2}}
    (peak,) = planned({**VLLM, "gpuPools": pool, "models": models}).violations
    slow = [_is_on_cpu(dict(way.write)) for way in peak.advice]
    assert slow == sorted(slow)
    assert any(slow)
    assert not all(slow)
    tiny = {**models, "a": chat | {"model": "Qwen/Qwen3-0.6B"}}  # quick enough there
    (peak,) = planned({**VLLM, "gpuPools": pool, "models": tiny}).violations
    first = next(way for way in peak.advice if _is_on_cpu(dict(way.write)))
    assert dict(first.write)["models.a.gpus"] == 0
    assert dict(peak.advice[-1].write)["models.b.gpus"] == 0


def test_a_fixed_number_of_replicas_is_a_part_of_a_way_too() -> None:
    (over,) = planned({**FIXED, "budget": {"usdPerMonth": 600}}).violations
    assert dict(over.advice[0].write)["models.chat.replicas"] == 1
    assert "capacity: spot" in over.advice[0].text


def test_replicas_of_a_next_version_are_a_part_of_a_way_too() -> None:
    many = {"min": 1, "max": 4}
    coming = {"revision": "b968826d9c46dd6066d109eabc6255188de91218", "replicas": many}
    chat = VLLM["models"]["chat"] | {"replicas": many, "rollout": {"strategy": "canary", "weight": 10}, "next": coming}
    stack = {**VLLM, "models": {"chat": chat}, "budget": {"usdPerMonth": 2500}}
    (over,) = planned(stack).violations
    first = dict(over.advice[0].write)
    assert first.keys() == {"models.chat.replicas.max", "models.chat.next.replicas.max"}
    then = outcome(follow(stack, first))
    assert not then.violations
    assert bill(then) <= 2500
