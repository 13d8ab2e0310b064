"""Rule 3: GPUs at peak, one rollout included, never exceed what the pools can grow to."""

import re

import pytest

from infra.planning import Plan
from tests.planning.stacks import DEV, PROD, SHARED, changed, plan


def _peak(result: Plan) -> list[tuple[str, str]]:
    return [(each.message, each.fix) for each in result.violations if each.rule == "GPUs at peak"]


def test_a_maximum_is_derived_from_the_replicas_and_one_rollout() -> None:
    pools = plan(PROD).pools
    assert {name: (p.max, p.peak_gpus, p.surge_gpus) for name, p in pools.items()} == {
        "l4": (6, 5, 1),
        "l40s": (3, 8, 4),
        "t4": (3, 2, 1),
    }


def test_a_maximum_that_is_too_small_is_refused_with_its_price() -> None:
    stack = changed(PROD, models__llama_70b__replicas={"min": 1, "max": 3}, gpuPools__l40s__max=3)
    ((message, fix),) = _peak(plan(stack))
    assert message == "llama-70b: 3 replicas x 4 GPUs + 4 for a rollout = 16; pool l40s can grow to 12"
    assert fix == (
        "models.llama-70b.rollout: {strategy: recreate}"
        " (the old pod first: about 7 min without llama-70b per rollout),"
        " or gpuPools.l40s.max: 4"
        " (+$71 per month at most, for the hours of rollouts; quota L-DB2E81BA: 252 vCPUs instead of 204),"
        " or models.llama-70b.replicas.max: 2"
    )


@pytest.mark.parametrize(
    ("others", "nodes", "hours"),
    [
        ({}, 2, ", for the hours of rollouts;"),
        ({"one": {"paused": True}}, 2, " with one unpaused, before that only for the hours of rollouts;"),
        (
            {n: {"paused": True} for n in ("a", "b")},
            2,
            " with a, b unpaused, before that only for the hours of rollouts;",
        ),
        ({"one": {}}, 3, ", +$"),
        ({"one": {}, "two": {"paused": True}}, 3, ", +$"),
    ],
)
def test_the_smallest_maximum_that_is_enough_is_named_with_the_hours_of_its_nodes(
    others: dict[str, dict[str, bool]], nodes: int, hours: str
) -> None:
    """A paused model needs none, and counts in the maximum bill of those that there are."""
    models = {f"models__{name}": {**DEV["models"]["qwen3-8b"], **more} for name, more in others.items()}
    stack = changed(DEV, gpuPools__l4={"instanceTypes": ["g6.xlarge"], "max": 1}, **models)
    ((_, fix),) = _peak(plan(stack))
    assert re.search(rf"gpuPools.l4.max: {nodes} \(\+\$[\d,]+ per month at most{re.escape(hours)}", fix)
    assert not plan(changed(stack, gpuPools__l4__max=nodes)).violations
    assert _peak(plan(changed(stack, gpuPools__l4__max=nodes - 1)))


@pytest.mark.parametrize(
    "fix",
    [
        {"gpuPools__l40s__max": 4},
        {"models__llama_70b__replicas": {"min": 1, "max": 2}},
        {"models__llama_70b__rollout": {"strategy": "recreate"}},
    ],
)
def test_what_the_refusal_proposes_fixes_it(fix: dict[str, object]) -> None:
    stack = changed(PROD, models__llama_70b__replicas={"min": 1, "max": 3}, gpuPools__l40s__max=3)
    assert _peak(plan(changed(stack, **fix))) == []


def test_only_one_rollout_at_a_time_is_counted() -> None:
    """Two models of one GPU and one of four on nodes of four: 1 + 1 + 4 at peak, 4 for the largest rollout. The small
    ones may be on two nodes."""
    model = {"model": "Qwen/Qwen3-0.6B", "maxModelLen": 2048, "pool": "p", "gpus": 1}
    stack = {
        "cluster": {"create": {}},
        "gpuPools": {"p": {"instanceTypes": ["g6.12xlarge"]}},
        "models": {"a": model, "b": model, "c": {**model, "gpus": 4}},
    }
    pool = plan(stack).pools["p"]
    assert (pool.peak_gpus, pool.surge_gpus, pool.needed, pool.max) == (6, 4, 3, 4)


def test_a_paused_model_keeps_its_room_and_needs_no_node() -> None:
    running, paused = plan(DEV), plan(changed(DEV, models__qwen3_8b__paused=True))
    assert paused.pools["l4"].max == running.pools["l4"].max
    assert paused.pools["l4"].peak_gpus == 0
    assert next(item.min for item in paused.cost.items if item.name == "GPU nodes l4") == 0


def test_a_paused_model_has_no_rollout() -> None:
    small = {"model": "BAAI/bge-m3", "pool": "l40s"}
    large = {**PROD["models"]["llama-70b"], "replicas": 1, "rollout": {"strategy": "recreate"}}
    stack = changed(PROD, models__llama_70b=large, models__small=small, gpuPools__l40s__max=1)
    ((message, _),) = _peak(plan(stack))
    assert "1 for a rollout" in message
    assert _peak(plan(changed(stack, models__small={**small, "paused": True}))) == []


def test_a_fixed_number_of_replicas_that_is_too_large_is_answered_with_a_smaller_one() -> None:
    large = {**PROD["models"]["llama-70b"], "replicas": 3, "rollout": {"strategy": "recreate"}}
    stack = changed(PROD, models__llama_70b=large, gpuPools__l40s__max=2)
    ((_, fix),) = _peak(plan(stack))
    assert "models.llama-70b.replicas: 2" in fix
    assert _peak(plan(changed(stack, models__llama_70b={**large, "replicas": 2}))) == []


def test_nodes_of_others_are_never_asked_for_a_spare_gpu() -> None:
    result = plan(SHARED)
    rollout = result.models["qwen3-8b"].rollout
    assert (rollout.max_surge, rollout.max_unavailable) == (0, 1)
    assert result.pools["a10g"].surge_gpus == 0
    assert any(note.path == "models.qwen3-8b.replicas" for note in result.warnings)
    assert _peak(plan(changed(SHARED, gpuPools__a10g__max=4))) == []
    assert _peak(plan(changed(SHARED, gpuPools__a10g__max=3)))


POOL = {"existing": {"gpu": "L4", "gpusPerNode": 2, "nodes": 1, "selector": {"gpu": "l4"}}}
SMALL = {"model": "Qwen/Qwen3-8B", "maxModelLen": 8192, "gpus": 1}
ROLLING = {**SMALL, "rollout": {"strategy": "rolling"}}


@pytest.mark.parametrize(
    ("stack", "pool", "surge", "nodes"),
    [
        (changed(DEV, models__qwen3_8b__paused=True), "l4", 0, 2),
        (DEV, "l4", 1, 2),
        (changed(PROD, models__llama_70b__paused=True), "l40s", 0, 3),
        (
            {
                **changed(SHARED, gpuPools={"l4": POOL}),
                "models": {"a": SMALL, "b": SMALL, "c": {**ROLLING, "paused": True}},
            },
            "l4",
            0,
            1,
        ),
    ],
    ids=["paused", "running", "paused beside others", "paused on full nodes"],
)
def test_a_paused_model_needs_no_gpu_for_a_rollout(stack: dict, pool: str, surge: int, nodes: int) -> None:
    """The pool's maximum still has room for what unpausing needs."""
    result = plan(stack)
    assert (result.pools[pool].surge_gpus, result.pools[pool].max) == (surge, nodes)
    assert _peak(result) == []


def test_the_maximum_of_the_bill_is_the_same_while_a_model_is_paused() -> None:
    """It is what unpausing can cost, and the node of a rollout is billed for the hours of rollouts in both."""
    running, paused = (plan(changed(DEV, models__qwen3_8b__paused=each)) for each in (False, True))
    assert paused.cost.usd_per_month_max == pytest.approx(running.cost.usd_per_month_max)


@pytest.mark.parametrize(
    ("replicas", "harm"),
    [
        ({"min": 1, "max": 2}, "about 7 min without llama-70b per rollout"),
        ({"min": 0, "max": 2}, "about 7 min without llama-70b per rollout"),
        (2, "one replica of llama-70b fewer during a rollout"),
    ],
    ids=["one at least", "one while it is awake", "two"],
)
def test_the_old_pod_first_takes_a_replica_or_the_only_one(replicas: object, harm: str) -> None:
    stack = changed(PROD, models__llama_70b__replicas=replicas, gpuPools__l40s__max=2)
    ((_, fix),) = _peak(plan(stack))
    assert f"(the old pod first: {harm})" in fix


def test_the_old_pod_first_of_a_model_that_does_not_fit_yet_says_that_it_is_away() -> None:
    """How long its start takes isn't known then."""
    stack = changed(PROD, models__llama_70b__replicas=1, gpuPools__l40s__max=1, models__llama_70b__concurrency=90)
    ((_, fix),) = _peak(plan(stack))
    assert fix.startswith(
        "models.llama-70b.rollout: {strategy: recreate} (the old pod first: some minutes without llama-70b per rollout)"
    )
