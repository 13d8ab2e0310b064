"""What makes a likely fit certain says what it costs: a node is paid for whole, and typed capacity stays as it is."""

from typing import Any

import pytest

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
