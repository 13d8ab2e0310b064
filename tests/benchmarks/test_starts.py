"""The engine's start stays within its interval on measured starts of vLLM."""

import pytest

from benchmarks.start import COLUMNS, Start, starts

STARTS = starts()


@pytest.mark.parametrize("start", STARTS, ids=[each.name for each in STARTS])
def test_the_engines_start_is_inside_its_interval(start: Start) -> None:
    assert start.inside("engine") in (True, None) or not start.counted


@pytest.mark.parametrize("column", COLUMNS)
def test_each_step_is_inside_its_interval_on_cards_whose_kernels_the_engine_has(column: str) -> None:
    judged = {each.name: each.inside(column) for each in STARTS if each.counted and each.row["gpu"] != "RTX-5090"}
    assert [name for name, inside in judged.items() if inside is False] == []
    assert sum(inside is not None for inside in judged.values()) >= 7


@pytest.mark.parametrize("start", STARTS, ids=[each.name for each in STARTS])
def test_an_interval_says_something(start: Start) -> None:
    """The first figures spanned a factor of 7."""
    engine = start.estimate("engine")
    assert engine.high / engine.low < 5.1


def test_each_start_says_where_it_is_from() -> None:
    assert all(each.row.get("source") or each.row.get("date") for each in STARTS)
