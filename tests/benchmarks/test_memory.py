"""The memory model stays within its bounds on published start-up logs and recipes of vLLM."""

import statistics

import pytest

from benchmarks.memory import Log, recipes, start_up_logs

LOGS = start_up_logs()
COUNTED = [log for log in LOGS if log.counted]
STATED = [log for log in COUNTED if log.logged is not None]
RECIPES = list(recipes())


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


def test_the_verdict_is_right_on_95_percent() -> None:
    assert share([log.verdict_right for log in COUNTED]) >= 0.95


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
