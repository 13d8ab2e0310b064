"""Over budget: the proposed fixes, each checked with a new plan."""

import re
from typing import Any

import pytest

from infra.planning import Plan, planner
from infra.planning.advice import as_mapping
from tests.planning.following import follow, outcome, planned
from tests.planning.stacks import DEV, PROD, changed, plan

ROOMY = changed(PROD, gpuPools__l40s__max=6)
EXPENSIVE = changed(PROD, gpuPools__t4__instanceTypes=["g4dn.16xlarge"])


def _fixes(stack: dict[str, Any], usd: float, of: str = "max") -> list[str]:
    (violation,) = plan(changed(stack, budget={"usdPerMonth": usd, "of": of})).violations
    return violation.fix.split(", or ")


def _maximum(result: Plan) -> str:
    return f"{result.cost.usd_per_month_max:,.0f}"


def test_a_budget_that_is_enough_is_named() -> None:
    enough = float(_fixes(PROD, 15000)[-1].removeprefix("budget.usdPerMonth: ").partition(" ")[0])
    assert plan(changed(PROD, budget={"usdPerMonth": enough})).violations == ()


def test_the_maximum_of_replicas_within_it_is_named_with_its_sum() -> None:
    total = plan(PROD).cost.usd_per_month_max
    fixes = _fixes(PROD, total - 1500)
    (fewer,) = [fix for fix in fixes if fix.startswith("models.llama-8b.replicas.max")]
    number = int(fewer.partition(": ")[2].partition(" ")[0])
    fixed = changed(PROD, models__llama_8b__replicas__max=number)
    assert 2 <= number < 5
    assert f"(${_maximum(plan(fixed))})" in fewer
    assert plan(changed(fixed, budget={"usdPerMonth": total - 1500})).violations == ()
    one_more = changed(fixed, models__llama_8b__replicas__max=number + 1, budget={"usdPerMonth": total - 1500})
    assert [each.rule for each in plan(one_more).violations] == ["Budget"]


def test_the_pool_with_the_highest_bill_comes_first() -> None:
    """Behind what takes nothing from anybody."""
    ways = _fixes(PROD, plan(PROD).cost.usd_per_month_max - 100)
    assert next(way for way in ways if ".replicas." in way).startswith("models.llama-70b.")


@pytest.mark.parametrize(
    ("stack", "usd", "of", "fix"),
    [
        (ROOMY, 40000, "max", r"gpuPools\.l40s\.max: [345] "),
        (EXPENSIVE, 23000, "max", r"gpuPools\.t4\.instanceTypes: \[g4dn\.\w+\] "),
        (PROD, 9500, "min", r"models\.llama-8b\.replicas\.min: 1 "),
        (PROD, 13000, "expected", r"models\.llama-8b\.replicas\.max: [234] "),
        (PROD, 13000, "expected", r"models\.llama-8b\.replicas\.min: 1 "),
    ],
    ids=[
        "a smaller pool",
        "a cheaper instance type",
        "a smaller minimum",
        "expected, by the maximum",
        "by the minimum",
    ],
)
def test_other_changes_that_fix_it(stack: dict[str, Any], usd: float, of: str, fix: str) -> None:
    assert any(re.match(fix, each) for each in _fixes(stack, usd, of))


L4 = {"instanceTypes": ["g6.xlarge"]}
CHAT = {"model": "Qwen/Qwen3-8B", "maxModelLen": 8192, "concurrency": 2, "replicas": {"min": 1, "max": 3}}


@pytest.mark.parametrize(("most", "usd"), [(5, 2300), (6, 2300), (6, 1700), (5, 1700)])
def test_nodes_beyond_the_need_are_given_up_before_or_with_what_users_need(most: int, usd: int) -> None:
    """Three replicas and a rollout need 4 nodes."""
    stack = changed(DEV, gpuPools={"l4": L4 | {"max": most}}, models={"chat": CHAT}, budget={"usdPerMonth": usd})
    (violation,) = plan(stack).violations
    writes = [dict(each.write) for each in violation.advice]
    if usd == 2300:
        assert writes[0] == {"gpuPools.l4.max": 4}
        assert not any(len(each) > 1 and each.get("gpuPools.l4.max") == 4 for each in writes)
    else:
        assert writes[0] == {"models.chat.replicas.max": 2, "gpuPools.l4.max": 3}
    for write in writes:
        assert plan(follow(stack, write)).violations == ()


def test_no_change_is_proposed_that_breaks_another_rule() -> None:
    """Three nodes are needed, unless fewer replicas go with fewer nodes."""
    tight = changed(PROD, gpuPools__l40s__max=3)
    lower = [fix for fix in _fixes(tight, 20000) if "l40s.max" in fix]
    assert [fix.partition(" (")[0] for fix in lower] == ["models.llama-70b.replicas.max: 1 with gpuPools.l40s.max: 2"]


@pytest.mark.parametrize(
    "write", ["cluster.create.systemNodes.instanceType: t4g.xlarge ", "cluster.create.network.nat: one "]
)
def test_the_platform_is_part_of_what_can_cost_less(write: str) -> None:
    """Models that can't be reduced: one replica each, on the cheapest nodes."""
    model = {"model": "Qwen/Qwen3-0.6B", "maxModelLen": 4096}
    create = {"zones": 2, "network": {"nat": "perZone"}}
    stack = {"cluster": {"create": create}, "models": {"small": model}, "cache": {"kind": "efs", "compile": True}}
    total = plan(stack).cost.usd_per_month_min
    fixes = _fixes(stack, total - 10, "min")
    (fix,) = [each for each in fixes if each.startswith(write)]
    path, _, value = fix.partition(" (")[0].partition(": ")
    followed = changed(stack, **{path.replace(".", "__"): value}, budget={"usdPerMonth": total - 10, "of": "min"})
    assert plan(followed).violations == ()


def test_where_nothing_is_enough_it_says_so() -> None:
    fix = _fixes(PROD, 100)[-1]
    assert "no single change of pools, replicas" in fix
    assert "nor do several that were tried" in fix


@pytest.mark.parametrize(("usd", "of"), [(3000, "max"), (300, "max"), (300, "expected"), (300, "min")])
def test_where_nothing_is_enough_the_largest_saving_is_named_with_what_is_missing(usd: int, of: str) -> None:
    stack = changed(PROD, budget={"usdPerMonth": usd, "of": of})
    before = plan(stack)
    (violation,) = before.violations
    near, larger = violation.advice
    assert list(dict(larger.write)) == ["budget.usdPerMonth"]
    after = plan(follow(stack, dict(near.write)))
    bill = getattr(after.cost, f"usd_per_month_{of}")
    assert bill < 0.8 * getattr(before.cost, f"usd_per_month_{of}")
    assert f"(${bill:,.0f}, still ${bill - usd:,.0f} over {usd:,}, with the largest saving" in near.text
    assert near.text.startswith(f"budget.usdPerMonth: {dict(near.write)['budget.usdPerMonth']} with ")
    assert after.violations == ()


def test_where_hardly_anything_can_be_saved_only_a_larger_budget_is_named() -> None:
    on_cpu = {"model": "qwen3:0.6b", "engine": "ollama", "gpus": 0, "maxModelLen": 4096}
    small = changed(DEV, gpuPools={}, models={"small": on_cpu})
    fixes = _fixes(changed(small, cluster__create__systemNodes={"instanceType": "t4g.xlarge"}), 10)
    assert [each.partition(":")[0] for each in fixes] == ["budget.usdPerMonth"]


QWEN = {"model": "Qwen/Qwen2.5-Coder-32B-Instruct", "maxModelLen": 32768, "concurrency": 4, "pool": "l40s"}
SERVED = {
    "cluster": {"create": {"zones": ["euc1-az1", "euc1-az2"]}},
    "gpuPools": {"l40s": {"instanceTypes": ["g6e.xlarge"]}, "t4": {"instanceTypes": ["g4dn.xlarge"]}},
    "models": {
        "coder": {
            **QWEN,
            "quantization": "awq",
            "kvCacheDtype": "fp8",
            "model": f"{QWEN['model']}-AWQ",
            "like": QWEN["model"],
        },
        "embed": {"model": "BAAI/bge-m3", "pool": "t4"},
    },
}


def _in_frankfurt(stack: dict[str, Any], usd: float) -> list[dict[str, Any]]:
    (violation,) = planned({**stack, "budget": {"usdPerMonth": usd}}, "eu-central-1").violations
    return [dict(each.write) for each in violation.advice]


def test_a_pool_on_which_no_model_runs_is_removed_before_anything_is_given_up() -> None:
    unused = changed(SERVED, gpuPools__old={"instanceTypes": ["g6e.12xlarge"], "max": 2})
    first, last = _in_frankfurt(unused, 6000)
    assert first == {"gpuPools.old": None}
    assert set(last) == {"budget.usdPerMonth"}


def test_spot_is_a_way_with_the_notice_that_it_gives() -> None:
    (violation,) = planned({**SERVED, "budget": {"usdPerMonth": 2400}}, "eu-central-1").violations
    (spot,) = [each for each in violation.advice if ("gpuPools.l40s.capacity", "spot") in each.write]
    assert "two minutes' notice" in spot.text


@pytest.mark.parametrize(("usd", "named"), [(700, True), (400, False)])
def test_the_expected_bill_is_compared_where_it_keeps_to_the_budget(usd: float, named: bool) -> None:
    paused = changed(SERVED, models__coder__paused=True, models__embed__paused=True)
    assert ({"budget.of": "expected"} in _in_frankfurt(paused, usd)) == named


def test_a_known_quantized_repository_on_nodes_that_are_there_is_a_way() -> None:
    """The large node is removed with the model that leaves it."""
    pools = {**SERVED["gpuPools"], "big": {"instanceTypes": ["p4de.24xlarge"]}}
    full = {**QWEN, "pool": "big", "quantization": "fp8"}
    ways = _in_frankfurt(changed(SERVED, gpuPools=pools, models__coder=full), 6000)
    assert any(
        way.get("models.coder.quantization") == "awq"
        and way.get("models.coder.pool") == "l40s"
        and "gpuPools.big" in way
        for way in ways
    )


def test_each_way_to_a_budget_goes_with_what_the_other_rules_need() -> None:
    """Each contains the first fix of every other broken rule. If it is followed, the stack breaks no rule."""
    expensive = changed(SERVED, models__coder__replicas=2, gpuPools__l40s__max=2, budget={"usdPerMonth": 3000})
    violations = planned(expensive, "eu-central-1").violations
    assert len(violations) > 1
    (budget,) = [each for each in violations if each.rule == "Budget"]
    first = [write for each in violations if each != budget for write in each.advice[0].write]
    for way in budget.advice:
        assert set(first) <= set(way.write), way.text
        assert outcome(follow(expensive, as_mapping(way.write)), "eu-central-1").violations == ()


@pytest.mark.parametrize(("tried", "cut"), [(2, True), (100, False)])
def test_a_search_that_ended_early_says_so(tried: int, cut: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else its last word looks like all that there is."""
    monkeypatch.setattr(planner, "MIN_TRIED", tried)
    monkeypatch.setattr(planner, "MAX_TRIED", tried)
    (refused,) = [
        each for each in plan(changed(PROD, budget={"usdPerMonth": 6000})).violations if each.rule == "Budget"
    ]
    said = f"the search ended after {tried} plans, so a way that changes or costs less may have been missed"
    assert refused.fix.endswith(f"; {said}") == cut
    assert (said in refused.fix) == cut
