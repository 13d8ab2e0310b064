"""A change that leaves a model without its own servers: where it has a fallback, that answers, and prompts leave."""

import pytest

from infra.cli.diff.verdict import headline, mark
from infra.cli.document.marked import markdown
from infra.diff.difference import Difference, compare
from infra.diff.events import AWAY, ELSEWHERE, MOVES
from infra.diff.traffic import Notice
from tests.diff.sides import Edit, side

GPT = "gpt: {baseUrl: https://api.openai.com/v1, model: gpt-4.1-mini, keySecret: externalKey-openai}"
HOST = "https://api.openai.com/v1 (external gpt)"
MODELS = "        models:\n"
HOSTED: Edit = (MODELS, f"        external: {{{GPT}}}\n{MODELS}")
OTHER_POD: Edit = ("8192", "4096")
LEAVES = "gpt answers meanwhile, so prompts leave to it"
BACK = {
    "zonal": ("maxModelLen: 8192", "maxModelLen: 8192, fallback: gpt"),
    "fromzero": ("pool: l4, replicas: {min: 0, max: 3}", "pool: l4, replicas: {min: 0, max: 3}, fallback: gpt"),
}
OLD_FIRST: Edit = ("fallback: gpt", "fallback: gpt, rollout: {strategy: recreate}")


def changed(stack: str, *edits: Edit, before: tuple[Edit, ...] = ()) -> Difference:
    start = (HOSTED, BACK[stack], *before)
    return compare(stack, side(stack, *start), side(stack, *start, *edits))


def of(difference: Difference) -> Notice:
    return next(each for each in difference.notices if each.event in (ELSEWHERE, AWAY, MOVES))


CASES: dict[str, tuple[str, tuple[Edit, ...], tuple[Edit, ...], str, str]] = {
    "the old pod first": (
        "zonal",
        (),
        (OTHER_POD,),
        ELSEWHERE,
        f"its own servers are down for about 4 min: the old pod ends before the new one starts; {LEAVES}",
    ),
    "a model that may sleep": (
        "fromzero",
        (OLD_FIRST,),
        (OTHER_POD,),
        ELSEWHERE,
        f"if it is awake, its own servers are down for about 5 min: the old pod ends before the new one starts;"
        f" {LEAVES}; asleep, nothing ends",
    ),
    "other nodes": (
        "fromzero",
        (),
        (("g6.2xlarge", "g6.xlarge"),),
        MOVES,
        "if it is awake, its own servers may be down for about 5 min",
    ),
}


@pytest.mark.parametrize(("stack", "before", "edits", "event", "says"), CASES.values(), ids=CASES)
def test_its_own_servers_are_down_and_its_fallback_answers(
    stack: str, before: tuple[Edit, ...], edits: tuple[Edit, ...], event: str, says: str
) -> None:
    difference = changed(stack, *edits, before=before)
    notice = of(difference)
    assert (notice.event, notice.answered_by) == (event, "gpt")
    assert notice.during.startswith(says)
    assert LEAVES in notice.during
    line = headline(difference)
    assert f"`{notice.model}` down for a while" not in markdown(line)
    assert f"for a while `gpt` answers for `{notice.model}`" in markdown(line)
    assert mark(difference) != "✅"
    while_up = f"gets all prompts for {notice.model} while `pulumi up` leaves it without servers"
    assert while_up in difference.access["egress"][HOST].added


def test_a_fallback_that_comes_or_goes_with_the_change_is_not_counted_on() -> None:
    plain, with_it = side("zonal"), side("zonal", HOSTED, BACK["zonal"], OTHER_POD)
    for difference in (compare("zonal", plain, with_it), compare("zonal", with_it, plain)):
        notice = of(difference)
        assert (notice.event, notice.answered_by) == (AWAY, None)
        assert notice.during.startswith("down for")


def test_a_paused_model_sends_all_its_prompts_away() -> None:
    found = changed("zonal", ("fallback: gpt", "fallback: gpt, paused: true")).access["egress"][HOST]
    assert [each.partition(" for ")[0] for each in (*found.added, *found.removed)] == [
        "gets all prompts",
        "gets prompts",
    ]


def test_rollouts_to_come_and_lost_nodes_say_who_answers() -> None:
    counted = (("gpusPerNode: 1", "gpusPerNode: 1\n              nodes: 5"), ("            max: 6\n", ""))
    back = ("maxModelLen: 8192", "maxModelLen: 8192, fallback: gpt")
    more = ("max: 4", "max: 5")
    start = (*counted, HOSTED, back)
    difference = compare("shared", side("shared", *start), side("shared", *start, more))
    (notice,) = difference.notices
    assert "each rollout: own servers down for about 6 min, and gpt answers, was without a gap" in notice.afterwards
    assert "each rollout stops" not in headline(difference)
    one = compare(
        "shared", side("shared", *start), side("shared", *start, more, ("nodes: 5", "nodes: 1"), (more[1], "max: 1"))
    )
    assert any("if its node is lost: own servers down until" in each for each in one.notices[0].afterwards)
    assert "the loss of a node" not in headline(one)


def test_a_base_that_could_not_roll_was_not_without_a_gap() -> None:
    recreate, rolling = "rollout: {strategy: recreate}", "rollout: {strategy: rolling}"
    difference = compare("dear", side("dear", (recreate, rolling)), side("dear"))
    (notice,) = [each for each in difference.notices if each.model == "r1"]
    (said,) = [each for each in notice.afterwards if each.startswith("each rollout")]
    assert said.endswith("was stuck wherever no GPU is free for the new pod")
