"""A pool on which no model runs: the warning says what removing it saves, and the next bill is that."""

from typing import Any

import pytest

from infra.plan.kinds import by_kind
from infra.planning import Plan
from tests.planning.following import follow, outcome, planned

MODEL = {"model": "Qwen/Qwen3-8B", "maxModelLen": 8192, "concurrency": 4, "pool": "used"}


def made(**idle: Any) -> dict[str, Any]:
    return {
        "cluster": {"create": {"zones": 2}},
        "gpuPools": {"used": {"instanceTypes": ["g6e.xlarge"]}, "idle": {"instanceTypes": ["g6.xlarge"], **idle}},
        "models": {"m": MODEL},
    }


def own(usd: float | None, **idle: Any) -> dict[str, Any]:
    price = {} if usd is None else {"usdPerGpuHour": usd}
    nodes = {"gpusPerNode": 2, **price}
    used = {"gpu": "L40S", "nodes": 1, "selector": {"a": "b"}, **nodes}
    return {
        "cluster": {"existing": {"context": "k"}},
        "addons": {"prometheus": "install", "keda": "install"},
        "cache": {"kind": "storageClass", "storageClass": "nfs", "size": "500Gi"},
        "gpuPools": {
            "used": {"existing": used},
            "idle": {"existing": {"gpu": "A40", "selector": {"a": "c"}, **nodes, **idle}},
        },
        "models": {"m": MODEL},
    }


def unused(plan: Plan) -> Any:
    (warning,) = [each for each in plan.warnings if each.kind == "unused-pool"]
    return warning


CASES: dict[str, tuple[dict[str, Any], str]] = {
    "kept nodes": (made(min=1), "(saves ${min} per month of the minimum bill)"),
    "more at most": (
        made(min=1, max=3),
        "(saves ${min} per month of the minimum bill; the maximum is then ${then}, ${max} less)",
    ),
    "a maximum alone": (made(max=3), "(the maximum is then ${then}, ${max} less)"),
    "on spot": (made(min=1, capacity="spot"), "(saves ${expected} per month of the expected bill"),
    "a node that exists": (
        own(1.0, nodes=1),
        "(saves $1,460 per month of the minimum bill; its node is then neither used nor counted in the bill)",
    ),
    "some": (own(1.0, nodes=3), "its 3 nodes are then neither used nor counted in the bill)"),
}


@pytest.mark.parametrize("name", CASES)
def test_it_says_what_removing_the_pool_saves(name: str) -> None:
    stack, said = CASES[name]
    before = planned(stack)
    (advice,) = unused(before).advice
    assert dict(advice.write) == {"gpuPools.idle": None}
    after = outcome(follow(stack, dict(advice.write)))
    assert not after.violations
    assert "idle" not in after.pools
    bills = {
        end: f"{getattr(before.cost, f'usd_per_month_{end}') - getattr(after.cost, f'usd_per_month_{end}'):,.0f}"
        for end in ("min", "expected", "max")
    }
    assert said.format(then=f"{after.cost.usd_per_month_max:,.0f}", **bills) in advice.text
    assert unused(before).message == f"no model runs on it: {advice.text}"


@pytest.mark.parametrize(
    "stack",
    [own(None, nodes=1), {**made(min=1), "budget": {"usdPerMonth": 100}}],
    ids=["no price", "a refusal has the advice"],
)
def test_elsewhere_it_says_that_no_model_runs_on_it(stack: dict[str, Any]) -> None:
    assert unused(planned(stack)).message == "no model runs on it"
    assert unused(planned(stack)).advice == ()


def test_several_are_one_line() -> None:
    stack = follow(own(1.0, nodes=1), {"gpuPools.more": own(1.0, nodes=2)["gpuPools"]["idle"]})
    lines = [each.message for each in by_kind(planned(stack).warnings) if "no model runs" in each.message]
    assert len(lines) == 1
    assert "$1,460" in lines[0]
    assert "$2,920" in lines[0]
