"""Advice says all that following it brings: what it takes, what it leaves uncertain, and a budget that it breaks."""

from typing import Any

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
    assert "instead of 65,536 tokens per request; fits, but not for certain" in larger.text
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
