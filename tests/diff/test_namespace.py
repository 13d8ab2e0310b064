"""The models' namespace is given away, or one that exists is wanted."""

from typing import Any

from infra.cli.diff.resource_rows import resources, resources_title
from infra.diff.difference import Difference, compare
from infra.sides.types import type_of
from tests.diff.stacks import edited, side

NAMESPACE = "kubernetes:core/v1:Namespace"
THEIRS = {"namespace.create": False}
LABEL = "pod-security.kubernetes.io/enforce=restricted"


def changed(before: dict[str, Any], after: dict[str, Any]) -> Difference:
    return compare("own", side("own", edited("own", before)), side("own", edited("own", after)))


def test_a_namespace_that_is_given_away_stays_and_nobody_notices() -> None:
    found = changed({}, THEIRS)
    assert [type_of(urn) for urn in found.resources.released] == [NAMESPACE]
    assert {type_of(urn).rpartition(":")[2] for urn in found.resources.removed} == {"Role", "RoleBinding"}
    assert {notice.during for notice in found.notices} == {"nothing"}
    assert not found.fails
    assert resources_title(found).endswith("resources: 2 removed, 1 no longer managed")
    assert resources(found)[-1][-1] == "keep, but no longer manage"


def test_who_gives_the_namespace_away_does_what_the_stack_did_and_no_more() -> None:
    """It exists and has its labels, so nobody creates it or labels it."""
    (to_do,) = changed({}, THEIRS).to_do.introduced
    assert to_do["path"] == "namespace.create"
    assert to_do["message"].startswith("give applications that read the ConfigMap llm-platform a Role")
    assert "`pulumi destroy` leaves it from then on" in to_do["message"]


def test_another_namespace_at_the_same_time_is_a_removal() -> None:
    found = changed({}, THEIRS | {"namespace.name": "other"})
    assert not found.resources.released
    assert any(type_of(urn) == NAMESPACE for urn in found.resources.removed)
    assert found.fails
    assert any(LABEL in each["message"] for each in found.to_do.introduced), "that one isn't the stack's"


def test_a_namespace_that_exists_is_not_taken_over() -> None:
    found = changed(THEIRS, {})
    (refused,) = found.in_place
    assert refused["path"] == "namespace.create"
    assert refused["fix"] == "namespace: {name: diffed, create: false}, as it was"
    assert found.fails
    assert not changed(THEIRS, {"namespace.name": "other"}).in_place, "that one is created"


def test_what_has_no_name_in_kubernetes_is_removed_as_before() -> None:
    pool = {"gpuPools.spare": {"instanceTypes": ["g6.xlarge"], "min": 1}}
    found = compare("cloud", side("cloud", edited("cloud", pool)), side("cloud", edited("cloud", {})))
    assert any("spare" in urn for urn in found.resources.removed)
    assert not found.resources.released
