"""A setting that says what held already is no change of the platform, and the diff says so."""

from typing import Any

import pytest

from infra.cli.diff.tables import settings, settings_title
from infra.cli.diff.verdict import headline
from infra.diff.difference import Difference, compare, document
from infra.diff.no_effect import CHOSEN, DEFAULT, NOTHING_FOLLOWS
from tests.diff.stacks import base, edited, side

NONE = "no effect on the platform"


def changed(edit: dict[str, Any]) -> Difference:
    return compare("cloud", base("cloud"), side("cloud", edited("cloud", edit)))


# By what is typed or taken away: which path has no effect, and why.
WITHOUT: dict[str, tuple[dict[str, Any], str, str]] = {
    "a default": ({"gateway.timeoutSeconds": 300}, "gateway.timeoutSeconds", DEFAULT),
    "a default that is taken away": ({"models.chat.replicas": {"max": 3}}, "models.chat.replicas.min", DEFAULT),
    "what the program chose": ({"gpuPools.l4.max": 4}, "gpuPools.l4.max", CHOSEN),
    "another way to write it": ({"models.code.replicas": 1}, "models.code.replicas", NOTHING_FOLLOWS),
    "a new section with a default": ({"namespace": {"create": True}}, "namespace.create", NOTHING_FOLLOWS),
}


@pytest.mark.parametrize("what", WITHOUT)
def test_what_held_already_has_no_effect(what: str) -> None:
    edit, path, why = WITHOUT[what]
    found = changed(edit)
    assert found.without_effect == {path: why}
    assert headline(found).startswith(f"cloud: {NONE}; ")
    assert settings_title(found) == "1 setting changed, without effect"
    assert [row[0].endswith(f" (no effect: {why})") for row in settings(found)] == [True]
    assert document(found, None, {})["without_effect"] == {path: why}


@pytest.mark.parametrize(
    "edit",
    [{"gateway.timeoutSeconds": 301}, {"gpuPools.l4.max": 5}, {"budget.usdPerMonth": 19999}, {"tags.team": "mi"}],
)
def test_what_changes_something_or_is_compared_with_the_bill_has_an_effect(edit: dict[str, Any]) -> None:
    found = changed(edit)
    assert not found.without_effect
    assert NONE not in headline(found)


def test_what_is_known_of_nodes_that_others_make_is_no_setting_without_effect() -> None:
    """Only the plan's pools differ: the program makes neither these nodes nor a bill of them."""
    more = side("own", edited("own", {"gpuPools.gpu.existing.gpusPerNode": 2}))
    found = compare("own", base("own"), more)
    assert not found.without_effect
    assert NONE not in headline(found)


def test_what_a_model_is_judged_by_is_no_setting_without_effect() -> None:
    one, two = (side("cloud", edited("cloud", {"models.code.concurrency": number})) for number in (1, 2))
    found = compare("cloud", one, two)
    assert not found.has_effect
    assert not found.without_effect


def test_beside_a_change_each_one_without_effect_says_so() -> None:
    found = changed({"gateway.timeoutSeconds": 300, "models.chat.replicas.max": 2})
    assert found.without_effect == {"gateway.timeoutSeconds": DEFAULT}
    assert NONE not in headline(found)
    assert settings_title(found).startswith("2 settings changed, 1 of them without effect, and with them ")


def test_a_new_stack_has_no_setting_without_effect() -> None:
    assert not compare("cloud", type(base("cloud"))(), base("cloud")).without_effect
