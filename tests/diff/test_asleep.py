"""What a change means for a model that may have no replica while nobody asks."""

import pytest

from infra.cli.diff.verdict import headline, mark
from infra.cli.document.marked import markdown
from infra.diff.difference import compare
from infra.diff.events import AWAY, MOVES, NEW, NOTHING, ROLLOUT
from infra.diff.traffic import Notice
from infra.services.gateway.report import gateway_tables
from tests.diff import stacks
from tests.diff.sides import Edit, side
from tests.example_stacks import plan_text, text

RANGE = "pool: l4, replicas: {min: 0, max: 3}"
AWAKE: Edit = (RANGE, "pool: l4, replicas: {min: 1, max: 3}")
FIXED: Edit = (RANGE, "pool: l4, replicas: 1")
OLD_FIRST: Edit = (RANGE, f"{RANGE}, rollout: {{strategy: recreate}}")
OLD_FIRST_AWAKE: Edit = (RANGE, f"{AWAKE[1]}, rollout: {{strategy: recreate}}")
PAUSED: Edit = (RANGE, f"{RANGE}, paused: true")
CHAT: Edit = ("          chat:", "          other:")
GPT = "gpt: {baseUrl: https://api.openai.com/v1, model: gpt-4.1-mini, keySecret: externalKey-openai}"
HOSTED: Edit = ("        gateway:\n", f"        external: {{{GPT}}}\n        gateway:\n")
ELSEWHERE: Edit = (RANGE, f"{RANGE}, fallback: {{to: gpt, afterSeconds: 60}}")
OTHER_POD, OTHER_NODES = ("8192", "4096"), ("g6.2xlarge", "g6.xlarge")
ROLLED = "a rollout without a gap: the new pod starts first, about 5 min per replica"
QUICK: Edit = ("Qwen/Qwen3-8B", "Qwen/Qwen3-4B")  # its pod starts in 5 minutes; the wait is longer
DOWN = "down for about {} min: the old pod ends before the new one starts"

# Edits before and after, the event, and what is said.
DURING: dict[str, tuple[tuple[Edit, ...], tuple[Edit, ...], str, str]] = {
    "it sleeps, as before": ((), (OTHER_POD,), ROLLOUT, f"if it is awake, {ROLLED}; asleep, nothing ends"),
    "it sleeps no more": (
        (),
        (AWAKE, OTHER_POD),
        ROLLOUT,
        f"if it is awake, {ROLLED}; asleep, its first replica starts, about 5 min",
    ),
    "it has a fixed number": (
        (),
        (FIXED, OTHER_POD),
        ROLLOUT,
        f"if it is awake, {ROLLED}; asleep, its first replica starts, about 5 min",
    ),
    "it sleeps from now on": ((AWAKE,), (OTHER_POD,), ROLLOUT, ROLLED),
    "old pod first": (
        (OLD_FIRST,),
        (OLD_FIRST, OTHER_POD),
        AWAY,
        f"if it is awake, {DOWN.format(5)}; asleep, nothing ends",
    ),
    "old pod first, and no more sleep": (
        (OLD_FIRST,),
        (OLD_FIRST_AWAKE, OTHER_POD),
        AWAY,
        f"if it is awake, {DOWN.format(4)}; asleep, its first replica starts, about 5 min",
    ),
    "old pod first, and sleep from now on": ((OLD_FIRST_AWAKE,), (OLD_FIRST, OTHER_POD), AWAY, DOWN.format(5)),
    "other nodes": ((), (OTHER_NODES,), MOVES, "if it is awake, may be down for about 5 min"),
    "the number alone": ((), (AWAKE,), NOTHING, "nothing"),
    "a new one": ((CHAT,), (), NEW, "no replica runs until somebody asks: who comes first waits about 6 min"),
    "the end of a pause": (
        (PAUSED,),
        (),
        NEW,
        "starts again: no replica runs until somebody asks: who comes first waits about 6 min",
    ),
}


def notice(before: tuple[Edit, ...], after: tuple[Edit, ...]) -> Notice:
    found = compare("fromzero", side("fromzero", *before), side("fromzero", *after)).notices
    return next(each for each in found if each.model == "chat")


@pytest.mark.parametrize(("before", "after", "event", "says"), DURING.values(), ids=DURING)
def test_a_change_of_the_pod_ends_a_replica_only_where_one_runs(
    before: tuple[Edit, ...], after: tuple[Edit, ...], event: str, says: str
) -> None:
    found = notice(before, after)
    assert found.event == event
    assert found.during.startswith(says) if event == MOVES else found.during == says


@pytest.mark.parametrize(
    ("before", "edits", "wait", "otherwise"),
    [
        ((AWAKE,), (QUICK,), "about 6 min", "gets 503"),
        ((AWAKE,), (QUICK, HOSTED, ELSEWHERE), "1 min", "is answered by gpt"),
    ],
)
def test_the_diff_says_the_wait_of_the_plan(
    before: tuple[Edit, ...], edits: tuple[Edit, ...], wait: str, otherwise: str
) -> None:
    edited = text("fromzero")
    for edit in edits:
        edited = edited.replace(*edit)
    (table,) = [each for each in gateway_tables(plan_text("fromzero", edited).plan) if each.title == "SLEEP"]
    (waits,) = [row[2] for row in table.rows if row[0] == "chat"]
    assert waits == wait
    (said,) = [each for each in notice(before, edits).afterwards if "who comes first" in each]
    assert said.endswith(f"waits {waits} for one to start, or {otherwise}")


def test_with_hours_its_sleep_is_said_once() -> None:
    hours = "schedule: [{days: daily, from: '08:00', to: '19:00', timezone: UTC, min: 1}]"
    said = notice((AWAKE,), ((RANGE, f"{RANGE}, {hours}"),)).afterwards
    assert [each for each in said if "who comes first" in each] == [
        "it may be asleep outside daily 08:00 to 19:00 UTC: who comes first waits about 6 min then"
    ]


def test_a_model_that_slept_and_is_paused_has_no_replica_and_no_sleep() -> None:
    hours = f"{RANGE}, schedule: [{{days: daily, from: '08:00', to: '19:00', timezone: UTC, min: 1}}]"
    for before, after in (
        ((), (PAUSED,)),
        (((RANGE, hours),), (PAUSED,)),
        (((RANGE, hours),), ((RANGE, f"{hours}, paused: true"),)),
    ):
        assert notice(before, after).afterwards == ("answers 503 until it is unpaused",)


@pytest.mark.parametrize(("nodes", "look"), [(0, False), (1, True)])
def test_a_sleep_that_saves_nothing_is_in_the_title(nodes: int, look: bool) -> None:
    """The pool's `min` keeps the node, so that callers wait and the bill stays."""
    kept = {"gpuPools.l4.min": nodes}
    was, now = (
        stacks.side("cloud", stacks.edited("cloud", {**kept, **more})) for more in ({}, {"models.chat.replicas.min": 0})
    )
    found = compare("cloud", was, now)
    assert ("who comes first to `chat` may wait about " in markdown(headline(found))) == look
    assert (mark(found) == "⚠️") == look
