"""On nodes that can't become more, `pulumi up` waits in vain where old pods hold the GPUs of new ones: a reviewer reads
it, and how to make the change in two. What is proposed is then free of it."""

import json
from copy import deepcopy
from typing import Any

import pytest

from infra.cli.diff.verdict import headline, mark
from infra.cli.document.marked import markdown
from infra.diff.advice import advice
from infra.diff.difference import Difference, compare
from infra.sides.types import Side
from tests.diff.stacks import PLATFORM, edited, side

SMALL = {"model": "Qwen/Qwen3-8B", "gpus": 4, "maxModelLen": 8192}
ROLLING, RECREATE = {"rollout": {"strategy": "rolling"}}, {"rollout": {"strategy": "recreate"}}
NEXT = {"rollout": {"strategy": "blueGreen"}, "next": {"maxModelLen": 4096}}
SLEEPS = {"replicas": {"min": 0, "max": 1}}
SHORTER = {"maxModelLen": 4096}
NODES = {"gpu": "H200", "gpusPerNode": 8, "selector": {"gpu": "h200"}}
Models = dict[str, dict[str, Any]]

FULL = {"chat": {**SMALL, **RECREATE}, "old": SMALL}
FIRST, SECOND = {"pool": "a"}, {"pool": "b"}

# By what is changed: models before and after, who waits, and what is to be written.
WAITS: dict[str, tuple[Models, Models, set[str], str]] = {
    "one model for another": (
        FULL,
        {"chat": FULL["chat"], "new": SMALL},
        {"new"},
        "keep `models.old` with `paused: true` in this change, and remove it in a second one",
    ),
    "another name and other weights": (
        {"chat": {**SMALL, "gpus": 8}},
        {"mid": {**SMALL, "gpus": 8, "model": "Qwen/Qwen3-14B"}},
        {"mid"},
        "keep `models.chat` with `paused: true`",
    ),
    "a model is gone, and another rolls": (
        FULL,
        {"chat": {**SMALL, **ROLLING, **SHORTER}},
        {"chat"},
        "`old` holds GPUs that `chat` waits for: keep `models.old` with `paused: true`",
    ),
    "a next version is gone, and its model rolls": (
        {"chat": {**SMALL, **NEXT}},
        {"chat": {**SMALL, **ROLLING, **SHORTER}},
        {"chat"},
        "end it first, with `llm-platform promote stack chat` or `llm-platform rollback stack chat`",
    ),
    "more GPUs per replica": (
        FULL,
        {"chat": {**SMALL, **RECREATE, "gpus": 8}},
        {"chat"},
        "keep `models.old` with `paused: true`",
    ),
    "a paused model starts in place of one that is gone": (
        {"chat": {**SMALL, "gpus": 8, "paused": True}, "old": {**SMALL, "gpus": 8}},
        {"chat": {**SMALL, "gpus": 8}},
        {"chat"},
        "keep `models.old` with `paused: true`",
    ),
    "more replicas": (
        FULL,
        {"chat": {**SMALL, **RECREATE, "replicas": 2}},
        {"chat"},
        "keep `models.old` with `paused: true`",
    ),
}
# Changes that are made in one.
DONE: dict[str, tuple[Models, Models]] = {
    "the old pod first": (FULL, {"chat": {**FULL["chat"], **SHORTER}}),
    "the old model is paused": (FULL, {**FULL, "old": {**SMALL, "paused": True}, "new": SMALL}),
    "a paused model is gone": (
        {"chat": FULL["chat"], "old": {**SMALL, "paused": True}},
        {"chat": FULL["chat"], "new": SMALL},
    ),
    "a model is gone, and nothing is new": (FULL, {"chat": FULL["chat"]}),
    "there are free GPUs": (
        {"chat": {**SMALL, "gpus": 2}, "old": {**SMALL, "gpus": 2}},
        {"chat": {**SMALL, "gpus": 2}, "new": SMALL},
    ),
}


def stack(models: Models, pools: dict[str, Any] | None = None, **others: Any) -> Side:
    one = {"h200": {"existing": {**NODES, "nodes": 1}}}
    platform = {
        "cluster": {"existing": {"context": "dear"}},
        "gpuPools": pools or one,
        "models": deepcopy(models),
        "addons": {"prometheus": "install", "keda": "install"},
        "cache": {"kind": "storageClass", "storageClass": "nfs", "size": "400Gi"},
        **others,
    }
    return side("stack", json.dumps({"config": {PLATFORM: platform}}))


def changed(before: Models, after: Models, pools: dict[str, Any] | None = None) -> Difference:
    return compare("stack", stack(before, pools), stack(after, pools))


def waiting(difference: Difference) -> set[str]:
    return {each.model for each in difference.notices if each.waits is not None and each.waits.certain}


def said(difference: Difference, name: str) -> str:
    return next(each.during for each in difference.notices if each.model == name)


def how(difference: Difference) -> str:
    return " ".join(advice(difference.old, difference.new, difference.refused, difference.notices))


@pytest.mark.parametrize(("before", "after", "names", "says"), WAITS.values(), ids=WAITS)
def test_a_pod_that_waits_in_vain_is_said_with_what_to_write(
    before: Models, after: Models, names: set[str], says: str
) -> None:
    difference = changed(before, after)
    assert difference.new.plan["violations"] == []
    assert waiting(difference) == names
    assert mark(difference) == "⚠️"
    assert "in vain for GPUs of old pods: make two changes" in markdown(headline(difference))
    assert says in how(difference)
    for name in names:
        assert "without a gap" not in said(difference, name)
        assert "first answers after" not in said(difference, name)


@pytest.mark.parametrize(("before", "after"), DONE.values(), ids=DONE)
def test_nothing_waits_where_the_gpus_are_free_in_time(before: Models, after: Models) -> None:
    difference = changed(before, after)
    assert [each.model for each in difference.notices if each.waits is not None] == []


@pytest.mark.parametrize("name", [name for name, case in WAITS.items() if "paused: true" in case[3]])
def test_the_two_changes_that_it_proposes_wait_for_nothing(name: str) -> None:
    before, after, _, _ = WAITS[name]
    (held,) = before.keys() - after.keys()
    between = {**after, held: {**before[held], "paused": True}}
    for difference in (changed(before, between), changed(between, after)):
        assert difference.new.plan["violations"] == []
        assert waiting(difference) == set()


ONE_EACH = {name: {"existing": {**NODES, "nodes": 1, "selector": {"gpu": name}}} for name in "ab"}
WHOLE = {**SMALL, "gpus": 8}


def test_models_that_change_places_do_not_wait_as_their_old_pods_end_first() -> None:
    before = {"chat": {**WHOLE, **FIRST}, "code": {**WHOLE, **SECOND}}
    after = {"chat": {**WHOLE, **SECOND}, "code": {**WHOLE, **FIRST}}
    assert waiting(changed(before, after, ONE_EACH)) == set()


def test_a_model_that_moves_waits_for_what_is_gone_there() -> None:
    before = {"chat": {**WHOLE, **FIRST}, "old": {**WHOLE, **SECOND}}
    difference = changed(before, {"chat": {**WHOLE, **SECOND}}, ONE_EACH)
    assert waiting(difference) == {"chat"}
    assert "keep `models.old` with `paused: true`" in how(difference)
    free = changed({"chat": before["chat"]}, {"chat": {**WHOLE, **SECOND}}, ONE_EACH)
    assert waiting(free) == set()


@pytest.mark.parametrize(
    ("old", "certain"), [({}, True), (SLEEPS, False)], ids=["a model that always runs", "a model that sleeps"]
)
def test_a_model_that_sleeps_holds_its_gpus_only_while_it_is_awake(old: dict[str, Any], certain: bool) -> None:
    difference = changed({**FULL, "old": {**SMALL, **old}}, {"chat": FULL["chat"], "new": SMALL})
    (wait,) = [each.waits for each in difference.notices if each.waits is not None]
    assert (wait.certain, wait.holders) == (certain, ("old",))
    assert ("where each model runs its maximum of replicas" in said(difference, "new")) is not certain


def test_a_model_that_sleeps_waits_for_nothing() -> None:
    difference = changed(FULL, {"chat": FULL["chat"], "new": {**SMALL, **SLEEPS}})
    assert [each.model for each in difference.notices if each.waits is not None] == []


def test_what_answers_meanwhile_is_said() -> None:
    rolls = changed(FULL, {"chat": {**SMALL, **ROLLING, **SHORTER}})
    assert "its old pods answer meanwhile" in said(rolls, "chat")
    ends = changed(FULL, {"chat": {**SMALL, **RECREATE, "gpus": 8}})
    assert "nothing answers meanwhile" in said(ends, "chat")
    assert next(each.event for each in ends.notices if each.model == "chat") == "outage"


@pytest.mark.parametrize(("nodes", "names"), [(1, {"other"}), (2, set()), (None, set())])
def test_a_written_max_is_reached_too(nodes: int | None, names: set[str]) -> None:
    """A max that the program chooses has a node for one rollout."""
    code = {"model": "Qwen/Qwen3-14B", "pool": "l40s", "maxModelLen": 16384, **(RECREATE if nodes == 1 else {})}
    pool = {"instanceTypes": ["g6e.2xlarge"], **({"max": nodes} if nodes else {})}
    before = {"gpuPools.l40s": pool, "models.code": code}
    after = {"gpuPools.l40s": pool, "models.code": None, "models.other": {**code, "maxModelLen": 8192}}
    old, new = (side("cloud", edited("cloud", each)) for each in (before, after))
    assert waiting(compare("cloud", old, new)) == names
