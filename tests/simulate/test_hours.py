"""A schedule on the clock of a run: replicas answer when a window begins, and go after it."""

from dataclasses import replace

import pytest

from infra.plan.schedule import DAY, Schedule, Window
from infra.simulate.hours import WEEK_SECONDS, Hours, hours_of
from infra.simulate.neighbours import Neighbour
from infra.simulate.nodes import UNNEEDED_SECONDS
from infra.simulate.platform import Beside, Platform
from infra.simulate.run import run
from tests.simulate.platforms import SCALING, SLEEPING, arrivals, platform, server
from tests.simulate.test_nodes import pool

HOUR = 3_600


def at(*spans: tuple[float, float, int]) -> Hours:
    """From, to (hours of the week), replicas."""
    return Hours(tuple((round(start * HOUR), round(end * HOUR), replicas) for start, end, replicas in spans))


def schedule(*windows: Window, ahead: int = 10) -> Schedule:
    return Schedule(windows, ahead, 15, ())


def window(days: tuple[int, ...], start: int, end: int, timezone: str = "UTC", replicas: int = 2) -> Window:
    return Window(days, start * 60, end * 60 % DAY, timezone, replicas, "")


@pytest.mark.parametrize(
    ("windows", "hour", "replicas"),
    [
        ([window((0,), 8, 19)], 8, 2),
        ([window((0,), 8, 19)], 8 - 9 / 60, 2),  # replicas are started before
        ([window((0,), 8, 19)], 8 - 11 / 60, 0),
        ([window((0,), 8, 19)], 18.99, 2),
        ([window((0,), 8, 19)], 19, 0),
        ([window((0,), 8, 19)], 24 + 9, 0),  # on Tuesday
        ([window((0,), 8, 19, "Europe/Amsterdam")], 7, 2),  # 60 minutes ahead of UTC
        ([window((0,), 8, 19, "Europe/Amsterdam")], 18.5, 0),
        ([window((6,), 22, 6)], 6 * 24 + 23, 2),  # over the end of the week
        ([window((6,), 22, 6)], 5, 2),
        ([window((0,), 0, 1)], 7 * 24 - 0.1, 2),  # opens on Sunday
        ([window((0,), 0, 1)], 7 * 24 + 0.5, 2),  # in the second week
        ([window((0,), 8, 19), window((0,), 9, 12, replicas=4)], 10, 4),  # the largest wins
    ],
)
def test_windows_open_earlier_and_end_on_the_clock_of_their_zone(
    windows: list[Window], hour: float, replicas: int
) -> None:
    found = hours_of(schedule(*windows))
    assert found is not None
    assert found.replicas(hour * HOUR) == replicas


def ready_at(of: Platform, seconds: float, begins: float = 0.0) -> list[tuple[float, int]]:
    traffic = replace(arrivals([], seconds=seconds), begins=begins)
    return run(of, traffic, 1).models["chat"].replicas


def test_who_sleeps_at_night_is_woken_before_the_window_and_sleeps_after_it() -> None:
    one = replace(server(0, 3, scaling=SLEEPING), hours=at((1, 3, 2)))
    changes = ready_at(platform(one), 5 * HOUR)
    assert [number for _, number in changes[:3]] == [0, 1, 2]
    first, second, *_, slept = (time for time, _ in changes[1:])
    assert changes[-1] == (slept, 0)
    assert HOUR + 160 <= first <= HOUR + 15 + 160 + 5  # KEDA wakes it at a poll
    assert HOUR + 160 <= second <= HOUR + 75 + 160 + 5  # the HPA adds one per minute
    last = 3 * HOUR - 15 - 1  # the last poll within the window, in whole seconds
    assert last + SLEEPING.cooldown_seconds <= slept <= 3 * HOUR + SLEEPING.cooldown_seconds + 30


def test_a_window_adds_to_the_minimum_for_its_hours() -> None:
    one = replace(server(1, 3, scaling=SCALING), hours=at((1, 2, 3)))
    changes = ready_at(platform(one), 5 * HOUR)
    assert [number for _, number in changes] == [1, 2, 3, 2, 1]
    assert 2 * HOUR + 585 <= changes[3][0] <= 2 * HOUR + 615  # after the window of the HPA


def test_a_run_that_begins_within_a_window_has_its_replicas() -> None:
    one = replace(server(1, 3, scaling=SCALING), hours=at((1, 2, 3)))
    assert ready_at(platform(one), 600, begins=1.5 * HOUR) == [(0.0, 3)]
    assert ready_at(platform(one), 600, begins=WEEK_SECONDS + 1.5 * HOUR) == [(0.0, 3)]


def test_the_schedule_of_a_model_without_an_estimate_takes_nodes_by_the_hour() -> None:
    nodes = pool(gpus=1)
    neighbour = Neighbour(Beside("helper", "gpu", 1, 0, at((1, 2, 1))), nodes, 0.0)
    neighbour.begin()
    for now in range(0, 4 * HOUR, 60):
        neighbour.follow(now)
        nodes.scan(now)
    assert nodes.hours(4 * HOUR) * HOUR == pytest.approx(HOUR + UNNEEDED_SECONDS, abs=120)
