"""Traffic by a pattern has the rates and the mean lengths that it says."""

import pytest

from infra.simulate.patterns import DAILY, HOUR, SAID, by_pattern, requests_of, share_at
from infra.sizing.requests import MeanRequest

_MEAN = MeanRequest(1_024, 256)


@pytest.mark.parametrize("pattern", SAID)
def test_the_rate_is_that_of_the_peak_hour(pattern: str) -> None:
    hours = [sum(share_at(pattern, hour * HOUR + second) for second in range(0, HOUR, 60)) / 60 for hour in range(24)]
    assert max(hours) == pytest.approx(1.0)
    assert requests_of(pattern, 2.0, 1) == pytest.approx(2.0 * HOUR * sum(hours))


def test_requests_come_as_often_as_the_hour_says() -> None:
    found = by_pattern("daily", 5.0, 1, {"a": (_MEAN, 100_000)}, 1)
    for hour in (3, 10, 20):
        count = sum(hour * HOUR <= time < (hour + 1) * HOUR for time in found.times)
        assert count == pytest.approx(5 * HOUR * DAILY[hour], rel=0.1)
    assert list(found.times) == sorted(found.times)


def test_lengths_have_the_mean_of_the_plan_and_models_equal_shares() -> None:
    found = by_pattern("steady", 0.5, 1, {"a": (_MEAN, 1_000_000), "b": (_MEAN, 1_000_000)}, 1)
    assert found.count("a") == pytest.approx(found.count("b"), rel=0.05)
    prompt, output = found.mean("a")
    assert prompt == pytest.approx(1_024, rel=0.05)
    assert output == pytest.approx(256, rel=0.05)


def test_no_request_is_longer_than_the_context() -> None:
    found = by_pattern("steady", 0.2, 1, {"a": (_MEAN, 1_000)}, 1)
    assert max(map(sum, zip(found.prompts, found.outputs, strict=True))) <= 1_000
    assert min(found.outputs) >= 1


def test_another_seed_draws_other_requests() -> None:
    one, other = (by_pattern("steady", 0.1, 1, {"a": (_MEAN, 10_000)}, seed) for seed in (1, 2))
    assert one.times != other.times
