"""What is guarded, under which name, and the advice that is shown."""

import pytest

from infra.clouds.aws.diff.refusals import refused_in_place
from infra.diff.advice import advice
from infra.diff.difference import compare
from infra.diff.guard import Guarded
from infra.sides.types import ResourceChanges, Side
from tests.diff.sides import Edit, compared, side

NOTHING_ELSE = ResourceChanges({}, {}, {}, {}, {}, {}, {})
SIZE = ("g6.2xlarge", "g6.4xlarge")
T4 = "          t4: {instanceTypes: [g4dn.xlarge]}\n"
CASES: dict[str, tuple[str, tuple[Edit, ...], set[tuple[str, str]]]] = {
    "a node group that serves": ("many", (SIZE,), {("l4", "replace")}),
    "one that serves nothing": (
        "asleep",
        (("models:", "gpuPools: {l4: {instanceTypes: [g6.xlarge]}}\n        models:"),),
        set(),
    ),
    "a pool less": ("many", ((T4, ""), ("pool: t4", "pool: l4")), {("t4", "remove")}),
    "another network": (
        "many",
        (("version:", "network: {cidr: 10.99.0.0/16}\n            version:"),),
        {("network", "replace")},
    ),
    "another cache": (
        "many",
        (("cache: {kind: efs}", "cache: {kind: storageClass, storageClass: x, size: 500Gi}"),),
        {("cache", "remove"), ("cache", "replace")},
    ),
    "more of it": ("shared", (("200Gi", "300Gi"),), set()),
    "replicas": ("many", (("max: 5", "max: 6"),), set()),
}


def names(found: list[Guarded]) -> set[tuple[str, str]]:
    return {(each.name, each.act) for each in found}


@pytest.mark.parametrize(("stack", "edits", "guards"), CASES.values(), ids=CASES)
def test_what_is_guarded_fails_unless_it_is_allowed(
    stack: str, edits: tuple[Edit, ...], guards: set[tuple[str, str]]
) -> None:
    found = compared(stack, *edits)
    assert guards <= names(found.refused)
    assert bool(found.refused) is bool(guards) is found.fails


def test_allow_lets_it_through_by_its_name() -> None:
    allowed = compared("many", SIZE, ("protect: true", "protect: true\n        allow: {replace: [l4]}"))
    assert names(list(allowed.guarded)) == {("l4", "replace")}
    assert allowed.refused == []
    assert not allowed.fails


def test_a_stack_that_is_gone_is_all_guarded() -> None:
    found = compare("many", side("many"), Side())
    assert {("cluster", "remove"), ("network", "remove"), ("cache", "remove"), ("l4", "remove")} <= names(found.refused)
    assert found.fails


def test_the_budget_fails_it() -> None:
    assert compared("many", ("40000", "100")).fails


def test_without_a_gap_a_pool_is_put_beside_the_old_one() -> None:
    found = compared("many", ("g6.2xlarge", "g6.xlarge"))
    (way,) = advice(found.old, found.new, found.refused, found.notices)
    assert "`l4-1: {instanceTypes: [g6.xlarge]}`" in way
    assert "`models.llama-8b.pool: l4-1`" in way
    assert "`allow: {remove: [l4]}`" in way


def test_where_users_notice_no_gap_the_way_is_to_allow_it() -> None:
    found = compared("many", ("g6.2xlarge", "g6e.2xlarge"))
    (way,) = advice(found.old, found.new, found.refused, found.notices)
    assert "no gap" in way
    assert "`allow: {replace: [l4]}`" in way


@pytest.mark.parametrize(
    ("old", "new", "advised"), [("1.36", "1.35", True), ("1.35", "1.36", False), ("1.9", "1.10", False)]
)
def test_an_older_kubernetes_is_said_to_be_refused(old: str, new: str, advised: bool) -> None:
    found = advice(_of_version(old), _of_version(new), [], [])
    assert any("older `cluster.create.version`" in each for each in found) is advised


@pytest.mark.parametrize(("old", "new", "first"), [("1.34", "1.36", "1.35"), ("1.9", "1.12", "1.10")])
def test_a_minor_version_of_kubernetes_that_is_skipped_is_refused(old: str, new: str, first: str) -> None:
    ((path, message, fix),) = refused_in_place(_of_version(old), _of_version(new), NOTHING_ELSE)
    assert (path, message) == (
        "cluster.create.version",
        f"EKS upgrades one minor version at a time: {new}, was {old}",
    )
    assert f'version: "{first}" first' in fix


@pytest.mark.parametrize(("old", "new"), [("1.34", "1.35"), ("1.35", "1.35"), ("1.36", "1.34")])
def test_the_next_minor_version_is_not_refused(old: str, new: str) -> None:
    assert list(refused_in_place(_of_version(old), _of_version(new), NOTHING_ELSE)) == []


def _of_version(version: str) -> Side:
    cluster = {"type": "aws:eks/cluster:Cluster", "name": "cluster-eks", "inputs": {"version": version}}
    return Side({"resources": [cluster]})
