"""If the advice of a plan is followed, the new plan has what the advice promised."""

import re
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.plan.kinds import by_kind
from infra.plan.notes import Warned
from infra.plan.rules import Rule
from infra.planning import Plan
from infra.planning.advice import follow as written_into
from infra.planning.lower_bills import smallest_saving
from infra.settings.mistakes import BadStackFile
from tests.example_stacks import ALL_STACKS
from tests.example_stacks import planned as example
from tests.planning.following import bill, broken, counted_nodes, follow, line, outcome, planned, saved, saved_as_shown
from tests.planning.stacks import CATALOG, DEV, PROD, changed

pytestmark = pytest.mark.searches

MODELS: list[dict[str, Any]] = [
    {"model": "Qwen/Qwen3-8B", "maxModelLen": 8192, "replicas": {"min": 1, "max": 3}},
    {"model": "Qwen/Qwen3-32B", "maxModelLen": 32768, "concurrency": 12},
    {"model": "Qwen/Qwen3-32B", "maxModelLen": 32768, "quantization": "fp8", "replicas": 2},
    {"model": "mistralai/Mistral-Small-3.2-24B-Instruct-2506", "maxModelLen": 32768},
    {"model": "meta-llama/Llama-3.3-70B-Instruct", "maxModelLen": 8192, "gpus": 1},
    {"model": "meta-llama/Llama-3.3-70B-Instruct", "maxModelLen": 8192, "gpus": 4, "replicas": {"min": 1, "max": 2}},
    {"model": "acme/own", "like": "Qwen/Qwen3-14B", "maxModelLen": 16384},
    {"model": "openai/gpt-oss-20b", "maxModelLen": 131072, "concurrency": 4},
    {"model": "Qwen/Qwen3-8B", "maxModelLen": 40960, "revision": "abc1234", "gpuMemoryUtilization": 0.5},
    {"model": "BAAI/bge-m3", "replicas": 2},
    {"model": "llama3.1:8b", "engine": "ollama", "maxModelLen": 16384, "concurrency": 9},
    {"model": "Qwen/Qwen3-4B", "maxModelLen": 32768, "maxNumSeqs": 256, "paused": True},
]
POOLS: list[dict[str, Any]] = [
    {},
    {"l4": {"instanceTypes": ["g6.xlarge"]}},
    {
        "l4": {"instanceTypes": ["g6.2xlarge", "g6.xlarge"], "capacity": "spot"},
        "l40s": {"instanceTypes": ["g6e.12xlarge"]},
    },
    {"t4": {"instanceTypes": ["g4dn.16xlarge"], "max": 2}, "h100": {"instanceTypes": ["p5.48xlarge"], "max": 1}},
    {"a100": {"instanceTypes": ["p4d.24xlarge"], "min": 1, "max": 3}},
]
names = st.sampled_from(["a", "b", "c", "d"])
models = st.dictionaries(names, st.sampled_from(MODELS), min_size=1, max_size=3)
budgets = st.sampled_from([None, 2000, 6000, 15000, 40000])
regions = st.sampled_from(["us-east-1", "eu-central-1", "sa-east-1"])


def _stack(models: dict[str, Any], pools: dict[str, Any], budget: int | None) -> dict[str, Any]:
    stack: dict[str, Any] = {"cluster": {"create": {"zones": 2}}, "gpuPools": pools, "models": models}
    return stack | ({"budget": {"usdPerMonth": budget}} if budget else {})


@given(models, st.sampled_from(POOLS), budgets, regions)
@settings(max_examples=40, deadline=None)
def test_every_advice_holds(models: dict[str, Any], pools: dict[str, Any], budget: int | None, region: str) -> None:
    stack = _stack(models, pools, budget)
    try:
        plan = planned(stack, region)
    except BadStackFile:
        return  # not every region has every type
    check_fixes(stack, plan, region)
    check_cheaper(stack, plan, region)
    check_remedies(stack, plan, region)
    check_certainty(stack, plan, region)


PAUSED = changed(DEV, models__qwen3_8b__paused=True, gpuPools__l4__min=1, cluster={"create": {"zones": 3}})


@pytest.mark.parametrize("stack", [DEV, PAUSED, PROD, changed(PROD, budget={"usdPerMonth": 20000})])
def test_the_advice_of_the_example_stacks_holds(stack: dict[str, Any]) -> None:
    plan = planned(stack)
    check_fixes(stack, plan)
    check_cheaper(stack, plan)
    check_remedies(stack, plan)
    check_certainty(stack, plan)


def check_fixes(stack: dict[str, Any], plan: Plan, region: str = "us-east-1") -> None:
    """Each advice fixes its rule and breaks no other; a bill that it states is the bill of the new plan."""
    for violation in plan.violations:
        for advice in violation.advice:
            after = outcome(follow(stack, dict(advice.write)), region)
            new = broken(after) - broken(plan)
            assert (violation.rule, violation.path) not in broken(after), advice.text
            assert not new, advice.text
            assert counted_nodes(after) <= counted_nodes(plan), advice.text
            if violation.rule == "Budget" and "($" in advice.text:
                assert f"(${bill(after):,.0f}" in advice.text
            assert advice.text in violation.fix


def check_cheaper(stack: dict[str, Any], plan: Plan, region: str = "us-east-1") -> None:
    """Each way is accepted. It lowers the bill by the stated amount, or holds more requests for the same money."""
    for way in plan.while_paused:
        paused = outcome(follow(stack, dict(way.write)), region)
        assert plan.cost.usd_per_month_min - paused.cost.usd_per_month_min == pytest.approx(way.usd_per_month, abs=1)
    for name, ways in plan.cheaper.items():
        for way in ways:
            after = outcome(follow(stack, dict(way.write)), region)
            assert broken(after) <= broken(plan), way.setting
            assert counted_nodes(after) <= counted_nodes(plan), way.setting
            nearly = smallest_saving(plan, way) if way.usd_per_month == 0 else 0.01  # the same money, or close to it
            assert saved(plan, after) == pytest.approx(way.usd_per_month, abs=nearly), way
            if way.usd_per_month < 1:
                before, more = plan.models[name].fit, after.models[name].fit
                assert before is not None
                assert more is not None
                assert (more.max_concurrency or 0) > (before.max_concurrency or 0)


def check_remedies(stack: dict[str, Any], plan: Plan, region: str = "us-east-1") -> None:
    """Each remedy is accepted, and raises the bill by the stated amount."""
    for remedies in plan.remedies.values():
        for remedy in remedies:
            if remedy.write is None:
                assert not remedy.write_with
                continue
            after = outcome(follow(stack, dict(remedy.write_with) | line(remedy.write)), region)
            assert broken(after) <= broken(plan), remedy
            if remedy.usd_per_month is not None:
                more = after.cost.usd_per_month_min - plan.cost.usd_per_month_min
                assert more == pytest.approx(remedy.usd_per_month, abs=0.01), remedy


def check_saving(stack: dict[str, Any], plan: Plan, warned: Warned, region: str) -> None:
    """The advice is accepted, and changes the bill by the stated amount."""
    for advice in warned.advice:
        after = outcome(follow(stack, dict(advice.write)), region)
        usd = saved_as_shown(plan, after)
        assert broken(after) <= broken(plan), advice
        assert counted_nodes(after) <= counted_nodes(plan), advice
        assert not usd or f"{'saves' if usd > 0 else 'costs'} ${abs(usd):,.0f} per month" in advice.text
        assert advice.text in warned.message


def check_ended(stack: dict[str, Any], plan: Plan, warned: Warned, region: str) -> None:
    """The advice is accepted, though its bill may be over the budget, and ends what is warned of."""
    for advice in warned.advice:
        after = outcome(follow(stack, dict(advice.write)), region)
        assert {rule for rule, _ in broken(after) - broken(plan)} <= {Rule.BUDGET}, advice
        assert counted_nodes(after) <= counted_nodes(plan), advice
        assert (warned.kind, warned.path) not in {(each.kind, each.path) for each in after.warnings}, advice
        assert advice.text in warned.message


def check_certainty(stack: dict[str, Any], plan: Plan, region: str = "us-east-1") -> None:
    """Each is accepted, breaks no rule, and makes a likely fit certain, on the GPUs and at the price that it states."""
    for warned in plan.warnings:
        if warned.kind in ("mostly-empty", "unused-pool"):
            check_saving(stack, plan, warned, region)
            continue
        if warned.kind in ("no-free-node", "gaps"):
            check_ended(stack, plan, warned, region)
            continue
        assert warned.kind == "not-certain" or not warned.advice
        for advice in warned.advice:
            name = warned.path.split(".")[1]
            after = outcome(follow(stack, dict(advice.write)), region)
            assert broken(after) <= broken(plan), advice
            assert certain(after) >= certain(plan) | {name}, advice
            assert not [each for each in after.warnings if (each.kind, each.path) == ("not-certain", warned.path)]
            model = after.models[name]
            assert f"({model.gpus} x {after.pools[model.pool or ''].gpu}" in advice.text
            assert model.usd_per_hour is None or f"${model.usd_per_hour:.2f} per hour" in advice.text
            assert advice.text in warned.message


def certain(plan: Plan) -> set[str]:
    return {each.name for each in plan.models.values() if each.fit is not None and each.fit.certain}


LIKELY: dict[str, Any] = {"model": "Qwen/Qwen3-8B", "maxModelLen": 28000}
SMALL_LIKELY = [
    (LIKELY, {"l4": {"instanceTypes": ["g6.12xlarge"]}}, {"quantization", "kvCacheDtype", "gpus", "pool"}),
    (LIKELY, {}, {"kvCacheDtype", "pool", "maxModelLen"}),
    (
        LIKELY | {"maxNumSeqs": 256, "maxModelLen": 21000},
        {"l4": {"instanceTypes": ["g6.xlarge"]}},
        {"quantization", "kvCacheDtype", "maxNumSeqs"},
    ),
]


@pytest.mark.parametrize(("model", "pools", "keys"), SMALL_LIKELY)
def test_what_makes_a_likely_fit_certain_is_named(model: dict[str, Any], pools: dict[str, Any], keys: set[str]) -> None:
    """Beside another model, which stays where it is."""
    stack = _stack({"chat": model, "other": {"model": "Qwen/Qwen3-4B", "maxModelLen": 2048}}, pools, None)
    plan = planned(stack)
    (warned,) = [each for each in plan.warnings if each.kind == "not-certain"]
    written = {path for each in warned.advice for path, _ in each.write}
    assert {f"models.chat.{key}" for key in keys} <= written, warned.message
    check_certainty(stack, plan)


def test_a_likely_fit_that_nothing_makes_certain_says_so() -> None:
    nodes = {"gpuMemoryGib": 11, "gpusPerNode": 1, "nodes": 2, "selector": {"gpu": "yes"}}
    own = {"model": "acme/own", "like": "Qwen/Qwen3-8B", "maxModelLen": 256, "maxNumSeqs": 16, "kvCacheDtype": "fp8"}
    own["quantization"] = "fp8"  # stored so: nothing smaller is left
    stack = {
        "cluster": {"existing": {"context": "own"}},
        "gpuPools": {"own": {"existing": nodes}},
        "models": {"chat": own},
        "cache": {"kind": "storageClass", "storageClass": "nfs", "size": "200Gi"},
    }
    (warned,) = [each for each in planned(stack).warnings if each.kind == "not-certain"]
    assert warned.message.endswith("nothing that was tried makes it certain")
    assert warned.advice == ()


def test_of_several_likely_models_the_first_way_of_each_is_in_the_one_warning() -> None:
    pools = {"l4": {"instanceTypes": ["g6.12xlarge"]}}
    plan = planned(_stack({"a": LIKELY, "b": LIKELY}, pools, None))
    (line,) = [each.message for each in by_kind(plan.warnings) if "not for certain" in each.message]
    assert re.findall(r"(\w) \([\d.]+ GiB; certain with quantization: fp8\)", line) == ["a", "b"]


def test_a_budget_leaves_no_more_expensive_way_to_a_certain_fit() -> None:
    pools = {"l4": {"instanceTypes": ["g6.xlarge"]}}
    stack = _stack({"chat": LIKELY}, pools, None)
    held = _stack({"chat": LIKELY}, pools, round(planned(stack).cost.usd_per_month_max) + 10)
    (free,), (tight,) = ([e for e in planned(each).warnings if e.kind == "not-certain"] for each in (stack, held))
    kept = [each.write for each in tight.advice]
    assert kept
    assert any("pool" in path for each in free.advice for path, _ in each.write)
    assert not any("pool" in path for write in kept for path, _ in write)


def _case(text: str) -> dict[str, Any]:
    return yaml.safe_load(text)


CODING = _case("""
cluster: {create: {version: "1.35", zones: 3}}
models:
  qwen3-32b: {model: Qwen/Qwen3-32B, maxModelLen: 32768, concurrency: 12, replicas: {min: 1, max: 3}}
budget: {usdPerMonth: 8000}
""")


def test_weights_and_cache_in_8_bit_are_found_before_a_larger_budget() -> None:
    (violation,) = planned(CODING).violations
    wanted = {"models.qwen3-32b.quantization": "fp8", "models.qwen3-32b.kvCacheDtype": "fp8"}
    (smaller,) = [each for each in violation.advice if dict(each.write) == wanted]
    assert "qwen3-32b on 1 x RTX-PRO-6000-SE for $3.36 per hour" in smaller.text
    assert set(dict(violation.advice[-1].write)) == {"budget.usdPerMonth"}
    assert outcome(follow(CODING, dict(smaller.write))).violations == ()


MISTRAL = "mistralai/Mistral-Small-3.2-24B-Instruct-2506"


def _paths(plan: Plan) -> set[tuple[str, Any]]:
    ways = [write for found in plan.cheaper.values() for way in found for write in way.write]
    return {*ways, *(write for each in plan.violations for advice in each.advice for write in advice.write)}


def test_what_is_made_beforehand_is_advised_with_its_repository_alone() -> None:
    """A repository in AWQ is known of one of the two models only."""
    small = changed(DEV, gpuPools={"l4": {"instanceTypes": ["g6.xlarge"]}})
    unknown = planned(changed(small, models={"m": {"model": MISTRAL, "maxModelLen": 32768, "pool": "l4"}}))
    assert ("models.m.quantization", "awq") not in _paths(unknown)
    known = planned(changed(small, models={"m": {"model": "Qwen/Qwen3-32B", "maxModelLen": 4096, "pool": "l4"}}))
    written = _paths(known)
    assert {("models.m.model", "Qwen/Qwen3-32B-AWQ"), ("models.m.like", "Qwen/Qwen3-32B")} <= written


def test_weights_of_ones_own_are_never_said_to_be_in_another_quantization() -> None:
    own = {"model": "acme/own", "like": "Qwen/Qwen3-32B", "maxModelLen": 32768, "pool": "l4"}
    result = planned(changed(DEV, gpuPools={"l4": {"instanceTypes": ["g6.xlarge"]}}, models={"m": own}))
    assert not any(path.endswith("quantization") for path, _ in _paths(result))


def test_a_type_that_the_model_does_not_fit_fixes_no_budget() -> None:
    """The model fits no g4dn.xlarge, however cheap that is."""
    pools = {"big": {"instanceTypes": ["g6e.12xlarge"]}}
    stack = changed(CODING, gpuPools=pools, models__qwen3_32b__replicas=1, budget={"usdPerMonth": 3000})
    for advice in planned(stack).violations[0].advice:
        assert outcome(follow(stack, dict(advice.write))).violations == ()


def test_a_way_to_the_budget_goes_with_the_first_way_of_the_other_broken_rules() -> None:
    stack = changed(CODING, gpuPools={"l4": {"instanceTypes": ["g6.48xlarge"], "max": 1}}, budget={"usdPerMonth": 3000})
    plan = planned(stack)
    first = [set(each.advice[0].write) for each in plan.violations if each.rule != Rule.BUDGET]
    (budget,) = [each for each in plan.violations if each.rule == Rule.BUDGET]
    assert first
    check_fixes(stack, plan)
    for advice in budget.advice:
        assert all(each <= set(advice.write) for each in first)
        assert outcome(follow(stack, dict(advice.write))).violations == (), advice.text


@pytest.mark.parametrize("name", ALL_STACKS)
def test_every_stack_file_can_be_written_to(name: str) -> None:
    """Short forms of the stack file included: what can't be read again has no advice at all."""
    settings = example(name).plan.settings
    assert written_into(settings, (), "us-east-1", CATALOG) == settings


def test_a_stack_that_says_its_addons_in_a_word_has_advice_like_any_other() -> None:
    words = {"keda": "install", "clusterAutoscaler": "install", "prometheus": "install", "metricsServer": "disabled"}
    few = changed(DEV, gpuPools__l4__max=1)
    (plain,), (said,) = planned(few).violations, planned({**few, "addons": words}).violations
    assert len(plain.advice) > 1
    assert said.advice == plain.advice


def test_of_many_models_a_budget_that_is_never_reached_takes_no_advice_away() -> None:
    """With more models than plans can be tried, the few with the largest savings are tried."""
    model = {"model": "Qwen/Qwen3-8B", "maxModelLen": 8192, "replicas": {"min": 1, "max": 3}}
    pools = {"l40s": {"instanceTypes": ["g6e.2xlarge"]}}
    stack = {"cluster": {"create": {}}, "gpuPools": pools, "models": {f"m{n}": model for n in range(60)}}
    free, held = planned(stack), planned({**stack, "budget": {"usdPerMonth": 10_000_000}})
    assert 0 < len(free.cheaper) < 60
    assert (held.cheaper, held.remedies) == (free.cheaper, free.remedies)


CHEAP = {"bottlerocket nodes"}  # a dollar per month; the bucket is chosen already


@pytest.mark.parametrize(("of", "kept"), [("min", CHEAP), ("max", {*CHEAP, "spare replica"})])
def test_what_may_be_too_much_for_the_budget_is_planned_again(of: str, kept: set[str]) -> None:
    """Spare GPUs raise both ends of the bill; the maximum contains one more replica already."""
    model = {"model": "Qwen/Qwen3-8B", "maxModelLen": 8192, "replicas": {"min": 1, "max": 2}}
    stack = _stack({"a": model}, {"l4": {"instanceTypes": ["g6.2xlarge"], "max": 6}}, None)
    enough = round(getattr(planned(stack).cost, f"usd_per_month_{of}")) + 15
    tight = planned({**stack, "budget": {"usdPerMonth": enough, "of": of}})
    assert {each.name for each in tight.remedies["a"] if each.write} == kept


NOT_THERE = _case("""
cluster: {create: {zones: [euw1-az1, euw1-az2]}}
gpuPools: {l40s: {instanceTypes: [g6e.xlarge]}}
models:
  coder: {model: Qwen/Qwen3-Coder-30B-A3B-Instruct, pool: l40s, maxModelLen: 32768, concurrency: 4, quantization: fp8}
""")


def test_where_a_region_lacks_a_type_those_that_it_has_hold_the_models() -> None:
    with pytest.raises(BadStackFile) as refused:
        planned(NOT_THERE, "eu-west-1")
    (mistake,) = refused.value.mistakes
    types, _, regions = mistake.write.partition(", or a region that has g6e.xlarge: ")
    named = re.findall(r"(\S+) \((\d+) x", types)
    assert len(named) > 1
    for name, _ in named:
        assert outcome(follow(NOT_THERE, {"gpuPools.l40s.instanceTypes": (name,)}), "eu-west-1").violations == ()
    assert "eu-central-1" in regions


@pytest.mark.parametrize("gpus", [1, 8])
def test_where_gpus_are_written_types_that_need_another_number_are_named_with_it(gpus: int) -> None:
    stack = follow(NOT_THERE, {"models.coder.gpus": gpus})
    with pytest.raises(BadStackFile) as refused:
        planned(stack, "eu-west-1")
    (mistake,) = [each for each in refused.value.mistakes if each.path == "gpuPools.l40s.instanceTypes"]
    named = re.findall(
        r"(\S+) \((\d+) x [^,)]+(?:, with models\.coder\.gpus: (\d+))?, \$(\S+) per hour\)", mistake.write
    )
    assert any(with_ for _, _, with_, _ in named)
    prices = [float(usd) for *_, usd in named]
    assert prices == sorted(prices), "the cheapest first"
    for name, _, with_, _ in named:
        write = {"gpuPools.l40s.instanceTypes": (name,), "models.coder.gpus": int(with_) if with_ else gpus}
        assert outcome(follow(stack, write), "eu-west-1").violations == ()


@pytest.mark.parametrize(
    ("region", "first"),
    [
        ("eu-west-1", ["eu-central-1", "eu-north-1", "eu-south-2"]),
        ("us-west-1", ["us-east-1", "us-east-2", "us-west-2"]),
    ],
)
def test_regions_of_the_same_continent_are_named_first(region: str, first: list[str]) -> None:
    with pytest.raises(BadStackFile) as refused:
        outcome(follow(NOT_THERE, {"cluster.create.zones": 2}), region)
    (mistake,) = refused.value.mistakes
    assert mistake.write.partition("a region that has g6e.xlarge: ")[2].split(", ")[: len(first)] == first
