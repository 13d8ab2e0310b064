"""Windows of the week: what KEDA is given opens each early enough and closes it in time, whatever days it is on."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from infra.plan.models import ReplicasPlan
from infra.plan.schedule import DAY, DAYS, WEEK, Opening, Window
from infra.services.serving.schedule import days_of, windows_of
from infra.services.serving.section import Model
from tests.example_stacks import planned
from tests.planning.stacks import plan

HOURS = {"timezone": "Europe/Amsterdam", "min": 1}
OFFICE = {"days": "mon-fri", "from": "08:00", "to": "19:00", **HOURS}
CREATED: dict[str, Any] = {
    "cluster": {"create": {"version": "1.35", "zones": 2, "access": {"admins": ["arn:aws:iam::111122223333:role/p"]}}},
    "gpuPools": {"l4": {"instanceTypes": ["g6.xlarge"], "min": 0}},
}


def model(*windows: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    sizes = {"model": "Qwen/Qwen3-4B", "maxModelLen": 8192, "replicas": {"min": 0, "max": 1}}
    return {**sizes, "schedule": list(windows), **more}


def stack(**models: Any) -> dict[str, Any]:
    return {**CREATED, "models": models}


def openings(*windows: Mapping[str, Any], **more: Any) -> Sequence[Opening]:
    schedule = plan(stack(small=model(*windows, **more))).models["small"].schedule
    assert schedule is not None
    assert schedule.ahead_minutes == 15
    return schedule.openings


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("daily", (0, 1, 2, 3, 4, 5, 6)),
        ("mon-fri", (0, 1, 2, 3, 4)),
        ("sat", (5,)),
        ("mon,wed,fri-sun", (0, 2, 4, 5, 6)),
        ("sat-mon", (0, 5, 6)),
        ("tue, thu", (1, 3)),
    ],
)
def test_days_are_a_list_of_days_and_ranges(text: str, days: tuple[int, ...]) -> None:
    assert days_of(text) == days


# Windows, and the start and end that KEDA gets 15 minutes earlier; 0 is Sunday.
GIVEN: list[tuple[list[dict[str, Any]], list[tuple[str, str]]]] = [
    ([OFFICE], [("45 7 * * 1-5", "0 19 * * 1-5")]),
    ([{**OFFICE, "from": "22:00", "to": "06:00"}], [("45 21 * * 1-5", "0 6 * * 2-6")]),
    ([{**OFFICE, "days": "sat,sun", "from": "22:00", "to": "06:00"}], [("45 21 * * 0,6", "0 6 * * 0-1")]),
    ([{**OFFICE, "days": "mon", "from": "00:10"}], [("55 23 * * 0", "0 19 * * 1")]),
    ([{**OFFICE, "days": "daily"}], [("45 7 * * *", "0 19 * * *")]),
    ([{**OFFICE, "from": "00:00", "to": "24:00"}], [("45 23 * * 0", "0 0 * * 6")]),  # five days are one window
    ([{**OFFICE, "days": "mon", "to": "24:00"}], [("45 7 * * 1", "0 0 * * 2")]),
    ([OFFICE, {**OFFICE, "from": "19:10", "to": "22:00"}], [("45 7 * * 1-5", "0 22 * * 1-5")]),  # they touch
    (
        [OFFICE, {**OFFICE, "days": "sat", "to": "12:00"}],
        [("45 7 * * 6", "0 12 * * 6"), ("45 7 * * 1-5", "0 19 * * 1-5")],
    ),
    ([{**OFFICE, "days": "daily", "from": "00:00", "to": "23:50"}], [("0 0 * * 1", "59 23 * * 0")]),
]  # fmt: skip


@pytest.mark.parametrize(("windows", "given"), GIVEN)
def test_keda_opens_a_window_before_it_begins(windows: list[dict[str, Any]], given: list[tuple[str, str]]) -> None:
    found = openings(*windows)
    assert [(each.start, each.end) for each in found] == given
    assert {(each.timezone, each.replicas) for each in found} == {("Europe/Amsterdam", 1)}


@pytest.mark.parametrize("windows", [windows for windows, _ in GIVEN])
def test_keda_is_on_in_all_minutes_of_the_windows_and_in_no_others(windows: list[dict[str, Any]]) -> None:
    found = openings(*windows)
    of = windows_of(Model.model_validate_json(json.dumps(model(*windows))), ReplicasPlan(0, 1))
    for minute in range(0, WEEK, 5):
        wanted = any(_covers(window, minute, ahead=15) for window in of)
        assert any(_on(each, minute) for each in found) == wanted, minute


def _covers(window: Window, minute: int, *, ahead: int) -> bool:
    return any((minute - start + ahead) % WEEK < end - start + ahead for start, end in window.spans)


def _on(opening: Opening, minute: int) -> bool:
    """KEDA's own rule: it is on while the next end comes before the next start. Both come after the minute."""
    return _next(opening.end, minute) <= _next(opening.start, minute)


def _next(cron: str, minute: int) -> int:
    of_hour, hour, _, _, days = cron.split()
    numbers = range(7) if days == "*" else [number for part in days.split(",") for number in _numbers(part)]
    at = [((day - 1) % 7) * DAY + int(hour) * 60 + int(of_hour) for day in numbers]
    return min((each - minute - 1) % WEEK for each in at)


def _numbers(part: str) -> range:
    first, _, last = part.partition("-")
    return range(int(first), int(last or first) + 1)


def test_windows_of_more_replicas_open_earlier_and_are_separate_triggers() -> None:
    noon = {**OFFICE, "from": "11:00", "to": "14:00", "min": 3}
    morning = {**OFFICE, "to": "11:00"}
    schedule = plan(stack(small=model(morning, noon, replicas={"min": 0, "max": 4}))).models["small"].schedule
    assert schedule is not None
    assert schedule.ahead_minutes == 20  # two more replicas, which are added at once
    assert [(each.start, each.replicas) for each in schedule.openings] == [("40 7 * * 1-5", 1), ("40 10 * * 1-5", 3)]


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"replicas": {"min": 0, "max": 3}},
        {"model": "llama3.2:3b", "engine": "ollama"},
        {"model": "llama3.2:3b", "engine": "ollama", "gpus": 0},
        {"model": "Qwen/Qwen2.5-7B-Instruct", "engine": "tgi", "acknowledgeMaintenanceMode": True},
        {
            "model": "llama3.2:3b",
            "engine": "ollama",
            "replicas": {"min": 1, "max": 2},
            "schedule": [{**OFFICE, "min": 2}],
        },
    ],
)
def test_every_engine_can_have_one(more: dict[str, Any]) -> None:
    found = plan(stack(small={**model(OFFICE), **more})).models["small"]
    assert found.scaling is not None
    assert found.schedule is not None


def test_a_next_version_follows_the_schedule_as_far_as_its_replicas_go() -> None:
    coming = {"rollout": {"strategy": "blueGreen"}, "next": {"maxModelLen": 4096, "replicas": {"min": 0, "max": 1}}}
    windows = {**OFFICE, "min": 2}
    found = plan(stack(small=model(windows, replicas={"min": 0, "max": 2}, **coming)))
    assert [each.schedule and each.schedule.largest for each in found.models.values()] == [2, 1]


def test_a_plan_says_when_it_runs_and_that_nobody_waits_in_the_morning() -> None:
    reasons = "\n".join(plan(stack(small=model(OFFICE))).models["small"].reasons)
    assert (
        "1 replica at least mon-fri 08:00 to 19:00 Europe/Amsterdam; outside, no replica while nobody asks" in reasons
    )
    assert "15 min before a window" in reasons


def test_a_model_that_is_off_at_night_instead_of_paused_by_hand() -> None:
    pools = {"cheap": {"instanceTypes": ["g6.xlarge"], "capacity": "spot", "min": 0}}
    found = plan({**stack(small=model(OFFICE)), "gpuPools": pools})
    assert found.violations == ()
    assert found.nights["small"].saves_min > 0
    (warned,) = [each for each in found.warnings if each.kind == "sleeps"]
    assert warned.message.startswith("outside its schedule no replica while nobody asks")


def test_client_teams_read_when_it_is_awake() -> None:
    models = planned("fromzero").recording.outputs["models"]
    office = {"days": list(DAYS[:5]), "begins": "08:00", "ends": "19:00", "timezone": "Europe/Amsterdam"}
    assert models["notes"]["awake"] == [office]
    assert models["chat"]["awake"] is None
