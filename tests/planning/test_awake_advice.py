"""Advice for a minimum of replicas holds whatever else says how many run: hours, a threshold, a next version, a
fallback; and it says what it does to the bill."""

from itertools import product
from typing import Any

import pytest

from tests.planning.following import follow, line, outcome, planned
from tests.planning.test_schedule import CREATED, OFFICE, model

EVENING = {**OFFICE, "from": "19:00", "to": "23:00"}
NIGHT = {**OFFICE, "from": "23:00", "to": "06:00"}
WINDOWS = [[], [1], [2], [1, 2], [2, 3]]
CANARY = {"strategy": "canary", "weight": 10}
OWN_REPLICAS = "with a next version's own replicas"
MORE: dict[str, dict[str, Any]] = {
    "alone": {},
    "with a threshold": {"scaling": {"requestsPerReplica": 16}},
    "with a next version": {"next": {"maxModelLen": 4096}, "rollout": CANARY},
    OWN_REPLICAS: {"next": {"maxModelLen": 4096, "replicas": {"min": 0, "max": 1}}, "rollout": CANARY},
    "with a fallback": {"fallback": {"to": "gpt", "afterSeconds": 60}},
}
GPT = {"gpt": {"baseUrl": "https://api.example.com/v1", "model": "gpt-5", "keySecret": "externalKey-gpt"}}


def stack(windows: list[int], high: int, more: dict[str, Any], low: int = 1) -> dict[str, Any]:
    schedule = [{**hours, "min": low} for hours, low in zip((OFFICE, EVENING, NIGHT), windows, strict=False)]
    asleep = {**model(), "replicas": {"min": 0, "max": high}, "schedule": schedule, **more}
    if not windows:
        del asleep["schedule"]
    other = {"external": GPT} if "fallback" in more else {}
    return {
        **CREATED,
        "gpuPools": {"l4": {"instanceTypes": ["g6.xlarge"], "min": low}},
        "models": {"a": asleep},
    } | other


CASES = [
    pytest.param(stack(windows, high, more), id=f"{windows} of {high} {name}")
    for windows, high, (name, more) in product(WINDOWS, (1, 3), MORE.items())
    if max(windows, default=1) <= high and (name != OWN_REPLICAS or high == 1)
]


@pytest.mark.searches
@pytest.mark.parametrize("file", CASES)
def test_what_keeps_a_replica_running_is_accepted(file: dict[str, Any]) -> None:
    found = planned(file)
    writes = [dict(way.write) for each in found.warnings for way in each.advice]
    writes += [dict(each.write_with) | line(each.write) for each in found.remedies.get("a", ()) if each.write]
    assert writes
    for write in writes:
        then = outcome(follow(file, write))
        assert not then.violations, write
        low, hours = write.get("models.a.replicas.min"), then.models["a"].schedule
        if low is not None:
            assert then.models["a"].replicas.min == low
            assert all(each.min > low for each in hours.windows) if hours is not None else True


def test_windows_of_more_replicas_stay_as_they_are_written() -> None:
    found = planned(stack([1, 2], 3, {}))
    (warning,) = (each for each in found.warnings if each.path == "gateway.timeoutSeconds")
    (way,) = warning.advice
    assert dict(way.write)["models.a.schedule"] == ({**EVENING, "min": 2},)
    assert 'from: "19:00", to: "23:00"' in way.text


@pytest.mark.parametrize("windows", [[], [1]])
def test_what_keeps_a_replica_running_says_what_it_costs(windows: list[int]) -> None:
    file = stack(windows, 1, {}, low=0)
    found = planned(file)
    (warning,) = (each for each in found.warnings if each.path == "gateway.timeoutSeconds")
    (way,) = warning.advice
    then = outcome(follow(file, dict(way.write)))
    more = round(then.cost.usd_per_month_min) - round(found.cost.usd_per_month_min)  # as the two bills are shown
    assert more > 100
    assert way.text.endswith(f"(raises the minimum bill by ${more:,.0f} per month)")
    assert way.text in warning.message
