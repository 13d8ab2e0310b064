"""Changes of the kinds of nodes of a pool: what they make, and what that does to its models and quotas."""

from typing import Any

import pytest

from infra.diff.advice import advice
from infra.diff.difference import Difference, compare
from infra.diff.traffic import noticed
from infra.diff.unmoved import unmoved
from infra.sides.types import name_of, type_of
from tests.diff.stacks import edited, side

RESERVED = {"reservation": "cr-0a1b2c3d4e5f60718", "instances": 2, "zone": "use1-az1"}
GROUP = "aws:eks/nodeGroup:NodeGroup"


def change(before: Any, after: Any) -> Difference:
    was, is_now = (side("cloud", edited("cloud", {"gpuPools.l4.capacity": each})) for each in (before, after))
    return compare("cloud", was, is_now)


def groups(urns: Any) -> set[str]:
    return {name_of(urn) for urn in urns if type_of(urn) == GROUP}


def test_a_step_more_makes_its_own_group_and_swaps_no_nodes() -> None:
    made = change(["spot", "on-demand"], [RESERVED, "spot", "on-demand"])
    assert groups(made.resources.added) == {"l4-nodes-reserved-e5f60718"}
    assert not made.resources.removed
    assert not made.resources.replaced
    assert groups(made.resources.changed) == set()
    assert not [each for each in made.notices if noticed(each) and each.event != "nothing"]
    assert not made.fails


def test_another_order_changes_only_what_the_autoscaler_reads() -> None:
    made = change(["spot", "on-demand"], ["on-demand", "spot"])
    assert {name_of(urn): list(paths) for urn, paths in made.resources.changed.items()} == {
        "addons-cluster-autoscaler": ["values.expanderPriorities"]
    }
    assert not made.resources.added
    assert not made.resources.removed


def test_a_word_becomes_a_list_by_other_groups_which_is_guarded() -> None:
    made = change("spot", ["spot", "on-demand"])
    assert groups(made.resources.removed) == {"l4-nodes"}
    assert [each.name for each in made.refused] == ["l4"]
    (chat,) = [each for each in made.notices if each.model == "chat"]
    assert chat.event == "node group swapped"
    assert not any("no longer spot" in each for each in chat.afterwards)


def test_spot_in_a_list_is_said_without_the_remedy_that_is_there() -> None:
    (chat,) = [each for each in change("on-demand", ["spot", "on-demand"]).notices if each.model == "chat"]
    assert chat.afterwards[0] == "the cloud takes spot nodes away with two minutes' notice"


def test_a_step_less_is_guarded_and_leaves_the_other_groups() -> None:
    made = change([RESERVED, "spot", "on-demand"], ["spot", "on-demand"])
    assert groups(made.resources.removed) == {"l4-nodes-reserved-e5f60718"}
    assert [each.name for each in made.refused] == ["l4"]
    (chat,) = [each for each in made.notices if each.model == "chat"]
    assert "its other node groups stay, but EKS doesn't wait" in chat.during


@pytest.mark.parametrize(
    ("before", "after", "scaler", "to"),
    [
        (
            ["spot", "on-demand"],
            [RESERVED, "spot", "on-demand"],
            "clusterAutoscaler",
            ["reservation cr-0a1b2c3d4e5f60718"],
        ),
        (["on-demand", "spot"], ["spot", "on-demand"], "clusterAutoscaler", ["the spot nodes"]),
        (["spot"], ["spot", "on-demand"], "clusterAutoscaler", []),
        ([RESERVED, "spot"], ["spot"], "clusterAutoscaler", []),
        ("on-demand", ["spot", "on-demand"], "clusterAutoscaler", []),  # all nodes are others then
        ("on-demand", ["spot", "on-demand"], "karpenter", ["the spot nodes"]),
        ("spot", ["spot", "on-demand"], "karpenter", []),
    ],
)
def test_pods_that_run_on_a_later_step_are_moved_by_hand(before: Any, after: Any, scaler: Any, to: list[str]) -> None:
    was, is_now = (
        side("cloud", edited("cloud", {"gpuPools.l4.capacity": each, "cluster.create.nodeScaler": scaler}))
        for each in (before, after)
    )
    found = [each for each in unmoved(was, is_now) if each["path"] == "gpuPools.l4.capacity"]
    assert [each["message"].partition(" by itself")[0] for each in found] == [f"no pod moves to {each}" for each in to]
    asked = compare("cloud", was, is_now).to_do.introduced
    assert all(each in asked for each in found)


@pytest.mark.parametrize(
    ("before", "after", "billed"),
    [
        ([RESERVED, "spot"], ["spot", "on-demand"], True),
        ([RESERVED, "spot"], ["spot", RESERVED], False),
        (["spot"], [RESERVED, "spot"], False),
    ],
)
def test_a_reservation_that_no_pool_asks_for_is_still_billed(before: Any, after: Any, billed: bool) -> None:
    made = change(before, after)
    ways = advice(made.old, made.new, made.refused, made.notices)
    assert (
        any("cancel-capacity-reservation --capacity-reservation-id cr-0a1b2c3d4e5f60718" in w for w in ways) == billed
    )


def test_a_rollout_that_starts_first_is_not_named_where_the_nodes_of_the_old_pod_go() -> None:
    """Followed, the model would be down all the same."""
    rollouts = {"models.chat.rollout": {"strategy": "recreate"}, "allow": {"remove": ["l4"]}}
    was, is_now, restarted = (
        side("cloud", edited("cloud", {**rollouts, "gpuPools.l4.capacity": steps, "models.chat.maxModelLen": length}))
        for steps, length in ((["spot", "on-demand"], 8192), (["on-demand"], 8192), (["spot", "on-demand"], 4096))
    )
    for after, event, ways in ((is_now, "node group swapped", 0), (restarted, "outage", 1)):
        made = compare("cloud", was, after)
        (chat,) = [each for each in made.notices if each.model == "chat"]
        found = [each for each in advice(made.old, made.new, made.refused, made.notices) if "Without a gap" in each]
        assert (chat.event, len(found)) == (event, ways)
