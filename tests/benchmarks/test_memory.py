"""The memory model stays within its bounds on published start-up logs and recipes of vLLM."""

import statistics

import pytest

from benchmarks.memory import TERMS, Log, measured, recipes, start_up_logs

LOGS = start_up_logs()
COUNTED = [log for log in LOGS if log.counted]
STATED = [log for log in COUNTED if log.logged is not None]
RECIPES = list(recipes())
MEASURED = measured()


def share(right: list[bool]) -> float:
    return sum(right) / len(right)


def test_there_are_logs_of_every_kind() -> None:
    assert len(LOGS) == 37
    assert len(STATED) >= 25
    assert len(RECIPES) >= 40
    assert any(log.row["starts"] == "no" for log in COUNTED)


def test_the_cache_is_within_4_percent_of_the_card_on_90_percent_of_the_logs() -> None:
    assert share([abs(log.error) <= 0.04 for log in STATED]) >= 0.9


def test_the_cache_is_within_half_a_percent_of_the_card_at_the_median() -> None:
    assert statistics.median(abs(log.error) for log in STATED) <= 0.005


def test_tokens_per_gib_are_within_1_percent_for_standard_attention() -> None:
    errors = [error for log in COUNTED if (error := log.token_error) is not None]
    assert len(errors) >= 15
    assert share([abs(error) <= 0.01 for error in errors]) >= 0.95


def test_the_verdict_is_right_where_version_and_card_are_named_and_on_90_percent_of_all() -> None:
    assert share([log.verdict_right for log in COUNTED]) >= 0.9
    named = [log for log in COUNTED if log.named]
    assert len(named) >= 15
    assert all(log.verdict_right for log in named)


def test_the_cache_is_within_4_percent_where_version_and_card_are_named() -> None:
    assert share([abs(log.error) <= 0.04 for log in STATED if log.named]) >= 0.9


@pytest.mark.parametrize("log", [log for log in LOGS if log.row["starts"] == "no"], ids=lambda log: log.name)
def test_nothing_is_certain_where_the_engine_failed(log: Log) -> None:
    assert not log.fit.certain


def test_the_interval_holds_on_90_percent_and_is_narrow() -> None:
    assert share([log.inside for log in STATED]) >= 0.9
    assert statistics.median(log.half_width for log in STATED) < 0.03


def test_recipes_fit_at_the_memory_that_they_state() -> None:
    fits = [recipe.fit.fits for recipe in RECIPES if recipe.has_a_margin]
    assert len(fits) >= 30
    assert share(fits) >= 0.9


def test_weights_are_never_over_the_memory_that_a_recipe_states() -> None:
    over = [recipe for recipe in RECIPES if not recipe.in_4_bit and not recipe.fit.weights_gib <= recipe.stated_gib]
    assert [f"{recipe.row['model_id']}-{recipe.row['variant']}" for recipe in over] == []


@pytest.mark.parametrize("log", MEASURED, ids=lambda log: log.row["name"])
def test_a_start_on_an_h100_is_within_1_percent_of_the_card_and_its_tokens_within_a_thousandth(log: Log) -> None:
    of_text = log.row["name"].endswith("-text")  # without the 0.78 GiB of the part that reads images
    assert abs(log.error) <= (0.012 if of_text else 0.01)
    assert abs(log.tokens_error) < 0.001
    assert log.inside
    assert log.verdict_right


@pytest.mark.parametrize("column", TERMS)
def test_each_term_of_a_first_start_is_within_a_fifth_of_a_gib(column: str) -> None:
    errors = {log.row["name"]: error for log in MEASURED if log.first and (error := log.term_error(column)) is not None}
    assert len(errors) >= 3
    assert {name: error for name, error in errors.items() if abs(error) > 0.2} == {}
