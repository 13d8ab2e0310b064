"""Advice knows of schedules: what it saves or adds is by the hours, what it writes is accepted, and a model that sleeps
at all hours is offered hours."""

from typing import Any

import pytest

from infra.cli.as_json import document
from infra.plan.money import Remedy
from infra.planning import Plan
from tests.example_stacks import planned as example
from tests.planning.following import follow, line, outcome, planned
from tests.planning.stacks import plan
from tests.planning.test_schedule import OFFICE, model, stack

DEAR = {"gpuPools": {"l4": {"instanceTypes": ["g6.2xlarge"], "min": 0}}}  # g4dn.xlarge is enough


def remedy(of: Plan, name: str) -> Remedy:
    (found,) = [each for each in of.remedies["a"] if each.name == name]
    return found


def test_cheaper_nodes_save_the_hours_in_which_they_run() -> None:
    """A model with hours has no replica at its minimum, and its nodes are paid all the same."""
    hours = {**stack(a=model(OFFICE)), **DEAR}
    found = planned(hours)
    always = planned({**stack(a={**model(), "schedule": None, "replicas": 1}), **DEAR})
    (way,) = [each for each in found.cheaper["a"] if "g4dn-xlarge" in each.setting]
    (all_hours,) = [each for each in always.cheaper["a"] if "g4dn-xlarge" in each.setting]
    share = found.nights["a"].hours_per_week / 168
    assert way.usd_per_month == pytest.approx(all_hours.usd_per_month * share, rel=0.05)
    then = outcome(follow(hours, dict(way.write)))
    assert found.cost.usd_per_month_min - then.cost.usd_per_month_min == pytest.approx(way.usd_per_month, abs=0.01)


def test_spare_gpus_stay_free_in_the_hours_too() -> None:
    file = stack(a=model(OFFICE, replicas={"min": 0, "max": 3}))
    found = planned(file)
    spare = remedy(found, "spare GPUs")
    then = outcome(follow(file, line(spare.write or "")))
    assert then.models["a"].cold_start.parts["node"].mid == 0
    assert then.cost.usd_per_month_min - found.cost.usd_per_month_min == pytest.approx(spare.usd_per_month, abs=0.01)


@pytest.mark.parametrize(("low", "windows", "goes"), [(0, 1, True), (1, 2, True), (0, 2, False)])
def test_a_spare_replica_takes_hours_away_that_have_no_more_than_all_hours_then(
    low: int, windows: int, goes: bool
) -> None:
    """A window of as many replicas as run anyway is refused, so the advice would be too."""
    file = stack(a=model({**OFFICE, "min": windows}, replicas={"min": low, "max": 3}))
    spare = remedy(planned(file), "spare replica")
    assert dict(spare.write_with) == ({"models.a.schedule": None} if goes else {})
    then = outcome(follow(file, {**line(spare.write or ""), **dict(spare.write_with)}))
    assert then.violations == ()
    assert then.models["a"].replicas.min == low + 1
    assert (then.models["a"].schedule is None) == goes


def asleep(**more: Any) -> dict[str, Any]:
    return stack(a={**model(), "schedule": None, **more})


def test_a_model_that_sleeps_hears_what_hours_are_worth_to_who_comes_first() -> None:
    found = planned(asleep())
    morning = found.mornings["a"]
    start = found.models["a"].cold_start
    assert morning.waits_seconds >= start.seconds
    then = outcome(follow(asleep(), dict(morning.write)))
    made = then.models["a"].schedule
    assert made is not None
    assert made.ahead_minutes * 60 >= start.high, "started so early that it answers as the hours begin"
    assert made.openings[0].start == "45 7 * * 1-5", "before 08:00"
    assert then.cost.usd_per_month_min - found.cost.usd_per_month_min == pytest.approx(morning.usd_per_month, abs=0.01)


def test_the_json_has_it_and_null_where_a_model_has_hours() -> None:
    models = document(example("fromzero"))["models"]
    assert models["notes"]["morning"] is None
    assert models["chat"]["morning"]["write"] == {
        "models.chat.schedule": [
            {"days": "mon-fri", "from": "08:00", "to": "19:00", "min": 1, "timezone": "Europe/Amsterdam"}
        ]
    }


def test_its_hours_are_those_of_the_time_zone_that_the_file_knows() -> None:
    found = planned(stack(a={**model(), "schedule": None}, b=model({**OFFICE, "timezone": "Asia/Tokyo"})))
    ((_, (hours,)),) = found.mornings["a"].write
    assert hours["timezone"] == "Asia/Tokyo"
    assert "b" not in found.mornings, "it has hours"


@pytest.mark.parametrize("more", [{"replicas": 1}, {"paused": True}, {"schedule": [OFFICE]}], ids=str)
def test_who_never_waits_in_the_morning_hears_nothing(more: dict[str, Any]) -> None:
    assert plan(asleep(**more)).mornings == {}
