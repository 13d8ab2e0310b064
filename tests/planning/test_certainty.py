"""What makes a likely fit certain says what it costs: a node is paid for whole, and typed capacity stays as it is."""

from typing import Any

import pytest

from infra.planning import Plan
from tests.planning.following import follow, outcome, planned
from tests.planning.stacks import ACCESS

REGION = "eu-central-1"
CODER = {
    "model": "Qwen/Qwen2.5-Coder-32B-Instruct",
    "quantization": "fp8",
    "maxModelLen": 31744,
    "pool": "code",
    "replicas": {"min": 1, "max": 3},
}


def stack(capacity: str, budget: dict[str, Any] | None) -> dict[str, Any]:
    return {
        "cluster": {"create": {"version": "1.35", "access": ACCESS}},
        "gpuPools": {"code": {"instanceTypes": ["g6e.xlarge"], "capacity": capacity}},
        "models": {"coder": CODER, "embed": {"model": "BAAI/bge-m3"}},
        **({"budget": budget} if budget else {}),
    }


@pytest.mark.parametrize(
    ("capacity", "budget", "bill"),
    [
        ("spot", None, "expected"),
        ("on-demand", None, "expected"),
        ("spot", {"usdPerMonth": 90000, "of": "max"}, "maximum"),
    ],
)
def test_a_share_of_a_large_node_is_named_with_the_node_and_the_bill(
    capacity: str, budget: dict[str, Any] | None, bill: str
) -> None:
    before = planned(stack(capacity, budget), REGION)
    (warned,) = [each for each in before.warnings if each.kind == "not-certain"]
    large = next(each for each in warned.advice if "p4de" in each.text)
    written = dict(large.write)
    name = written["models.coder.pool"]
    assert written.get(f"gpuPools.{name}.capacity", "on-demand") == capacity
    after = outcome(follow(stack(capacity, budget), written), REGION)
    pool = after.pools[name]
    end = "max" if bill == "maximum" else bill
    now, then = (getattr(each.cost, f"usd_per_month_{end}") for each in (before, after))
    assert f"per hour of a node for ${pool.usd_per_node_hour:.2f};" in large.text
    assert f"the {bill} bill is then ${then:,.0f} per month instead of ${now:,.0f}" in large.text
    assert "models.embed.pool: code" in large.text, "all that it writes is said"
    assert "--pin" not in warned.message


def test_a_paused_model_s_maximum_is_named_beside_the_bill_that_has_none_of_its_nodes() -> None:
    paused = stack("on-demand", None)
    paused["models"]["coder"] = CODER | {"paused": True}
    before = planned(paused, REGION)
    (warned,) = [each for each in before.warnings if each.kind == "not-certain"]
    large = next(each for each in warned.advice if "p4de" in each.text)
    now, then = (each.cost for each in (before, outcome(follow(paused, dict(large.write)), REGION)))
    assert then.usd_per_month_expected < now.usd_per_month_expected
    more = round(then.usd_per_month_max) - round(now.usd_per_month_max)
    assert f"; the maximum is then ${then.usd_per_month_max:,.0f}, ${more:,} more)" in large.text
    assert sum("the maximum is then" in each.text for each in warned.advice) == 1


def test_what_makes_fewer_tokens_per_second_says_so() -> None:
    """The largest smaller batch that makes it certain is named: each smaller one is slower."""
    stack = _big(16)
    before = planned(stack, US)
    (warned,) = [each for each in before.warnings if each.kind == "not-certain"]
    (fewer,) = [each for each in warned.advice if dict(each.write).keys() == {SEQS}]
    seqs = dict(fewer.write)[SEQS]
    after = outcome(follow(stack, dict(fewer.write)), US)
    assert f"about {_tokens(after)} tokens per second instead of {_tokens(before)}" in fewer.text
    assert fewer.text in warned.message
    assert seqs * 2 < (before.models["big"].max_num_seqs or 0), "there is a batch between"
    twice = outcome(follow(stack, {SEQS: 2 * seqs}), US).models["big"].fit
    assert twice is not None
    assert not twice.certain
    slower = [each for each in warned.advice if "tokens per second" in each.text]
    assert [each for each in warned.advice if _is_slower(stack, dict(each.write), before)] == slower


def test_a_smaller_batch_that_a_broken_rule_advises_says_what_it_takes() -> None:
    stack = _big(21)
    before = planned(stack, US)
    (violation,) = before.violations
    (fewer,) = [each for each in violation.advice if dict(each.write).keys() == {SEQS}]
    after = outcome(follow(stack, dict(fewer.write)), US)
    assert f"(about {_tokens(after)} tokens per second instead of {_tokens(before)}; " in fewer.text
    assert fewer.text in violation.fix


US, SEQS = "us-east-1", "models.big.maxNumSeqs"


def _big(concurrency: int) -> dict[str, Any]:
    model = {"model": "Qwen/Qwen3-235B-A22B-Instruct-2507-FP8", "kvCacheDtype": "fp8", "gpus": 4}
    return {
        "cluster": {"create": {"version": "1.35", "access": ACCESS}},
        "gpuPools": {"h100": {"instanceTypes": ["p5.48xlarge"], "max": 1}},
        "models": {"big": model | {"maxModelLen": 32768, "concurrency": concurrency}},
    }


def _tokens(plan: Plan) -> str:
    rate = plan.models["big"].throughput.tokens_per_second
    return f"{rate.mid:,.0f}" if rate is not None else ""


def _is_slower(stack: dict[str, Any], write: dict[str, Any], before: Plan) -> bool:
    after = outcome(follow(stack, write), US)
    was, now = (each.models["big"].throughput.tokens_per_second for each in (before, after))
    return was is not None and now is not None and now.mid < 0.9 * was.mid
