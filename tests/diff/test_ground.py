"""What a change of the system nodes and of the way out means for everybody, as the advice beside it says it."""

from typing import Any

import pytest

from infra.diff.advice import advice
from infra.diff.difference import Difference, compare
from tests.diff.stacks import base, edited, side

SMALL = {"models.small": {"model": "llama3.2:1b", "engine": "ollama", "gpus": 0}}
BIGGER = {"cluster.create.systemNodes.instanceType": "m7i.2xlarge"}
NEWER = {"cluster.create.version": "1.36"}
PER_ZONE = {"cluster.create.network.nat": "perZone"}


def changed(before: dict[str, Any], after: dict[str, Any]) -> Difference:
    old = side("cloud", edited("cloud", before)) if before else base("cloud")
    return compare("cloud", old, side("cloud", edited("cloud", after)))


@pytest.mark.parametrize(
    ("edit", "how", "of_the_model"),
    [
        (BIGGER, "replaced by another group", "may be down for"),
        (NEWER, "replaced one by one", "its nodes are replaced one by one"),
    ],
)
def test_what_is_on_the_system_nodes_is_moved_with_them(edit: dict[str, Any], how: str, of_the_model: str) -> None:
    found = changed(SMALL, SMALL | edit)
    (notice,) = found.services
    assert (notice.service, notice.during.partition(":")[0]) == ("The system nodes", how)
    small = next(each for each in found.notices if each.model == "small")
    assert of_the_model in small.during
    assert "small" in found.restarts


def test_the_advice_and_the_notice_of_system_nodes_agree() -> None:
    found = changed({}, BIGGER)
    (how,) = advice(found.old, found.new, found.refused, found.notices)
    (notice,) = found.services
    assert "run the operators and the gateway" in how
    assert "the gateway's pods move" in notice.during
    assert "each operator is away" in notice.during


def test_more_system_nodes_move_nothing() -> None:
    assert not changed({}, {"cluster.create.systemNodes.count": 3}).services


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        (PER_ZONE, {}, "if use1-az1 fails, no node of any zone pulls an image"),
        ({}, PER_ZONE, "each zone uses its own NAT gateway"),
    ],
)
def test_zones_that_share_a_way_out_or_no_longer_do(before: dict[str, Any], after: dict[str, Any], says: str) -> None:
    (notice,) = changed(before, after).services
    assert notice.service == "The way out"
    assert says in notice.afterwards
    assert "are cut once" in notice.during


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, {"models.chat.replicas.max": 2}),
        ({}, {"cluster.create.network.nat": "one"}),
        ({}, {"cluster.create.network.cidr": "10.50.0.0/16"} | PER_ZONE),
    ],
)
def test_the_way_out_is_only_spoken_of_where_it_changes_and_the_network_stays(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    assert "The way out" not in {each.service for each in changed(before, after).services}
