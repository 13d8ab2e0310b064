"""How pods are replaced: the new one first, or the old one with a gap that the plan states."""

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.planning import Plan
from infra.planning.advice import as_mapping
from tests.planning.following import follow
from tests.planning.stacks import DEV, PROD, SHARED, changed, plan

RECREATE = {"strategy": "recreate"}
ROLLING = {"strategy": "rolling"}
EBS = changed(DEV, cache={"kind": "ebs"}, cluster__create__zones=["use1-az1"])
EXPENSIVE: dict[str, Any] = {
    "cluster": {"create": {}},
    "gpuPools": {"h200": {"instanceTypes": ["p5en.48xlarge"], "min": 1, "max": 1}},
    "models": {
        "r1": {"model": "deepseek-ai/DeepSeek-R1", "pool": "h200", "maxModelLen": 32768, "concurrency": 8},
    },
}
SMALL = {"model": "Qwen/Qwen3-0.6B", "maxModelLen": 2048, "pool": "p", "gpus": 1}
FULL: dict[str, Any] = {
    "cluster": {"create": {}},
    "gpuPools": {"p": {"instanceTypes": ["g6.12xlarge"], "max": 1}},
    "models": {"a": {**SMALL, "gpus": 2}, "b": SMALL, "c": SMALL},
}


@pytest.mark.parametrize(
    ("stack", "strategy"),
    [
        (DEV, "rolling"),
        (changed(DEV, models__qwen3_8b__rollout=ROLLING), "rolling"),
        (changed(DEV, models__qwen3_8b__rollout=RECREATE), "recreate"),
        (SHARED, "recreate"),
        (changed(SHARED, models__qwen3_8b__rollout=ROLLING), "rolling"),
        (EBS, "recreate"),
    ],
    ids=["absent", "rolling", "recreate", "others' nodes", "others' nodes, rolling", "a volume with one reader"],
)
def test_the_new_pod_comes_first_where_nothing_else_is_said_and_it_can(stack: dict[str, Any], strategy: str) -> None:
    result = plan(stack)
    rollout = result.models["qwen3-8b"].rollout
    (pool,) = result.pools.values()
    surge = int(strategy == "rolling")
    assert (rollout.strategy, rollout.max_surge, rollout.max_unavailable) == (strategy, surge, 1 - surge)
    assert pool.surge_gpus == surge
    assert result.violations == ()


def test_recreate_needs_no_node_for_a_surge() -> None:
    assert plan(DEV).pools["l4"].max == 2
    assert plan(changed(DEV, models__qwen3_8b__rollout=RECREATE)).pools["l4"].max == 1


def test_a_gap_is_a_cold_start_without_launch_and_boot_and_is_said_in_minutes() -> None:
    result = plan(changed(DEV, models__qwen3_8b__rollout=RECREATE))
    model = result.models["qwen3-8b"]
    parts = model.cold_start.parts
    compiled = parts["engine"].first  # a changed pod finds nothing that an earlier start left
    gap = round(parts["image"].mid + parts["weights"].mid + parts["engine"].mid + compiled)
    assert compiled > 0
    assert model.rollout.gap_seconds == gap
    assert f"about {round(gap / 60)} min without qwen3-8b" in model.rollout.reason
    assert "up to 10 min in which its last answers end" in model.rollout.reason  # twice the gateway's 300 s
    assert model.rollout.reason in model.reasons
    (warning,) = [note.message for note in result.warnings if note.kind == "stops-at-change"]
    assert (
        warning == "each change stops qwen3-8b: its old pod ends before the new one starts, about"
        f" {round(gap / 60)} min without qwen3-8b"
    )


@pytest.mark.parametrize(
    "hours", [{}, {"schedule": [{"days": "mon-fri", "from": "07:00", "to": "19:00", "timezone": "UTC", "min": 1}]}]
)
def test_a_change_stops_a_model_that_may_sleep_too_while_it_is_awake(hours: dict[str, Any]) -> None:
    """The same first words as of one that never sleeps: diff takes it for the same warning."""
    asleep = {"replicas": {"min": 0, "max": 1}, "rollout": RECREATE, **hours}
    stack = changed(DEV, **{f"models__qwen3_8b__{key}": value for key, value in asleep.items()})
    result = plan(stack)
    (warning,) = [note for note in result.warnings if note.kind == "stops-at-change"]
    gap = round(result.models["qwen3-8b"].cold_start.gap / 60)
    assert warning.path == "models.qwen3-8b.replicas"
    assert warning.message == (
        "each change stops qwen3-8b: if it is awake, its old pod ends before the new one starts, about"
        f" {gap} min without qwen3-8b"
    )
    first = changed(stack, models__qwen3_8b__rollout=ROLLING)
    assert not [note for note in plan(first).warnings if note.kind == "stops-at-change"]


def test_there_is_no_gap_where_another_replica_answers() -> None:
    result = plan(changed(PROD, models__llama_8b__rollout=RECREATE))
    rollout = result.models["llama-8b"].rollout
    assert rollout.gap_seconds is None
    assert "with 1 of 2 left" in rollout.reason


def test_the_new_pod_first_on_a_volume_with_one_reader_is_refused() -> None:
    (violation,) = plan(changed(EBS, models__qwen3_8b__rollout=ROLLING)).violations
    assert (violation.rule, violation.path) == ("Volumes", "models.qwen3-8b.rollout.strategy")
    assert violation.fix == "models.qwen3-8b.rollout: {strategy: recreate}"


def _fixes(result: Plan) -> list[str]:
    (fix,) = [each.fix for each in result.violations if each.rule == "GPUs at peak"]
    return fix.split(", or ")


def test_one_expensive_node_is_refused_with_recreate_first_and_then_the_node_with_its_price() -> None:
    first, second = _fixes(plan(EXPENSIVE))
    gap = round((plan(EXPENSIVE).models["r1"].cold_start.gap) / 60)
    assert first == (
        f"models.r1.rollout: {{strategy: recreate}} (the old pod first: about {gap} min without r1 per rollout)"
    )
    assert second.startswith("gpuPools.h200.max: 2 (+$")
    assert plan(changed(EXPENSIVE, models__r1__rollout=RECREATE)).violations == ()


@pytest.mark.parametrize(
    ("stack", "says"),
    [
        (EXPENSIVE, "the maximum of h200 would have to hold every replica and that pod, and doesn't"),
        (
            changed(EXPENSIVE, gpuPools__h200__max=2),
            "a rollout starts the new pod first: the pool's maximum has 8 GPUs for it",
        ),
    ],
    ids=["refused for it", "room"],
)
def test_the_reason_names_gpus_for_the_new_pod_only_where_they_can_be(stack: dict[str, Any], says: str) -> None:
    assert says in plan(stack).models["r1"].rollout.reason


def test_a_larger_pool_costs_what_the_fix_said() -> None:
    said = re.search(r"max: 2 \(\+\$([\d,]+) per month", _fixes(plan(EXPENSIVE))[1])
    assert said is not None
    larger = plan(changed(EXPENSIVE, gpuPools__h200__max=2))
    assert larger.violations == ()
    more = larger.cost.usd_per_month_max - plan(EXPENSIVE).cost.usd_per_month_max
    assert more == pytest.approx(float(said[1].replace(",", "")), abs=1)


def test_a_node_that_costs_less_than_the_gap_is_named_first() -> None:
    cheap = changed(DEV, gpuPools__l4={"instanceTypes": ["g6.xlarge"], "max": 1})
    first, second = _fixes(plan(cheap))
    assert first.startswith("gpuPools.l4.max: 2 ")
    assert second.startswith("models.qwen3-8b.rollout: {strategy: recreate}")


@pytest.mark.parametrize(
    ("stack", "fix"),
    [
        (FULL, "models.a.rollout: {strategy: recreate} and models.b.rollout: {strategy: recreate} and models.c."),
        (changed(FULL, models__c__replicas={"min": 1, "max": 1}, models__b__paused=True), "models.a.rollout: {strat"),
    ],
    ids=["all of a full node", "the largest, where the rest finds room"],
)
def test_recreate_is_proposed_for_the_smallest_number_of_models(stack: dict[str, Any], fix: str) -> None:
    (found,) = [each for each in _fixes(plan(stack)) if "recreate" in each]
    assert found.startswith(fix)
    fixed = changed(
        stack, **{f"models__{name}__rollout": RECREATE for name in re.findall(r"models\.(\w+)\.rollout", found)}
    )
    assert plan(fixed).violations == ()


sizes = st.tuples(st.sampled_from([1, 2, 4]), st.integers(1, 3), st.integers(0, 2), st.booleans())


@pytest.mark.searches
@given(st.lists(sizes, min_size=1, max_size=4), st.integers(1, 3))
@settings(max_examples=25, deadline=None)
def test_every_fix_of_too_few_gpus_is_enough(models: list[tuple[int, int, int, bool]], nodes: int) -> None:
    stack: dict[str, Any] = {
        "cluster": {"create": {}},
        "gpuPools": {"p": {"instanceTypes": ["g6.12xlarge"], "max": nodes}},
        "models": {
            f"m{index}": {**SMALL, "gpus": gpus, "replicas": {"min": low, "max": low + more}, "paused": paused}
            for index, (gpus, low, more, paused) in enumerate(models)
        },
    }
    result = plan(stack)
    for violation in result.violations:
        for advice in violation.advice:
            assert plan(follow(stack, as_mapping(advice.write))).violations == (), advice.text


def test_recreate_is_no_fix_where_the_replicas_alone_are_too_many() -> None:
    stack = changed(DEV, gpuPools__l4__max=2, models__qwen3_8b__replicas={"min": 1, "max": 3})
    assert not any("recreate" in fix for fix in _fixes(plan(stack)))


def test_a_model_that_sleeps_has_no_replica_left_to_speak_of() -> None:
    replicas = {"min": 0, "max": 1}
    result = plan(changed(DEV, models__qwen3_8b__rollout=RECREATE, models__qwen3_8b__replicas=replicas))
    reason = result.models["qwen3-8b"].rollout.reason
    assert "min without qwen3-8b" in reason
    assert " left" not in reason
