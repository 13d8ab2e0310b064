"""What would help or save: each change is planned and played, and only what helps, or saves at equal waits, is said."""

from dataclasses import replace
from typing import Any

import pytest

from infra.cli.simulate import _helps
from infra.plan.models import Scaling
from infra.plan.notes import Write
from infra.plan.plan import Plan
from infra.planning.planner import trial_of
from infra.simulate.arrivals import Arrivals
from infra.simulate.changes import Seen, helping, saving, seen_of
from infra.simulate.counted import Counted
from infra.simulate.hours import Hours
from infra.simulate.patterns import DAY, HOUR
from infra.simulate.platform import platform_of
from infra.simulate.remedies import MAX_RUNS, Advice, Figures, Remedy, remedies
from infra.simulate.run import run
from infra.stack_file import load_file
from tests.example_stacks import STACKS, planned
from tests.simulate.platforms import SCALING, SLEEPING, arrivals, server
from tests.simulate.test_run import by_chance

PROD, FILE = planned("prod").plan, STACKS / "Pulumi.prod.yaml"
SHORT = Seen((), (), at_maximum=False, days="daily", timezone="UTC")
# Two replicas from 9 to 17 o'clock; 100 requests in each of these hours, and 5 in each of the others.
OFFICE = Seen(
    [2.0 if 9 <= hour < 17 else 1.0 for hour in range(24)],
    [100 if 9 <= hour < 17 else 5 for hour in range(24)],
    at_maximum=True,
    days="mon-fri",
    timezone="Europe/Amsterdam",
)
WINDOW = {"days": "mon-fri", "from": "09:00", "to": "17:00", "timezone": "Europe/Amsterdam"}


@pytest.mark.parametrize(
    ("low", "high", "scaling", "seen", "expected"),
    [
        (1, 1, None, SHORT, [{"replicas": 2}, {"replicas": {"min": 1, "max": 2}}]),
        (1, 3, SCALING, SHORT, [{"replicas.min": 2}, {"scaling": {"requestsPerReplica": 4}}]),
        (
            1,
            3,
            SCALING,
            OFFICE,
            [
                {"replicas.min": 2},
                {"replicas.max": 4},
                {"scaling": {"requestsPerReplica": 4}},
                {"schedule": [{**WINDOW, "min": 2}]},
            ],
        ),
        (0, 2, SLEEPING, SHORT, [{"replicas.min": 1}, {"scaling": {"requestsPerReplica": 4}}]),
    ],
)
def test_what_may_help(
    low: int, high: int, scaling: Scaling | None, seen: Seen, expected: list[dict[str, Any]]
) -> None:
    assert [dict(each.settings) for each in helping(server(low, high, scaling=scaling), seen)] == expected


@pytest.mark.parametrize(
    ("low", "high", "scaling", "seen", "expected"),
    [
        (1, 1, None, OFFICE, []),
        (2, 2, None, SHORT, [{"replicas": {"min": 1, "max": 2}}, {"replicas": 1}]),
        (2, 3, SCALING, SHORT, [{"replicas.min": 1}, {"scaling": {"requestsPerReplica": 9}}]),
        (
            1,
            3,
            SCALING,
            OFFICE,
            [
                {"replicas.min": 0, "schedule": [{**WINDOW, "min": 1}]},
                {"scaling": {"requestsPerReplica": 9}},
            ],
        ),
        (0, 2, SLEEPING, OFFICE, [{"scaling": {"requestsPerReplica": 9}}]),
    ],
)
def test_what_may_save(
    low: int, high: int, scaling: Scaling | None, seen: Seen, expected: list[dict[str, Any]]
) -> None:
    assert [dict(each.settings) for each in saving(server(low, high, scaling=scaling), seen)] == expected


def test_a_model_with_a_schedule_keeps_it() -> None:
    scheduled = replace(server(1, 3, scaling=SCALING), hours=Hours(()))
    for each in (*helping(scheduled, OFFICE), *saving(scheduled, OFFICE)):
        assert "schedule" not in each.settings


@pytest.mark.parametrize(
    ("busy", "start", "end"),
    [
        ({9, 10, 16}, "09:00", "17:00"),
        ({23, 0, 1}, "23:00", "02:00"),
        ({20, 23}, "20:00", "24:00"),
        ({5}, "05:00", "06:00"),
    ],
)
def test_a_window_is_the_shortest_one_over_the_busy_hours(busy: set[int], start: str, end: str) -> None:
    seen = replace(OFFICE, replicas=[2.0 if hour in busy else 1.0 for hour in range(24)])
    (window,) = [
        each.settings["schedule"][0]
        for each in helping(server(1, 3, scaling=SCALING), seen)
        if "schedule" in each.settings
    ]
    assert (window["from"], window["to"]) == (start, end)


@pytest.mark.parametrize("busy", [set(), set(range(24)), set(range(0, 24, 2))])
def test_hours_that_are_all_alike_get_no_window(busy: set[int]) -> None:
    seen = replace(OFFICE, replicas=[2.0 if hour in busy else 1.0 for hour in range(24)])
    assert not any("schedule" in each.settings for each in helping(server(1, 3, scaling=SCALING), seen))


def test_hours_are_those_of_the_zones_clock() -> None:
    """The run begins on Monday at 00:00 of a zone that is two hours ahead of UTC, or at 06:00 there."""
    counted = Counted(replicas=[(0.0, 1), (9.0 * HOUR, 2), (17.0 * HOUR, 1)])
    traffic = replace(arrivals([9.5 * HOUR, 10.5 * HOUR], seconds=DAY), begins=5 * DAY)
    seen = seen_of(server(1, 2), counted, traffic, 5 * DAY, "daily", "UTC")
    assert [hour for hour in range(24) if seen.replicas[hour] > 1] == list(range(9, 17))
    assert [hour for hour in range(24) if seen.requests[hour]] == [9, 10]
    late = seen_of(server(1, 2), counted, replace(traffic, begins=5 * DAY + 6 * HOUR), 5 * DAY, "daily", "UTC")
    assert [hour for hour in range(24) if late.requests[hour]] == [15, 16]
    assert seen.at_maximum


def figures(lost: int = 0, p95: float | None = 4.0, p99: float | None = 10.0, usd: float | None = 100.0) -> Figures:
    return Figures(lost, p95, p99, usd)


@pytest.mark.parametrize(
    ("new", "helps", "saved"),
    [
        (figures(), False, 0),
        (figures(p95=3.0), True, 0),
        (figures(p99=8.0), True, 0),
        (figures(p95=3.0, p99=12.0), False, 0),  # some wait longer
        (figures(lost=1, p95=1.0, p99=1.0), False, 0),
        (figures(usd=80), False, 20),
        (figures(p95=4.1, p99=10.4, usd=80), False, 20),  # as long
        (figures(p99=12.0, usd=80), False, 0),
        (figures(lost=1, usd=80), False, 0),
        (figures(usd=99), False, 0),  # chance saves as much
        (figures(p95=2.0, p99=5.0, usd=80), True, 20),
        (figures(usd=None), False, 0),
    ],
)
def test_what_helps_and_what_saves(new: Figures, helps: bool, saved: float) -> None:
    remedy = Remedy("chat", {}, None, figures(), new)
    assert (remedy.helps, remedy.saved) == (helps, saved)


@pytest.mark.parametrize(
    ("usd", "said"), [(100.4, "it costs the same"), (99.2, "$1 per day less"), (167, "$67 per day more")]
)
def test_no_dollars_are_no_change(usd: float, said: str) -> None:
    text = _helps(Remedy("chat", {}, None, figures(usd=100), figures(usd=usd)))
    assert text.endswith(f", {said}")


def test_waits_within_two_seconds_are_equal() -> None:
    assert Remedy("chat", {}, None, figures(p95=0.5, p99=1.0), figures(p95=1.0, p99=1.9, usd=50)).saved == 50


def of_prod(rate: float, seconds: float, prompt: int = 1_000) -> Arrivals:
    return arrivals(by_chance(rate, seconds), prompt=prompt, output=200, seconds=seconds, name="llama-70b")


def advised(traffic: Arrivals, plan: Plan = PROD) -> tuple[Advice, list[Write]]:
    tried: list[Write] = []
    trial = trial_of(load_file(FILE), plan)

    def noted(write: Write) -> tuple[Write, Plan] | None:
        tried.append(write)
        return trial(write)

    platform = platform_of(plan)
    return remedies(plan, platform, traffic, run(platform, traffic, 1), noted, "daily"), tried


def test_each_change_is_planned_and_the_best_stands_first() -> None:
    found, tried = advised(of_prod(1.5, 3_600))
    assert found.would_help
    assert all(each.helps for each in found.would_help)
    assert [each.rank for each in found.would_help] == sorted((each.rank for each in found.would_help), reverse=True)
    assert (("models.llama-70b.replicas.min", 2),) in tried
    assert len(tried) <= MAX_RUNS


def test_where_nobody_waits_only_what_saves_is_tried() -> None:
    found, tried = advised(of_prod(0.01, 3_600, prompt=50))
    assert found.would_help == ()
    assert all("requestsPerReplica" in str(write) for write in tried)


def test_a_change_that_the_plan_refuses_is_not_said() -> None:
    platform, traffic = platform_of(PROD), of_prod(1.5, 1_800)
    assert remedies(PROD, platform, traffic, run(platform, traffic, 1), lambda _: None, "daily") == Advice((), None)
