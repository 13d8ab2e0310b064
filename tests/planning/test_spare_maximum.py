"""A written maximum of a pool with nodes that nothing needs: in the maximum bill, and no saving of anything else."""

from typing import Any

import pytest

from infra.plan.notes import Write
from infra.planning import Plan
from infra.planning.lower_bills import lower_bill
from tests.planning.following import bill, follow, outcome, planned
from tests.planning.test_followed_advice import check_fixes

# Three replicas of two GPUs and a rollout need two nodes of four; `embed` beside them needs a third while one rolls.
STACK: dict[str, Any] = {
    "cluster": {"create": {"version": "1.35"}},
    "gpuPools": {
        "l4": {"instanceTypes": ["g6.xlarge"], "max": 3},
        "l40s": {"instanceTypes": ["g6e.12xlarge"], "max": 3},
    },
    "models": {
        "chat": {
            "model": "Qwen/Qwen3-32B",
            "pool": "l40s",
            "gpus": 2,
            "quantization": "fp8",
            "maxModelLen": 32768,
            "concurrency": 4,
            "replicas": {"min": 1, "max": 3},
        },
        "embed": {"model": "intfloat/multilingual-e5-large", "pool": "l4"},
    },
    "addons": {"keda": "install", "prometheus": "install"},
}
LOWER = {"gpuPools.l40s.max": 2}
BOTH = LOWER | {"gpuPools.l4.max": 2}


def over(usd: int) -> dict[str, Any]:
    return {**STACK, "budget": {"usdPerMonth": usd}}


@pytest.fixture(scope="module")
def least() -> float:
    """The bill without the nodes that nothing needs."""
    return outcome(follow(STACK, BOTH)).cost.usd_per_month_max


@pytest.fixture(scope="module")
def refused() -> Plan:
    return planned(over(9000))


def test_a_budget_that_is_enough_pays_for_no_node_that_nothing_needs(refused: Plan, least: float) -> None:
    (violation,) = refused.violations
    (larger,) = [each for each in violation.advice if "budget.usdPerMonth" in dict(each.write)]
    assert dict(larger.write) == BOTH | {"budget.usdPerMonth": -(-round(least) // 100) * 100}
    assert larger.text.endswith(f" (${least:,.0f}; replicas and rollouts need no more nodes)")
    check_fixes(over(9000), refused)


def test_the_smaller_maximum_comes_alone_where_it_is_enough(least: float) -> None:
    """Nobody loses anything; a larger budget then keeps the nodes."""
    enough = outcome(follow(STACK, LOWER)).cost.usd_per_month_max
    (violation,) = planned(over(round(enough) + 10)).violations
    assert dict(violation.advice[0].write) == LOWER
    assert dict(violation.advice[-1].write).keys() == {"budget.usdPerMonth"}
    both = planned(over(round(least) + 10))
    assert dict(both.violations[0].advice[0].write) == BOTH
    assert dict(both.violations[0].advice[-1].write).keys() == {"budget.usdPerMonth"}
    check_fixes(over(round(least) + 10), both)


ON_L40S = (("models.embed.pool", "l40s"), ("models.embed.gpus", 1), ("gpuPools.l4", None))
FP8_CACHE = (("models.chat.kvCacheDtype", "fp8"),)


@pytest.mark.parametrize(("write", "spare"), [(ON_L40S, {}), (FP8_CACHE, BOTH)], ids=["takes the node", "leaves it"])
def test_a_model_that_takes_a_spare_node_does_not_save_it(refused: Plan, write: Write, spare: dict[str, int]) -> None:
    """What a way leaves over the budget is said without those nodes too: so two ways can be compared."""
    stack = over(9000)
    way = lower_bill(refused, "embed", write, "moved", lambda change: outcome(follow(stack, dict(change))))
    assert way is not None
    then = outcome(follow(stack, dict(write)))
    still = f"still ${round(bill(then)) - 9000:,} over the budget"
    if spare:
        least = round(bill(outcome(follow(stack, dict(write) | spare)))) - 9000
        still += f" (${least:,} with gpuPools.l4.max: 2 and gpuPools.l40s.max: 2: nothing needs more nodes)"
    assert way.effect == f"moved; {still}"


def test_a_way_says_where_the_nodes_that_nothing_needs_are_all_that_is_over(least: float) -> None:
    stack = over(round(least) + 10)
    way = lower_bill(outcome(stack), "chat", FP8_CACHE, "same", lambda change: outcome(follow(stack, dict(change))))
    assert way is not None
    assert way.effect.endswith(
        " over the budget (within it with gpuPools.l4.max: 2 and gpuPools.l40s.max: 2: nothing needs more nodes)"
    )
