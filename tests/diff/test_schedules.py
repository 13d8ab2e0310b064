"""The diff says what a change of a schedule means for callers."""

from typing import Any

import pytest

from infra.diff.schedules import schedule_changed, sleeping, without_schedule
from infra.sides.types import Side

OFFICE, LONGER = "mon-fri 08:00 to 19:00 UTC", "daily 08:00 to 22:00 UTC"


def side(schedule: str | None, low: int, inside: int = 1) -> Side:
    model: dict[str, Any] = {"replicas": {"min": low, "max": 2}, "wakes_seconds": 385}
    said = {"schedule": {"said": schedule, "windows": [{"min": inside}]} if schedule else None}
    return Side(plan={"models": {"a": {**model, **said}}})


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        (side(OFFICE, 0), side(OFFICE, 0), []),
        (
            side(None, 1),
            side(OFFICE, 0),
            [f"it may be asleep outside {OFFICE}: who comes first waits about 6 min then"],
        ),
        (
            side(OFFICE, 0),
            side(LONGER, 0),
            [f"it may be asleep outside {LONGER}, was {OFFICE}: who comes first waits about 6 min then"],
        ),
        (
            side(OFFICE, 0),
            side(None, 0),
            [
                f"no schedule any more: it may be asleep at any hour, and had a replica {OFFICE}: who comes first"
                " waits about 6 min"
            ],
        ),
        (
            side(OFFICE, 1),
            side(OFFICE, 0),
            [f"it may be asleep outside {OFFICE}: who comes first waits about 6 min then"],
        ),
        (side(None, 1), side(OFFICE, 1, 3), [f"at least 3 replicas {OFFICE}"]),
        (side(OFFICE, 1, 2), side(OFFICE, 1, 3), [f"at least 3 replicas {OFFICE}, was 2 replicas"]),
        (side(OFFICE, 1, 2), side(LONGER, 1, 2), [f"at least 2 replicas {LONGER}, was {OFFICE}"]),
        (side(OFFICE, 1, 2), side(LONGER, 1, 3), [f"at least 3 replicas {LONGER}, was at least 2 replicas {OFFICE}"]),
        (side(OFFICE, 0, 1), side(OFFICE, 0, 2), [f"at least 2 replicas {OFFICE}, was 1 replica"]),
        (
            side(OFFICE, 1, 2),
            side(None, 1),
            [f"no schedule any more: the same minimum of replicas at all hours, was at least 2 replicas {OFFICE}"],
        ),
    ],
)
def test_a_change_of_the_hours_is_said_to_callers(before: Side, after: Side, says: list[str]) -> None:
    assert list(schedule_changed("a", before, after)) == says


@pytest.mark.parametrize(
    ("before", "after", "asleep", "ended"),
    [
        (side(None, 1), side(None, 0), ["a"], []),
        (side(None, 0), side(None, 0), [], []),
        (side(None, 1), side(OFFICE, 0), ["a"], []),
        (side(OFFICE, 0), side(LONGER, 0), [], []),
        (side(OFFICE, 0), side(None, 1), [], ["a"]),
        (side(OFFICE, 0), side(None, 0), ["a"], ["a"]),
        (side(OFFICE, 1, 2), side(None, 2), [], ["a"]),
    ],
)
def test_the_first_line_names_a_schedule_that_ends_and_who_waits(
    before: Side, after: Side, asleep: list[str], ended: list[str]
) -> None:
    assert (sleeping(before, after), without_schedule(before, after)) == (asleep, ended)
