"""Published measurements lie inside the intervals that the throughput model states."""

import statistics

from benchmarks.throughput import measurements

MEASURED = measurements()
COUNTED = [each for each in MEASURED if each.counted]


def test_there_are_measurements_of_many_models_and_cards_each_with_its_source() -> None:
    assert len(COUNTED) >= 15
    assert len({each.row["model"] for each in COUNTED}) >= 8
    assert len({each.row["gpu"] for each in COUNTED}) >= 7
    assert all(each.row["source"] and each.row["published"] for each in MEASURED)


def test_the_interval_holds_on_90_percent() -> None:
    assert sum(each.inside for each in COUNTED) >= 0.9 * len(COUNTED)


def test_the_interval_says_something() -> None:
    assert statistics.median(each.estimate.high / each.estimate.low for each in COUNTED) <= 3
    assert 0.8 <= statistics.median(each.ratio for each in COUNTED) <= 1.25


def test_half_of_the_measurements_were_found_after_the_model_was_written() -> None:
    assert sum(each.row["found"] != "before" for each in COUNTED) >= len(COUNTED) / 2
