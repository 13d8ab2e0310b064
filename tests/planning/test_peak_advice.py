"""What a fix of the peak says beside its price: the bill of a broken budget, a larger quota, nodes that rarely come."""

import re
from typing import Any

import pytest

from infra.planning import Plan
from infra.planning.advice import as_mapping
from tests.planning.following import bill, follow, outcome, planned
from tests.planning.stacks import DEV, PROD, changed

LARGE = {**PROD["models"]["llama-70b"], "replicas": {"min": 1, "max": 3}}
L40S: dict[str, Any] = {
    "cluster": {"create": {"zones": 2}},
    "gpuPools": {"l40s": {"instanceTypes": ["g6e.12xlarge"], "max": 2}},
    "models": {"x": LARGE},
    "cache": {"kind": "efs"},
}
H200: dict[str, Any] = {
    **L40S,
    "gpuPools": {"h200": {"instanceTypes": ["p5en.48xlarge"], "max": 1}},
    "models": {"x": {**LARGE, "pool": "h200", "gpus": 8, "replicas": 1}},
}
SPOT = follow(H200, {"gpuPools.h200.capacity": "spot"})


@pytest.mark.parametrize("of", ["max", "expected", "min"])
@pytest.mark.parametrize(("stack", "usd"), [(L40S, 5000), (L40S, 8000), (H200, 20000), (SPOT, 5000)])
def test_each_fix_says_where_it_breaks_a_broken_budget_further(stack: dict[str, Any], usd: int, of: str) -> None:
    stack = {**stack, "budget": {"usdPerMonth": usd, "of": of}}
    before = planned(stack)
    assert {each.rule for each in before.violations} == {"Budget", "GPUs at peak"}
    (peak,) = [each for each in before.violations if each.rule == "GPUs at peak"]
    rises = []
    for way in peak.advice:
        after = outcome(follow(stack, dict(way.write)))
        rises.append(bill(after) - bill(before) >= 1 and bill(after) > usd)
        said = f"the bill is then ${bill(after):,.0f}, ${bill(after) - usd:,.0f} over {usd:,}"
        other = bill(after) > usd and _has_other_nodes(before, after)
        assert (said in way.text) == (rises[-1] or other), way.text
        assert "over" not in way.text.replace(said, ""), way.text
    assert rises == sorted(rises), "a fix that costs nothing more comes first"


def _has_other_nodes(before: Plan, after: Plan) -> bool:
    moved = any(each.instance_type != before.models[name].instance_type for name, each in after.models.items())
    return moved or any(pool.max > before.pools[name].max for name, pool in after.pools.items() if name in before.pools)


def test_each_place_where_a_model_fits_says_its_bill_while_the_budget_is_broken() -> None:
    """Also one that costs less and is still too expensive: beside another one's bill it looked like one that isn't."""
    chat = {"model": "Qwen/Qwen3-32B", "pool": "l40s", "gpus": 2, "maxModelLen": 32768, "concurrency": 4}
    stack = {
        "cluster": {"create": {"version": "1.35"}},
        "gpuPools": {"l40s": {"instanceTypes": ["g6e.12xlarge"], "max": 4}},
        "models": {"chat": chat | {"replicas": 2}},
        "budget": {"usdPerMonth": 6000},
    }
    before = planned(stack)
    (fit,) = [each for each in before.violations if each.rule == "Fit"]
    falls = []
    for way in fit.advice:
        after = outcome(follow(stack, as_mapping(way.write)))
        said = f"the bill is then ${bill(after):,.0f}, ${bill(after) - 6000:,.0f} over 6,000"
        moved = after.models["chat"].instance_type != before.models["chat"].instance_type
        rises = round(bill(after)) > round(bill(before))
        assert (said in way.text) is ((moved or rises) and bill(after) > 6000), way.text
        falls += [bill(after) < bill(before)] if moved else []
    assert any(falls)


def test_a_budget_that_still_holds_is_not_spoken_of() -> None:
    (peak,) = planned({**L40S, "budget": {"usdPerMonth": 30000}}).violations
    assert not any("the bill is then" in way.text for way in peak.advice)


RARE = "the cloud rarely has p5en.48xlarge on demand"


@pytest.mark.parametrize(
    ("stack", "said", "not_said"),
    [
        (H200, ["quota L-417A185B: 384 vCPUs instead of 192", RARE], []),
        (SPOT, ["quota L-7212CCBC: 384 vCPUs instead of 192"], ["rarely"]),
        (L40S, ["quota L-DB2E81BA: 192 vCPUs instead of 96"], ["rarely"]),
    ],
    ids=["a type that AWS rarely has", "on spot", "a common type"],
)
def test_more_nodes_come_with_their_quota_and_how_rarely_there_are_any(
    stack: dict[str, Any], said: list[str], not_said: list[str]
) -> None:
    (peak,) = planned(stack).violations
    (larger,) = [
        way
        for way in peak.advice
        if len(way.write) == 1 and way.write[0][0].endswith(".max") and "gpuPools" in way.text
    ]
    others = [way for way in peak.advice if way is not larger]
    assert [words for words in said if words not in larger.text] == []
    assert [words for words in not_said if words in larger.text] == []
    assert others
    assert not any("quota" in way.text or "rarely" in way.text for way in others)
    needed = {int(number) for number in re.findall(r"(\d+) vCPUs instead", larger.text)}
    assert needed == {each.needed for each in outcome(follow(stack, dict(larger.write))).quotas if not each.system}


MANY = {"maxModelLen": 4096, "replicas": {"min": 1, "max": 9}}
VERSIONS = changed(
    DEV,
    models__qwen3_8b__rollout={"strategy": "blueGreen"},
    models__qwen3_8b__next=MANY,
    gpuPools__l4={"instanceTypes": ["g6.xlarge"], "max": 1},
)
IN_A_VPC = follow(
    L40S, {"cluster.create.network": {"vpcId": "vpc-0a1", "privateSubnetIds": ["subnet-0a1", "subnet-0b2"]}}
)


DISCOUNTED = follow(L40S, {"prices.discountPercent": 0.5})  # its dollars and their difference are rounded apart


@pytest.mark.parametrize(
    "stack",
    [VERSIONS, L40S, H200, IN_A_VPC, DISCOUNTED],
    ids=["versions", "scaled", "large", "no flow logs", "a discount"],
)
def test_each_way_costs_what_the_next_bill_rises_by(stack: dict[str, Any]) -> None:
    """To the dollar of both bills as they are printed, and with all that grows with nodes: their disks, and the flow
    logs of a VPC that we make."""
    before = planned(stack)
    (peak,) = [each for each in before.violations if each.rule == "GPUs at peak"]
    assert any("per month at most" in each.text for each in peak.advice)
    for way in peak.advice:
        after = outcome(follow(stack, dict(way.write)))
        more = round(after.cost.usd_per_month_max) - round(before.cost.usd_per_month_max)
        assert re.findall(r"\+\$([\d,]+) per month at most", way.text) == ([f"{more:,}"] if more >= 1 else []), way.text
