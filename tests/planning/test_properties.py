"""What holds for every stack: order means nothing, adding only adds, choices can be written down, reasons are given."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from infra.offers.sizing import Sizing, can_run
from infra.plan.findings import split
from infra.plan.rules import Rule
from infra.planning import Plan
from infra.services.serving.resolve import resolve
from infra.services.serving.section import Model
from tests.planning.stacks import CATALOG, plan

pytestmark = pytest.mark.searches

MODELS: list[dict[str, Any]] = [
    {"model": "Qwen/Qwen3-0.6B", "maxModelLen": 4096},
    {"model": "Qwen/Qwen3-8B", "maxModelLen": 8192, "replicas": {"min": 1, "max": 3}},
    {"model": "meta-llama/Llama-3.3-70B-Instruct", "maxModelLen": 8192, "quantization": "fp8"},
    {"model": "BAAI/bge-m3", "replicas": 2},
    {"model": "llama3.2:3b", "engine": "ollama"},
    {"model": "openai/gpt-oss-20b", "maxModelLen": 16384, "concurrency": 4},
    {"model": "meta-llama/Llama-3.1-405B-Instruct", "maxModelLen": 131072},
]
POOLS: dict[str, Any] = {
    "l4": {"instanceTypes": ["g6.2xlarge"]},
    "l40s": {"instanceTypes": ["g6e.12xlarge"]},
    "t4": {"instanceTypes": ["g4dn.xlarge"], "max": 2},
}
names = st.sampled_from([f"m{number}" for number in range(8)])
models = st.dictionaries(names, st.sampled_from(MODELS), min_size=1, max_size=6)
pools = st.sampled_from([{}, POOLS])


def _stack(stack_models: Mapping[str, Any], stack_pools: Mapping[str, Any]) -> dict[str, Any]:
    return {"cluster": {"create": {}}, "gpuPools": dict(stack_pools), "models": dict(stack_models)}


@given(models, pools, st.randoms())
@settings(max_examples=25)
def test_order_means_nothing(stack_models: dict[str, Any], stack_pools: dict[str, Any], random: Any) -> None:
    shuffled_models, shuffled_pools = list(stack_models.items()), list(stack_pools.items())
    random.shuffle(shuffled_models)
    random.shuffle(shuffled_pools)
    one, other = plan(_stack(stack_models, stack_pools)), plan(_stack(dict(shuffled_models), dict(shuffled_pools)))
    assert repr(one).partition("settings=")[0] == repr(other).partition("settings=")[0]
    for field in ("cluster", "pools", "models", "cost", "chosen", "violations", "warnings", "to_do", "assumptions"):
        assert repr(getattr(one, field)) == repr(getattr(other, field))


@given(models, pools, st.sampled_from(MODELS))
@settings(max_examples=25)
def test_adding_a_model_changes_nothing_of_the_others(
    stack_models: dict[str, Any], stack_pools: dict[str, Any], another: dict[str, Any]
) -> None:
    """With the cache that the file names: else its kind follows the models, and `diff` refuses to move the weights."""
    named = {"cache": {"kind": "efs"}}
    before = plan({**_stack(stack_models, stack_pools), **named})
    after = plan({**_stack({**stack_models, "another": another}, stack_pools), **named})
    # In a pool that the file keeps too small for both, the others' rollouts have no place any more, and say so.
    assume(not any(each.rule is Rule.GPUS_AT_PEAK for each in after.violations))
    assert {name: after.models[name] for name in before.models} == before.models
    assert (after.cluster, after.addons, after.cache.size_gib) == (before.cluster, before.addons, before.cache.size_gib)
    for name, pool in before.pools.items():
        assert after.pools[name].max >= pool.max
        assert _fixed(after, name) == _fixed(before, name)
        groups = after.pools[name].groups
        assert {place: group.min for place, group in groups.items()} == {
            place: group.min for place, group in pool.groups.items()
        }
        assert all(groups[place].max >= group.max for place, group in pool.groups.items())


def _fixed(result: Plan, name: str) -> list[Any]:
    """The fields of a pool that another model can't raise; `groups` has the pool's minimum and maximum."""
    raised = ("max", "groups", "peak_gpus", "surge_gpus", "needed", "needed_now", "always", "always_now")
    raised += ("spread", "idle_gpus", "reasons")
    return [value for key, value in vars(result.pools[name]).items() if key not in raised]


@given(models, pools)
@settings(max_examples=25)
def test_what_was_chosen_can_be_written_into_the_stack_file(
    stack_models: dict[str, Any], stack_pools: dict[str, Any]
) -> None:
    stack = json.loads(json.dumps(_stack(stack_models, stack_pools)))
    first = plan(stack)
    for path, choice in first.chosen.items():
        *parents, key = path.split(".")
        inner = stack
        for parent in parents:
            inner = inner.setdefault(parent, {})
        inner[key] = choice.value
    pinned = plan(stack)
    assert pinned.chosen == {}
    assert (pinned.cluster, pinned.cost) == (first.cluster, first.cost)
    for name, model in first.models.items():
        assert _decisions(pinned.models[name]) == _decisions(model)
    for name, pool in first.pools.items():
        assert _decisions(pinned.pools[name]) == _decisions(pool)


def _decisions(part: Any) -> dict[str, Any]:
    """Without the system and the maximum of a pool's nodes as the stack file gives them: before a pool is written, it
    says nothing."""
    return {key: value for key, value in vars(part).items() if key not in ("reasons", "os", "max_given")}


@given(models, pools)
@settings(max_examples=25)
def test_every_decision_has_a_reason_that_names_a_number(
    stack_models: dict[str, Any], stack_pools: dict[str, Any]
) -> None:
    result = plan(_stack(stack_models, stack_pools))
    for part in (*result.models.values(), *result.pools.values()):
        assert part.reasons
        assert any(character.isdigit() for character in " ".join(part.reasons))
    assert all(choice.reason for choice in result.chosen.values())
    for violation in result.violations:
        assert violation.rule in Rule
        assert violation.path
        assert violation.message
        assert violation.fix


@given(
    st.sampled_from([each for each in MODELS if "engine" not in each]),
    st.sampled_from([1, 2, 3, 5]),
    st.sampled_from([None, 1, 4, 16]),
    st.sampled_from([None, 2048, 32768]),
    st.sampled_from([None, "fp8", "awq"]),
    st.sampled_from([["use1-az1"], ["use1-az4", "use1-az6"], ["use1-az1", "use1-az2", "use1-az4"]]),
)
@settings(max_examples=60)
def test_the_choice_is_that_of_an_exhaustive_search(
    model: dict[str, Any],
    replicas: int,
    concurrency: int | None,
    length: int | None,
    quantization: str | None,
    zones: list[str],
) -> None:
    """The search tries every type of the zones, every number of its GPUs, and each allowed quantization. It takes the
    lowest price of whole nodes."""
    given = {"replicas": replicas, "concurrency": concurrency, "maxModelLen": length, "quantization": quantization}
    asked = {**model, **{key: value for key, value in given.items() if value is not None}}
    result = plan({"cluster": {"create": {"zones": zones}}, "models": {"m": asked}})
    model_settings = Model.model_validate_json(json.dumps(asked))
    served, _ = split(resolve("m", model_settings, CATALOG, no_gpu_nodes=False))
    question = served.question
    sizing = Sizing(CATALOG)
    found: list[tuple[float, str, int]] = []
    for instance in CATALOG.instances.values():
        offered = any(zone in CATALOG.zones_of(instance.name, "us-east-1") for zone in zones)
        for gpus in range(1, instance.gpus + 1):
            if instance.left_out is not None or not offered or gpus.bit_count() != 1:
                continue
            gpu = CATALOG.gpus[instance.gpu]
            shape = question.shape
            allowed = shape is not None and question.obstacle(gpus) is None and can_run(question, gpu, CATALOG)
            if allowed and sizing.size(question, gpu, gpus).fits:
                nodes = -(-replicas // (instance.gpus // gpus))
                found.append((nodes * (instance.usd_per_hour or 0.0), instance.name.replace(".", "-"), gpus))
    chosen = result.models["m"]
    if not found:
        assert "Fit" in {each.rule for each in result.violations}
        return
    best = min(found)
    assert (chosen.pool, chosen.gpus) == best[1:]
