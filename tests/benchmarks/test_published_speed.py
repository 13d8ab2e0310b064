"""Whole servers that were measured, and a model of measured kernels, agree with the speeds that are estimated."""

import statistics

import pytest

from benchmarks.speed import Row, kernel_model, measured

MEASURED, KERNELS = measured(), kernel_model()
FIGURES = ("tokens_per_second", "first_token", "next_token")
CLOSE_ROWS = 0.8


def figures(rows: list[Row], name: str) -> list[tuple[str, float, bool, bool, float]]:
    return [
        (f"{row.name}, {row.clients}", each.ratio, each.inside, each.close, each.width)
        for row in rows
        for each in [getattr(row, name)]
        if row.steady
    ]


def test_each_row_says_what_was_measured_and_when() -> None:
    assert len(MEASURED) >= 9
    assert all(row.row["engine"].startswith("vLLM 0.") and row.row["measured"] for row in MEASURED)
    assert all(int(row.row["requests"]) > 0 for row in MEASURED)


@pytest.mark.parametrize("name", FIGURES)
def test_what_was_measured_is_inside_the_interval(name: str) -> None:
    assert [row for row, _, inside, *_ in figures(MEASURED, name) if not inside] == []


@pytest.mark.parametrize("name", FIGURES)
def test_no_interval_of_a_measured_card_is_wider_than_two(name: str) -> None:
    assert [row for row, *_, width in figures(MEASURED, name) if width > 2] == []


@pytest.mark.parametrize("name", FIGURES)
def test_the_middle_is_close_to_what_was_measured(name: str) -> None:
    found = figures(MEASURED, name)
    assert sum(close for *_, close, _ in found) >= CLOSE_ROWS * len(found)
    assert 0.9 <= statistics.median(ratio for _, ratio, *_ in found) <= 1.1


def test_few_rows_are_not_steady_and_none_of_a_dense_model() -> None:
    unsteady = {row.row["model"] for row in MEASURED if not row.steady}
    assert unsteady == {"Qwen/Qwen3-30B-A3B", "openai/gpt-oss-20b"}
    assert sum(not row.steady for row in MEASURED) <= len(MEASURED) / 5
    assert all(row.steady for row in KERNELS)


@pytest.mark.parametrize(("experts", "share"), [(False, 0.95), (True, 0.65)])
def test_a_model_of_measured_kernels_agrees(experts: bool, share: float) -> None:
    """On NVLink and on PCIe. It has no CPU that starts kernels, which slows experts on a fast card; its first token
    counts other waits, so that it is only shown."""
    assert len({row.row["gpu"] for row in KERNELS}) == 7
    found = figures([row for row in KERNELS if ("A3B" in row.name or "gpt" in row.name) is experts], FIGURES[0])
    assert sum(inside for _, _, inside, *_ in found) >= share * len(found)


def test_the_middle_of_all_cards_is_that_of_their_kernels() -> None:
    found = figures(KERNELS, "tokens_per_second")
    assert 0.9 <= statistics.median(ratio for _, ratio, *_ in found) <= 1.1


def test_tensor_parallelism_over_pcie_is_as_slow_as_kernels_say() -> None:
    four = [row for row in KERNELS if (row.row["gpu"], row.row["gpus"]) == ("L40S", "4")]
    assert len(four) >= 3
    for row in four:
        assert row.tokens_per_second.inside
        assert 0.6 <= row.tokens_per_second.ratio <= 1.25
