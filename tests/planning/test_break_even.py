"""From how many tokens per month a replica is cheaper than a hosted API."""

import pytest

from infra.planning.break_even import break_even
from infra.sizing.estimates import Estimate, Speed, Throughput

MOMENT = Estimate(0.1, 0.1, 0.1)
SURE = Throughput(
    Speed(8, 8, Estimate(100, 200, 300), MOMENT, MOMENT), "measured"
)  # 263 to 788 million tokens per month
UNKNOWN = Throughput(None, "no estimate: the speed of X isn't known")


def test_both_cost_the_same_at_the_break_even() -> None:
    found = break_even(2.0, 4.0, SURE)
    assert found.tokens_per_month / 1e6 * 4.0 == pytest.approx(2.0 * 730)
    assert "$1,460 per month / $4 per million = 365 million output tokens per month" in found.reason


@pytest.mark.parametrize(
    ("api_price", "makes", "said"),
    [(10.0, True, "a replica can generate that many"), (4.0, None, "may be able to"), (1.0, False, "can't generate")],
)
def test_whether_one_replica_makes_as_many(api_price: float, makes: bool | None, said: str) -> None:
    found = break_even(2.0, api_price, SURE)
    assert found.one_replica_makes_them is makes
    assert said in found.reason
    assert "263 million to 788 million at full load" in found.reason


def test_without_an_estimate_the_tokens_are_said_all_the_same() -> None:
    found = break_even(2.0, 4.0, UNKNOWN)
    assert found.tokens_per_month == pytest.approx(365e6)
    assert (found.replica_tokens_per_month, found.one_replica_makes_them) == (None, None)
    assert "the speed of X isn't known" in found.reason
