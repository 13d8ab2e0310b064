"""Advice says all that following it brings: what it takes, what it leaves uncertain, and a budget that it breaks."""

import re
from typing import Any

import pytest

from infra.plan.notes import Advice
from infra.planning import Plan
from infra.planning.advice import as_mapping
from infra.sizing.load import Replica
from tests.planning.following import bill, follow, outcome, planned

LONG: dict[str, Any] = {
    "cluster": {"create": {"zones": 2}},
    "gpuPools": {"l4": {"instanceTypes": ["g6.48xlarge"]}},
    "models": {"a": {"model": "meta-llama/Llama-3.3-70B-Instruct", "maxModelLen": 65536, "concurrency": 8}},
    "budget": {"usdPerMonth": 8000},
}
SLEEPS: dict[str, Any] = {
    "cluster": {"create": {"zones": 2}},
    "models": {
        "own": {
            "model": "acme/own",
            "like": "Qwen/Qwen3-32B",
            "maxModelLen": 32768,
            "concurrency": 8,
            "replicas": {"min": 0, "max": 2},
        }
    },
    "budget": {"usdPerMonth": 3000, "of": "min"},
}
LADDER: dict[str, Any] = {
    "cluster": {"create": {"zones": 2}},
    "gpuPools": {"l4": {"instanceTypes": ["g6.xlarge"], "capacity": ["spot", "on-demand"], "max": 2}},
    "models": {"a": {"model": "Qwen/Qwen3-8B", "maxModelLen": 8192, "replicas": {"min": 1, "max": 3}}},
}


def test_a_larger_budget_says_what_goes_with_it() -> None:
    over, misfit = planned(LONG).violations
    assert (over.rule, misfit.rule) == ("Budget", "Fit")
    larger = over.advice[-1]
    assert dict(larger.write).keys() == {"budget.usdPerMonth", "models.a.maxModelLen"}
    assert "instead of 65,536 tokens per request; " in larger.text
    assert larger.text.endswith("; fits, but not for certain)")
    then = outcome(follow(LONG, dict(larger.write)))
    assert not then.violations
    assert f"(${bill(then):,.0f};" in larger.text


def test_advice_of_a_warning_says_that_it_breaks_the_budget() -> None:
    plan = planned(SLEEPS)
    assert not plan.violations
    (way,) = [way for each in plan.warnings for way in each.advice if dict(way.write) == {"models.own.replicas.min": 1}]
    then = outcome(follow(SLEEPS, dict(way.write)))
    assert [each.rule for each in then.violations] == ["Budget"]
    assert f"the bill is then ${bill(then):,.0f}, ${bill(then) - 3000:,.0f} over 3,000" in way.text
    (warning,) = [each for each in plan.warnings if way in each.advice]
    assert way.text in warning.message


def test_there_is_advice_for_a_pool_of_several_kinds_of_nodes() -> None:
    (peak,) = [each for each in planned(LADDER).violations if each.rule == "GPUs at peak"]
    assert [dict(way.write) for way in peak.advice] == [{"models.a.replicas.max": 1}, {"gpuPools.l4.max": 4}]
    for way in peak.advice:
        assert not outcome(follow(LADDER, dict(way.write))).violations


ONE_NODE: dict[str, Any] = {
    "cluster": {"create": {"zones": 2}},
    "gpuPools": {"h100": {"instanceTypes": ["p5.48xlarge"], "max": 1}},
    "models": {
        "big": {
            "model": "meta-llama/Llama-3.3-70B-Instruct",
            "pool": "h100",
            "gpus": 8,
            "maxModelLen": 16384,
            "concurrency": 8,
        },
        "small": {"model": "Qwen/Qwen3-8B", "pool": "h100", "gpus": 1, "maxModelLen": 8192, "replicas": 2},
    },
}
TOO_LONG = {key: value for key, value in LONG.items() if key != "budget"}


@pytest.mark.parametrize(
    ("stack", "rule"), [(ONE_NODE, "GPUs at peak"), (TOO_LONG, "Fit")], ids=["too many", "a misfit"]
)
def test_a_fix_says_the_tokens_per_second_that_it_takes(stack: dict[str, Any], rule: str) -> None:
    """Instead of those that there are now; of a model that doesn't fit, which has none, only where nobody would read as
    slowly."""
    before = planned(stack)
    (broken,) = before.violations
    assert broken.rule == rule
    said = {way.text: _tokens_said(way) for way in broken.advice}
    assert said == {
        way.text: _tokens_lost(way, before, outcome(follow(stack, as_mapping(way.write)))) for way in broken.advice
    }
    assert 0 < sum(map(bool, said.values())) < len(said)


def _tokens_said(way: Advice) -> set[str]:
    return set(re.findall(r"[^;(]*tokens per second[^;)]*", way.text.replace("; ", ";")))


def _tokens_lost(way: Advice, before: Plan, after: Plan) -> set[str]:
    """With the model's name where the way changes another model or none too."""
    found = set[str]()
    changed = {path.split(".")[1] for path, _ in way.write if path.startswith("models.")}
    for name, now in after.models.items():
        was, of_several = before.models[name], f"{name}: " * (changed != {name})
        rate, old = now.throughput.tokens_per_second, was.throughput.tokens_per_second
        assert rate is not None
        assert old is not None
        assert was.fit is not None
        assert now.throughput.steps is not None
        replica = Replica(now.throughput.steps, now.throughput.request, now.max_num_batched_tokens or 0)
        answer = 1 / replica.at(now.concurrency or 1).next_token
        at_once = f"about {answer:.0f} tokens per second of one answer with {now.concurrency} requests at once"
        if was.fit.fits and rate.mid < 0.9 * old.mid:
            found.add(f"{of_several}about {rate.mid:,.0f} tokens per second instead of {old.mid:,.0f}")
        if not was.fit.fits and answer < 10:
            found.add(f"{of_several}{at_once}, slower than people read")
    return found
