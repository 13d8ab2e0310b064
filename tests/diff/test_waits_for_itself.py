"""A rollout that starts the new pod first hangs where the model's own old pods fill the nodes: a reviewer reads it, and
what is proposed is free of it."""

from itertools import pairwise
from typing import Any

import pytest

from infra.cli.diff.verdict import headline, mark
from infra.cli.document.marked import markdown
from infra.diff.difference import compare
from tests.diff.stacks import edited, side
from tests.diff.test_waits_in_vain import NODES, RECREATE, SLEEPS, SMALL, Models, changed, how, said, stack, waiting

EIGHT, FOUR, TWO = ({**SMALL, "gpus": gpus} for gpus in (8, 4, 2))
PAIR = {"replicas": 2}
FIRST_ENDS = "`models.{}.rollout.strategy: recreate` for this change"
PAUSED = "`models.{}.paused: true` in a first change, and this change in a second one"

# By what is changed, on nodes of 8 GPUs: their number, models before and after, who waits, and what is to be written.
WAITS: dict[str, tuple[int, Models, Models, set[str], str]] = {
    "half the GPUs of a full node": (1, {"chat": EIGHT}, {"chat": FOUR}, {"chat"}, FIRST_ENDS),
    "beside a model that stays": (1, {"chat": FOUR, "mid": FOUR}, {"chat": TWO, "mid": FOUR}, {"chat"}, FIRST_ENDS),
    "two models at once": (1, {"chat": FOUR, "mid": FOUR}, {"chat": TWO, "mid": TWO}, {"chat", "mid"}, FIRST_ENDS),
    "a replica on each node": (2, {"chat": {**EIGHT, **PAIR}}, {"chat": {**FOUR, **PAIR}}, {"chat"}, FIRST_ENDS),
    "the only old pod, and another replica": (1, {"chat": EIGHT}, {"chat": {**FOUR, **PAIR}}, {"chat"}, PAUSED),
}
# Whose new pod has GPUs in time.
DONE: dict[str, tuple[int, Models, Models]] = {
    "the old pod ends first": (1, {"chat": EIGHT}, {"chat": {**FOUR, **RECREATE}}),
    "a node is free": (2, {"chat": EIGHT}, {"chat": FOUR}),
    "half of the node is free": (1, {"chat": FOUR}, {"chat": TWO}),
    "one of two replicas ends": (1, {"chat": {**FOUR, **PAIR}}, {"chat": TWO}),
    "nothing restarts": (1, {"chat": {**FOUR, **PAIR}}, {"chat": FOUR}),
}


def own(nodes: int) -> dict[str, Any]:
    return {"h200": {"existing": {**NODES, "nodes": nodes}}}


@pytest.mark.parametrize(("nodes", "before", "after", "names", "says"), WAITS.values(), ids=WAITS)
def test_a_rollout_that_its_own_old_pods_stop_is_said(
    nodes: int, before: Models, after: Models, names: set[str], says: str
) -> None:
    difference = changed(before, after, own(nodes))
    assert difference.new.plan["violations"] == []
    assert waiting(difference) == names
    assert mark(difference) == "⚠️"
    assert "in vain for GPUs of" in markdown(headline(difference))
    for name in names:
        assert "its own old pods hold" in said(difference, name)
        assert "its old pods answer meanwhile" in said(difference, name)
        assert f"`{name}` holds GPUs that its own new pod waits for: {says.format(name)}" in how(difference)


@pytest.mark.parametrize(("nodes", "before", "after"), DONE.values(), ids=DONE)
def test_a_rollout_with_room_waits_for_nothing(nodes: int, before: Models, after: Models) -> None:
    difference = changed(before, after, own(nodes))
    assert [each.model for each in difference.notices if each.waits is not None] == []


@pytest.mark.parametrize(("nodes", "before", "after", "names", "says"), WAITS.values(), ids=WAITS)
def test_what_it_proposes_waits_for_nothing(
    nodes: int, before: Models, after: Models, names: set[str], says: str
) -> None:
    steps = [before, {name: {**model, **(RECREATE if name in names else {})} for name, model in after.items()}]
    if says == PAUSED:
        steps = [before, {name: {**model, "paused": name in names} for name, model in before.items()}, after]
    for was, then in pairwise(steps):
        difference = changed(was, then, own(nodes))
        assert difference.new.plan["violations"] == []
        assert [each.model for each in difference.notices if each.waits is not None] == []


def test_a_model_that_sleeps_is_in_its_own_way_only_while_it_is_awake() -> None:
    difference = changed({"chat": {**EIGHT, **SLEEPS}}, {"chat": {**FOUR, **SLEEPS}})
    assert waiting(difference) == set()
    assert "its own old pods hold" in said(difference, "chat")


@pytest.mark.parametrize(
    ("highest", "own_way"),
    [((3, 2), True), ((4, 2), True), ((3, 3), False), ((3, 1), False)],
)
def test_a_scaler_gets_its_lower_maximum_only_once_the_rollout_is_done(highest: tuple[int, int], own_way: bool) -> None:
    """So more replicas may run while it rolls, beside which the new pod has to find a node. On nodes for one each; with
    the maximum on all of them, the old pod ends first; without a scaler the Deployment itself has the number."""
    before, after = ({"chat": {**EIGHT, "replicas": {"min": 1, "max": each}}} for each in highest)
    after["chat"] |= {"maxModelLen": 4096}
    difference = changed(before, after, own(highest[0]))
    assert waiting(difference) == set(), "with the minimum of replicas it has a node"
    assert ("its own old pods hold" in said(difference, "chat")) == own_way


def test_a_new_model_waits_for_one_that_is_in_its_own_way() -> None:
    difference = changed({"chat": EIGHT}, {"chat": TWO, "new": FOUR})
    assert waiting(difference) == {"chat", "new"}
    assert "`chat` holds GPUs that its own new pod, `new` wait for" in how(difference)


def test_other_nodes_have_room() -> None:
    others = {"h200": {"existing": {**NODES, "nodes": 1, "selector": {"gpu": "others"}}}}
    difference = compare("stack", stack({"chat": EIGHT}, own(1)), stack({"chat": FOUR}, others))
    assert waiting(difference) == set()


def test_a_model_of_which_no_pod_restarts_answers_all_the_time() -> None:
    before = {"chat": {**FOUR, **RECREATE}, "old": FOUR}
    difference = changed(before, {"chat": {**FOUR, **RECREATE, **PAIR}})
    assert waiting(difference) == {"chat"}
    assert "its old pods answer meanwhile" in said(difference, "chat")
    assert "down for a while" not in markdown(headline(difference))


def test_a_rollout_without_the_gap_is_not_proposed_where_it_would_wait_for_itself() -> None:
    pool = {"instanceTypes": ["g6e.12xlarge"], "max": 1}
    code = {"model": "Qwen/Qwen3-14B", "pool": "l40s", "maxModelLen": 16384, **RECREATE}
    edits = ({"gpuPools.l40s": pool, "models.code": {**code, "gpus": gpus}} for gpus in (4, 2))
    before, after = (side("cloud", edited("cloud", each)) for each in edits)
    difference = compare("cloud", before, after)
    assert "code" in [each.model for each in difference.notices if each.event == "outage"]
    assert "rollout.strategy: rolling" not in how(difference)


def test_a_larger_pod_that_may_find_no_node_beside_pods_that_stay_is_in_the_first_line_and_in_its_row() -> None:
    """Kubernetes may keep the others on two nodes, which the base's plan has on one."""
    others = {"apps": FOUR, "bots": FOUR}
    half, whole = ({"chat": {**each, **RECREATE}, **others} for each in (FOUR, EIGHT))
    difference = changed(half, whole, own(2))
    assert "it isn't certain that `chat` finds a node" in markdown(headline(difference))
    assert said(difference, "chat").endswith("and waits until a node has 8 GPUs free, which isn't certain")
    longer = {name: {**model, "maxModelLen": 4096} for name, model in whole.items()}
    assert "finds a node" not in headline(changed(whole, longer, own(2)))
