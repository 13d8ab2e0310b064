"""Kubernetes moves no pod that runs: a new pod that finds no node beside pods of other models waits in vain. A reviewer
reads it, and which replicas to give up until it is there; what is proposed is free of it."""

from itertools import pairwise
from typing import Any

import pytest

from infra.cli.diff.verdict import headline, mark
from infra.cli.document.marked import markdown
from infra.diff.difference import Difference, compare
from tests.diff.test_waits_for_itself import EIGHT, FOUR, PAIR, own
from tests.diff.test_waits_in_vain import NEXT, NODES, RECREATE, SHORTER, Models, changed, how, said, stack

WHOLE, MID = {**EIGHT, **RECREATE}, {**FOUR, **PAIR}
FULL = {"chat": MID, "mid": MID}
UNSURE = "waits until a node has 8 GPUs free, which isn't certain"
ONE, PAUSED = {"replicas": 1}, {"paused": True}

# By what is changed: nodes of 8 GPUs, models before and after, who finds no node beside `mid`, what is to be written
# until the second change, and what that is of the stack file.
WAITS: dict[str, tuple[int, Models, Models, str, str, Models]] = {
    "more GPUs per replica": (
        2,
        FULL,
        {"chat": WHOLE, "mid": MID},
        "chat",
        "`models.mid.replicas: 1`, with which nodes are free wherever those pods are, and take that back in a second"
        " change; until then `mid` has 1 of 2 replicas",
        {"mid": ONE},
    ),
    "a model more": (
        2,
        {"mid": MID},
        {"mid": MID, "new": EIGHT},
        "new",
        "`models.mid.replicas: 1`",
        {"mid": ONE},
    ),
    "a paused model starts": (
        2,
        {"chat": {**EIGHT, **PAUSED}, "mid": MID},
        {"chat": EIGHT, "mid": MID},
        "chat",
        "`models.mid.replicas: 1`",
        {"mid": ONE},
    ),
    "more replicas": (
        3,
        {"chat": {**WHOLE, **ONE}, "mid": MID},
        {"chat": {**WHOLE, **PAIR}, "mid": MID},
        "chat",
        "`models.mid.replicas: 1`",
        {"mid": ONE},
    ),
    "a model of one replica": (
        2,
        {**FULL, "mid": FOUR, "other": FOUR},
        {"chat": WHOLE, "mid": FOUR, "other": FOUR},
        "chat",
        "`models.mid.paused: true`, with which nodes are free wherever those pods are, and take that back in a second"
        " change; until then no pod of `mid` runs",
        {"mid": PAUSED},
    ),
}
# Whose new pod finds a node where the base's plan has the others, or nobody can tell.
DONE: dict[str, tuple[int, Models, Models]] = {
    "the others are on one node": (2, {"mid": FOUR, "other": FOUR}, {"mid": FOUR, "other": FOUR, "new": EIGHT}),
    "pods of the other end too": (2, FULL, {"chat": WHOLE, "mid": {**MID, **RECREATE, **SHORTER}}),
    "the other has fewer replicas": (2, FULL, {"chat": WHOLE, "mid": FOUR}),
    "a node is free": (3, FULL, {"chat": WHOLE, "mid": MID}),
}


def beside(difference: Difference) -> dict[str, tuple[str, ...]]:
    found = ((each.model, each.waits) for each in difference.notices)
    return {name: wait.beside for name, wait in found if wait is not None}


@pytest.mark.parametrize(("nodes", "before", "after", "name", "says", "until"), WAITS.values(), ids=WAITS)
def test_a_pod_that_finds_no_node_is_said_with_what_to_write(
    nodes: int, before: Models, after: Models, name: str, says: str, until: Models
) -> None:
    difference = changed(before, after, own(nodes))
    assert difference.new.plan["violations"] == []
    assert beside(difference).keys() == {name}
    assert mark(difference) == "⚠️"
    assert f"where the base's plan has the pods, `{name}` finds no node" in markdown(headline(difference))
    assert "isn't certain" not in headline(difference)
    assert "no node of h200 has enough free GPUs for its new pod beside those of mid" in said(difference, name)
    assert f"`{name}` finds no node where the pods of others stay: with this change write {says}" in how(difference)


@pytest.mark.parametrize(("nodes", "before", "after", "name", "says", "until"), WAITS.values(), ids=WAITS)
def test_what_it_proposes_waits_for_nothing(
    nodes: int, before: Models, after: Models, name: str, says: str, until: Models
) -> None:
    between = {each: {**model, **until.get(each, {})} for each, model in after.items()}
    for was, then in pairwise([before, between, after]):
        difference = changed(was, then, own(nodes))
        assert difference.new.plan["violations"] == []
        assert beside(difference) == {}
        assert "isn't certain" not in headline(difference)


@pytest.mark.parametrize(("nodes", "before", "after"), DONE.values(), ids=DONE)
def test_a_pod_with_a_node_waits_for_nothing(nodes: int, before: Models, after: Models) -> None:
    assert beside(changed(before, after, own(nodes))) == {}


def test_a_new_model_that_may_find_no_node_is_not_said_to_answer_after_some_minutes() -> None:
    _, before, after = DONE["the others are on one node"]
    difference = changed(before, after, own(2))
    assert said(difference, "new").startswith("first answers after about")
    assert said(difference, "new").endswith(UNSURE)
    assert "it isn't certain that `new` finds a node" in markdown(headline(difference))


def test_the_first_line_says_it_of_a_second_replica_too_and_not_of_a_pod_that_runs() -> None:
    others: Models = {"mid": FOUR, "other": FOUR}
    one, two = {"chat": {**WHOLE, **ONE}, **others}, {"chat": {**WHOLE, **PAIR}, **others}
    assert "it isn't certain that `chat` finds a node" in markdown(headline(changed(one, two, own(3))))
    alone = {"chat": {**WHOLE, **PAIR}, "mid": FOUR}
    assert "finds a node" not in headline(changed(alone, two, own(3)))


@pytest.mark.parametrize(
    ("pool", "others"),
    [
        ({**NODES, "nodes": 2, "selector": {"gpu": "others"}}, {}),
        ({**NODES, "nodes": 3}, {}),
        ({**NODES, "nodes": 2}, {"cluster": {"existing": {"context": "another"}}}),
    ],
    ids=["other nodes", "one more", "another cluster"],
)
def test_other_nodes_have_room(pool: dict[str, Any], others: dict[str, Any]) -> None:
    after = stack({"mid": MID, "new": EIGHT}, {"h200": {"existing": pool}}, **others)
    assert beside(compare("stack", stack({"mid": MID}, own(2)), after)) == {}


def test_a_model_that_has_a_next_version_is_not_to_have_fewer_replicas() -> None:
    mid = {**FOUR, **NEXT}
    difference = changed({"chat": MID, "mid": mid}, {"chat": WHOLE, "mid": mid}, own(2))
    assert beside(difference).keys() == {"chat"}
    assert "with this change write" not in how(difference)


def test_pods_that_go_and_pods_that_stay_may_both_be_in_the_way() -> None:
    difference = changed({"mid": MID, "old": MID}, {"mid": MID, "new": EIGHT}, own(2))
    assert beside(difference) == {"new": ("mid",)}
    assert "in vain for GPUs of old pods" in headline(difference)
    assert "keep `models.old` with `paused: true` in this change" in how(difference)
    assert "with this change write `models.mid.replicas: 1`" in how(difference)
    old = {**MID, **PAUSED}
    between = {"mid": {**MID, **ONE}, "new": EIGHT, "old": old}
    for was, then in pairwise([{"mid": MID, "old": MID}, between, {"mid": MID, "new": EIGHT}]):
        assert beside(changed(was, then, own(2))) == {}
