"""The bill of a schedule: the hours of its windows, those in which nodes start and end included. Models that share a
pool need its nodes in the hours of any of them."""

from typing import Any

import pytest

from infra.cli.report.reasons import reasons_of
from tests.planning.stacks import plan
from tests.planning.test_schedule import OFFICE, model, stack

AHEAD, AFTER = 15, 15  # minutes; after depends on the cooldown, so it may be one minute less
MINUTES = 7 / 60 / 168
NIGHT = {**OFFICE, "days": "daily", "from": "22:00", "to": "06:00"}
AROUND = (AHEAD + AFTER) / 60
OFFICE_HOURS, NIGHT_HOURS = 5 * (11 + AROUND), 7 * (8 + AROUND)


def nodes(**models: Any) -> float:
    """Of the pool, in the mean of the week: at the minimum of replicas."""
    found = plan(stack(**models))
    (item,) = [item for item in found.cost.items if item.pool == "l4"]
    return item.min / ((found.pools["l4"].usd_per_node_hour or 0) * 730)


@pytest.mark.parametrize(
    ("models", "hours"),
    [
        ({"a": model(OFFICE)}, OFFICE_HOURS),
        ({"a": model(NIGHT)}, NIGHT_HOURS),
        ({"a": model(OFFICE, paused=True)}, 0),
        ({"a": model(OFFICE), "b": model(OFFICE)}, 2 * OFFICE_HOURS),
        ({"a": model(OFFICE), "b": {**model(OFFICE), "schedule": None}}, OFFICE_HOURS),
        (
            {"a": model({**OFFICE, "min": 2}, replicas={"min": 1, "max": 2})},
            168 + 5 * (11 + AROUND + 5 / 60),
        ),  # one more replica
        ({"a": model({**OFFICE, "timezone": "Asia/Tokyo"})}, OFFICE_HOURS),
    ],
)
def test_a_node_is_billed_for_the_hours_in_which_a_replica_needs_it(models: dict[str, Any], hours: float) -> None:
    assert nodes(**models) == pytest.approx(hours / 168, abs=MINUTES)


def halves(*windows: dict[str, Any]) -> float:
    """Of one node of four GPUs that the models share."""
    many = stack(**{f"m{at}": model(each) for at, each in enumerate(windows)})
    many["gpuPools"] = {"l4": {"instanceTypes": ["g6.12xlarge"], "min": 0}}
    found = plan(many)
    (item,) = [item for item in found.cost.items if item.pool == "l4"]
    return item.min / ((found.pools["l4"].usd_per_node_hour or 0) * 730) * 168


def test_a_node_that_models_share_is_there_in_the_hours_of_any_of_them() -> None:
    late = {**OFFICE, "from": "12:00", "to": "22:00"}
    assert halves(OFFICE, OFFICE) == pytest.approx(OFFICE_HOURS, abs=0.2)
    assert halves(OFFICE, late) == pytest.approx(5 * (14 + AROUND), abs=0.2)
    # In January, 17:00 in New York is 23:00 in Amsterdam: the node has three hours more.
    assert halves(OFFICE, {**OFFICE, "from": "10:00", "to": "16:00", "timezone": "America/New_York"}) == pytest.approx(
        5 * (14 + AROUND), abs=0.2
    )


def test_a_plan_says_what_a_night_saves() -> None:
    found = plan(stack(a=model(OFFICE)))
    always = plan(stack(a={**model(), "schedule": None, "replicas": 1}))
    night = found.nights["a"]
    assert night.hours_per_week == pytest.approx(OFFICE_HOURS)
    nodes_alone = [sum(item.min for item in each.cost.items if item.pool) for each in (always, found)]
    assert night.saves_min == pytest.approx(nodes_alone[0] - nodes_alone[1], rel=0.05)  # and disks and logs of the node
    assert 0 < night.saves_expected < night.saves_min


def test_where_another_model_needs_the_node_all_night_nothing_is_saved() -> None:
    both = stack(a=model(OFFICE), b={**model(), "schedule": None, "replicas": 1})
    both["gpuPools"] = {"l4": {"instanceTypes": ["g6.12xlarge"], "min": 0}}
    assert plan(both).nights["a"].saves_min == pytest.approx(0)


def test_a_saving_that_is_had_only_while_two_models_sleep_is_said_as_one() -> None:
    both = stack(a=model(OFFICE), b=model(OFFICE))
    found = plan(both)
    assert [found.nights[name].only_with for name in ("a", "b")] == [(), ()], "each has a separate node"
    both["gpuPools"] = {"l4": {"instanceTypes": ["g6.12xlarge"], "min": 0}}
    found = plan(both)
    assert found.nights["a"].saves_min == pytest.approx(found.nights["b"].saves_min, rel=0.01)
    for name, other in (("a", "b"), ("b", "a")):
        (said,) = [each for each in reasons_of(found, name) if "of the 168 hours" in each]
        assert said.endswith(f"it is one saving with that of {other}, had only while {other} sleeps too")


def test_it_is_said_what_the_bill_assumes_of_hours() -> None:
    (said,) = [each for each in plan(stack(a=model(OFFICE))).assumptions if each.path == "models.a.schedule"]
    assert "15 min before each window and 15 min after it" in said.message
    assert "daylight saving time is left out" in said.message


def test_of_nodes_that_are_billed_at_all_hours_no_hours_are_said() -> None:
    """None of them ends when a window does."""
    own = {"gpu": "L4", "nodes": 2, "selector": {"gpu": "l4"}, "usdPerGpuHour": 0.4}
    found = plan(
        {
            **stack(a=model(OFFICE)),
            "cluster": {"existing": {"context": "own"}},
            "gpuPools": {"l4": {"existing": own}},
            "cache": {"kind": "node"},
        }
    )
    assert found.nights["a"].saves_min == 0
    assert not [each for each in found.assumptions if each.path == "models.a.schedule"]
