"""What a reviewer is shown for each typical change: resources, traffic, money, guards."""

from collections.abc import Iterable
from fnmatch import fnmatchcase

import pytest

from infra.cli.diff.verdict import headline, mark
from infra.cli.document.marked import markdown
from infra.diff.difference import Difference, compare
from infra.diff.traffic import noticed
from infra.sides.types import Side, name_of
from tests.diff.changes import CHANGES
from tests.diff.stacks import base, edited, side


@pytest.mark.parametrize("name", CHANGES)
def test_the_reviewer_is_shown_the_change(name: str) -> None:
    case = CHANGES[name]
    difference = compare(case.stack, base(case.stack), side(case.stack, edited(case.stack, case.edit)))
    same_names(difference.resources.added, case.added)
    same_names(difference.resources.removed, case.removed)
    same_names(difference.resources.changed, case.changed)
    same_names(difference.resources.replaced, case.replaced)
    because = {name_of(urn): paths for urn, paths in difference.resources.because.items()}
    assert {name: path for name, path in case.because.items() if path not in because[name]} == {}
    assert difference.resources.unsure == {}
    assert {each.model: each.event for each in difference.notices if noticed(each)} == case.traffic
    assert case.says in said(difference)
    assert {each.name for each in difference.refused} == set(case.guarded.split())
    assert money(difference) == case.money
    assert difference.fails is case.fails
    assert fnmatchcase(f"{mark(difference)} {markdown(headline(difference))}", case.title)


def same_names(urns: Iterable[str], wanted: str) -> None:
    """Exactly the expected resources are there."""
    names, patterns = {name_of(urn) for urn in urns}, wanted.split()
    assert {name for name in names if not any(fnmatchcase(name, each) for each in patterns)} == set()
    assert {each for each in patterns if not any(fnmatchcase(name, each) for name in names)} == set()


def said(difference: Difference) -> str:
    """What the reviewer reads of traffic and broken rules."""
    notices = [text for each in difference.notices for text in (each.during, *each.afterwards)]
    notices += [text for each in difference.services for text in (each.during, each.afterwards)]
    return "\n".join([*notices, *(each["message"] for each in difference.violations.introduced)])


def money(difference: Difference) -> str:
    """Of the maximum per month."""
    cost = difference.cost["usd_per_month_max"]
    return "more" if cost.new > cost.old else "less" if cost.new < cost.old else "the same"


def test_nothing_is_shown_without_a_change() -> None:
    for stack in sorted({case.stack for case in CHANGES.values()}):
        assert not compare(stack, base(stack), side(stack, edited(stack, {})))


def test_a_stack_that_is_new_is_all_added() -> None:
    difference = compare("cloud", Side(), base("cloud"))
    assert set(difference.resources.added) == {each["urn"] for each in base("cloud").resources}
    assert {each.event for each in difference.notices} == {"new"}
    assert money(difference) == "more"
    assert not difference.fails


def test_a_stack_that_goes_is_all_removed_and_guarded() -> None:
    difference = compare("cloud", base("cloud"), Side())
    assert set(difference.resources.removed) == {each["urn"] for each in base("cloud").resources}
    assert {each.event for each in difference.notices} == {"removed"}
    guarded = {each.name for each in difference.refused}
    assert guarded == {"cluster", "network", "cache", "kubernetes", "systemNodes", "l4", "l40s"}
    assert money(difference) == "less"
    assert difference.fails


def test_a_first_gateway_says_the_urls_that_it_brings() -> None:
    notices = compare("own", side("own", edited("own", {"gateway": None})), base("own")).notices
    said = [each for notice in notices for each in notice.afterwards]
    assert "reached from outside the cluster too: https://llm.example.com/v1" in said


def test_another_repository_brings_its_own_shape() -> None:
    tuned = {"model": "acme/qwen3-8b-tuned", "like": "Qwen/Qwen3-8B", "maxModelLen": 8192}
    (notice,) = (
        each
        for each in compare("own", side("own", edited("own", {"models.chat": tuned})), base("own")).notices
        if each.model == "chat"
    )
    assert notice.afterwards[0] == "another model answers: Qwen/Qwen3-8B, was acme/qwen3-8b-tuned"
    assert not any("shape like" in each for each in notice.afterwards)
