"""A comment shows only as many fixes as somebody reads, each completely, and says where the others are."""

import pytest

from infra.cli.diff.verdict import reasons
from infra.cli.diff.ways import with_ways
from infra.cli.document.marked import markdown, plain
from infra.diff.difference import compare
from tests.diff.stacks import base, edited, side

SHORT, LONG = "models.a.maxModelLen: 4096 (holds 2)", f"models.a.pool: b and models.c.pool: d ({'x' * 400})"
LONGER = f"models.a.pool: {'y' * 1000} and models.c.pool: d"
# The fixes, the stack whose plan lists all of them, and what the comment shows.
SHOWN = {
    "all that fit": ([SHORT, LONG], "s", f"{SHORT}, or {LONG}"),
    "whole ones": ([SHORT, LONG, LONG, SHORT], "s", f"{SHORT}, or {LONG}, and 2 more: `plan s`"),
    "the first at least": ([LONGER, SHORT], "s", f"{LONGER}, and 1 more: `plan s`"),
    "of a warning that is gone": ([LONG, LONG], None, f"{LONG}, and 1 more"),
    "none": ([], "s", ""),
}


@pytest.mark.parametrize("name", SHOWN)
def test_no_way_is_cut_inside(name: str) -> None:
    ways, stack, shown = SHOWN[name]
    finding = {"advice": [{"text": each, "write": {}} for each in ways]}
    sentence = with_ways(finding, f"it is so. What helps: {', or '.join(ways)}; that is all", stack)
    assert plain(sentence) == f"it is so. What helps: {shown}; that is all".replace("`", "")


def test_a_rule_of_a_change_names_whole_ways() -> None:
    edit = {"models.chat.model": "Qwen/Qwen2.5-Coder-32B-Instruct", "models.chat.revision": None}
    change = compare("cloud", base("cloud"), side("cloud", edited("cloud", edit)))
    sentences = [markdown(text) for _, text in reasons(change)]
    assert any("more: `plan cloud`" in each for each in sentences)
    assert not any("…" in each for each in sentences)


def test_several_node_groups_of_a_pool_are_one_reason() -> None:
    before = edited("cloud", {"gpuPools.l4.capacity": ["spot", "on-demand"]})
    change = compare("cloud", side("cloud", before), side("cloud", edited("cloud", {"gpuPools.l4.capacity": "spot"})))
    said = [(word, plain(text)) for word, text in reasons(change) if word == "Guarded"]
    assert len(change.refused) > len(said) == len(set(said)) > 0
