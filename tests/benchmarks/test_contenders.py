"""The comparison of scalers: what is on the front, which changes of direction count, and what is in the last run."""

import math
from itertools import pairwise

import pytest

from benchmarks.contenders import DEFAULT, FIXED, ORACLE, TRACES, Row, on_front, read, turns
from docs.contenders import block
from infra.simulate.counted import Counted


def row(hours: float, wait: float, name: str = "one", traffic: str = "daily") -> Row:
    return Row(traffic, name, hours, wait, 0.0, 0, 1.0, 1)


@pytest.mark.parametrize(
    ("others", "front"),
    [
        ([], True),
        ([row(9, 3, "cheaper")], True),
        ([row(11, 1, "faster")], True),
        ([row(9, 1, "both")], False),
        ([row(10, 2, "equal")], False),
        ([row(9, 1, "both", "burst")], True),  # of other traffic
        ([row(9, 1, ORACLE)], True),  # the bound is no scaler
    ],
)
def test_a_scaler_is_on_the_front_where_no_other_is_cheaper_and_faster(others: list[Row], front: bool) -> None:
    assert on_front(row(10, 2), [row(10, 2), *others]) is front


@pytest.mark.parametrize(
    ("replicas", "number"),
    [
        ([(0, 1), (100, 2), (800, 1), (1500, 2)], 0),
        ([(0, 1), (100, 2), (800, 1), (900, 2)], 1),
        ([(0, 1), (100, 2), (200, 1), (300, 2), (400, 1)], 2),
        ([(0, 1), (100, 2), (200, 3), (300, 4)], 0),
        ([(0, 1)], 0),
    ],
)
def test_turns_within_a_cooldown_are_counted(replicas: list[tuple[float, int]], number: int) -> None:
    counted = Counted()
    counted.replicas = replicas
    assert turns(counted, 360) == number


def test_the_last_run_has_each_scaler_with_each_traffic_and_the_default_turns_nowhere() -> None:
    rows = read()
    of = {traffic: [each for each in rows if each.traffic == traffic] for traffic in TRACES}
    names = [each.scaler for each in of["daily"]]
    assert {DEFAULT, FIXED, ORACLE} <= set(names)
    assert all([each.scaler for each in found] == names for found in of.values())
    defaults = {each.traffic: each for each in rows if each.scaler == DEFAULT}
    assert all(each.turns == 0 for each in defaults.values())
    assert {traffic for traffic, each in defaults.items() if on_front(each, rows)} == {"daily", "steady"}
    by_load = [each for each in of["burst"] if each.scaler not in (DEFAULT, FIXED, ORACLE) and "CPU" not in each.scaler]
    assert all(math.isinf(each.first_token_p95) or each.first_token_p95 > 200 for each in by_load)


def test_the_page_names_who_is_cheaper_and_faster_where_the_default_is_not_on_the_front() -> None:
    parts = block().split("**, ")
    said = {part.rsplit("**", 1)[-1]: following for part, following in pairwise(parts)}
    assert "isn't on the front here: *a fixed number* has fewer" in said["burst"]
    assert "isn't on the front" not in said["daily"] + said["steady"]
