"""A pool of the user's own nodes that is too small, beside one that stands idle: the refusal names the idle pool, and
the lines that move models there."""

import re
from typing import Any

import pytest

from infra.planning.advice import as_mapping
from tests.planning.following import broken, follow, planned
from tests.planning.stacks import SHARED

BASE: dict[str, Any] = {
    "cluster": {"existing": {"context": "site-a"}},
    "cache": {"kind": "storageClass", "storageClass": "nfs", "size": "5Ti"},
    "addons": SHARED.get("addons", {}),
}
LARGE = {"model": "Qwen/Qwen3-32B", "maxModelLen": 8192, "gpus": 2}
SMALL = {"model": "Qwen/Qwen3-8B", "maxModelLen": 8192, "gpus": 1}


def own(gpu: str, nodes: int, gpus: int = 2) -> dict[str, Any]:
    return {"existing": {"gpu": gpu, "gpusPerNode": gpus, "nodes": nodes, "selector": {"gpu": gpu.lower()}}}


POOLS = {"full": own("A100-80", 2), "idle": own("L40S", 2)}
CASES: dict[str, tuple[dict[str, Any], dict[str, Any], int]] = {  # pools, models, how many have to move
    "one of three": (POOLS, {"a": LARGE, "b": LARGE, "c": LARGE}, 1),
    "two of four": (POOLS, {"a": LARGE, "b": LARGE, "c": LARGE, "d": LARGE}, 2),
    "a small one": (POOLS, {"a": LARGE, "b": SMALL, "c": SMALL, "d": SMALL}, 1),
    "where fewer replicas would do": (POOLS, {"a": {**SMALL, "replicas": 4}, "b": SMALL}, 1),
    "the only model": ({"full": own("A100-80", 2), "idle": own("L40S", 3)}, {"a": {**LARGE, "replicas": 3}}, 1),
    "two, since a replica is on one node": (
        {"full": own("L40S", 4, 3), "idle": own("A40", 3)},
        dict.fromkeys("abcdef", LARGE),
        2,
    ),
    "two large ones beside many small ones": (
        {"full": own("L40S", 4, 8), "idle": own("A40", 2, 4)},
        {f"s{number}": SMALL for number in range(24)} | {name: {**LARGE, "gpus": 4} for name in "abcd"},
        2,
    ),
    "to two pools": (
        {"full": own("A100-80", 1), "one": own("L40S", 1), "two": own("A40", 1)},
        {"a": LARGE, "b": LARGE, "c": LARGE},
        2,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_refusal_names_the_idle_pool_and_what_moves_there(name: str) -> None:
    pools, models, moved = CASES[name]
    in_full = {each: {**model, "pool": "full"} for each, model in models.items()}
    stack = {**BASE, "gpuPools": pools, "models": in_full}
    (refused,) = [each for each in planned(stack).violations if each.rule == "GPUs at peak"]
    first = refused.advice[0]
    assert re.search(r" stand idle[;)]", first.text)
    assert refused.fix.startswith(first.text)
    assert sum(path.endswith(".pool") and value != "full" for path, value in first.write) == moved
    assert {path.rpartition(".")[2] for path, _ in first.write} <= {"pool", "gpus"}
    after = planned(follow(stack, as_mapping(first.write)))
    assert not broken(after)
    assert {each: model.replicas for each, model in after.models.items()} == {
        each: model.replicas for each, model in planned(stack).models.items()
    }


@pytest.mark.parametrize(("models", "paused"), [("abcd", 1), ("abcde", 2)])
def test_an_idle_pool_that_is_too_small_for_all_leaves_less_to_pause(models: str, paused: int) -> None:
    pools = {"full": own("L40S", 1, 4), "idle": own("A40", 1)}
    stack = {**BASE, "gpuPools": pools, "models": {name: {**LARGE, "pool": "full"} for name in models}}
    (refused,) = [each for each in planned(stack).violations if each.rule == "GPUs at peak"]
    first = refused.advice[0]
    assert "2 GPUs of idle stand idle" in first.text
    assert [value for _, value in first.write].count("idle") == 1
    assert sum(path.endswith(".paused") for path, _ in first.write) == paused
    assert not broken(planned(follow(stack, as_mapping(first.write))))


def test_a_move_leaves_a_rollout_its_room() -> None:
    rolling = {**LARGE, "rollout": {"strategy": "rolling"}}
    pools = {"full": own("L40S", 1, 4), "used": own("A40", 3)}
    there = {**rolling, "pool": "used"}
    stack = {**BASE, "gpuPools": pools, "models": {name: {**LARGE, "pool": "full"} for name in "abc"} | {"u": there}}
    (refused,) = [each for each in planned(stack).violations if each.rule == "GPUs at peak"]
    first = refused.advice[0]
    assert [value for _, value in first.write].count("used") == 1
    after = planned(follow(stack, as_mapping(first.write)))
    assert not broken(after)
    assert after.models["u"].rollout.strategy == "rolling"
    full = follow(stack, {"models.u.replicas": 2})
    (refused,) = [each for each in planned(full).violations if each.rule == "GPUs at peak"]
    assert "stand idle" not in refused.fix


@pytest.mark.parametrize(
    ("pools", "models"),
    [
        ({"full": own("A100-80", 1)}, {"a": LARGE, "b": LARGE}),
        ({"full": own("A100-80", 1), "tiny": own("T4", 1, 1)}, {"a": LARGE, "b": LARGE}),
        ({"full": own("A100-80", 1), "used": own("L40S", 1)}, {"a": LARGE, "b": LARGE, "c": {**LARGE, "pool": "used"}}),
    ],
    ids=["no other pool", "one that is too small", "one that is full"],
)
def test_no_pool_is_named_that_has_no_place(pools: dict[str, Any], models: dict[str, Any]) -> None:
    stack = {**BASE, "gpuPools": pools, "models": {name: {"pool": "full", **model} for name, model in models.items()}}
    (refused,) = [each for each in planned(stack).violations if each.rule == "GPUs at peak"]
    assert "stand idle" not in refused.fix


def test_on_the_same_card_a_model_keeps_the_gpus_that_were_asked_for() -> None:
    pools = {"full": own("L40S", 1, 4), "idle": own("L40S", 1, 4)}
    models = {name: {**LARGE, "gpus": 4, "pool": "full"} for name in ("a", "b")}
    stack = {**BASE, "gpuPools": pools, "models": models}
    (refused,) = [each for each in planned(stack).violations if each.rule == "GPUs at peak"]
    first = refused.advice[0]
    assert dict(first.write) == {"models.a.pool": "idle"}
    after = planned(follow(stack, as_mapping(first.write)))
    assert not broken(after)
    assert after.models["a"].gpus == 4


FOUR = {**LARGE, "gpus": 4}
# Nodes of each pool, replicas, and the pool that is chosen for a model alone.
ALONE = {
    "the first has room": (1, 3, 1, "a"),
    "the first is too small, and the other one isn't": (1, 3, 2, "b"),
    "both are too small": (1, 1, 2, "a"),
}


@pytest.mark.parametrize("name", ALONE)
def test_a_model_is_placed_where_all_its_replicas_have_room(name: str) -> None:
    """By itself: whatever else runs there changes nothing."""
    first, other, replicas, chosen = ALONE[name]
    pools = {"a": own("L40S", first, 4), "b": own("L40S", other, 4)}
    plan = planned({**BASE, "gpuPools": pools, "models": {"m": {**FOUR, "replicas": replicas}}})
    assert plan.models["m"].pool == chosen
    assert ("(a is too small for 2 replicas)" in plan.models["m"].reasons[0]) is (chosen == "b")
    assert bool(broken(plan)) is (name == "both are too small")


@pytest.mark.parametrize("beside", [{}, {"aa": {**LARGE, "pool": "a"}}])
def test_another_model_moves_none(beside: dict[str, Any]) -> None:
    pools = {"a": own("L40S", 1, 4), "b": own("L40S", 1, 4)}
    assert planned({**BASE, "gpuPools": pools, "models": {"m": FOUR, **beside}}).models["m"].pool == "a"
