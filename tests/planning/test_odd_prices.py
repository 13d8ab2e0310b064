"""A price or a discount that is hardly meant brings a warning that says what was understood by it."""

from pathlib import Path
from typing import Any

import pytest

from tests.planning.following import outcome
from tests.planning.stacks import DEV, SHARED, changed


def _said(stack: dict[str, Any], path: str) -> list[str]:
    return [each.message for each in outcome(stack).warnings if each.path == path]


def test_a_part_of_a_percent_says_what_it_takes_off_and_how_the_whole_number_is_written() -> None:
    (said,) = _said(changed(DEV, prices={"discountPercent": 0.15}), "prices.discountPercent")
    assert said.startswith("0.15 % is taken off, so that $100 become $99.85")
    assert said.endswith("discountPercent: 15")


@pytest.mark.parametrize("percent", [0, 1, 15])
def test_a_usual_discount_brings_none(percent: int) -> None:
    assert not _said(changed(DEV, prices={"discountPercent": percent}), "prices.discountPercent")


@pytest.mark.parametrize(("usd", "warned"), [(20, False), (800, True)])
def test_a_price_far_above_every_known_gpu_says_what_it_is_per_month(usd: float, *, warned: bool) -> None:
    stack = changed(SHARED, gpuPools__a10g__existing__usdPerGpuHour=usd, models__qwen3_8b__replicas=1)
    said = _said(stack, "gpuPools.a10g.existing.usdPerGpuHour")
    assert bool(said) is warned
    for each in said:
        assert "each GPU of a10g is billed at $800.00 per hour, $584,000 per month" in each
        assert "$1.10 per hour" in each


def test_so_does_a_price_of_the_users_table(tmp_path: Path) -> None:
    table = tmp_path / "prices.csv"
    table.write_text("instance_type,usd_per_hour\ng6.xlarge,588\ng6.2xlarge,0.9\n", encoding="utf-8")
    (said,) = _said(changed(DEV, prices={"table": str(table)}), "prices.table")
    assert "each GPU of g6.xlarge is billed at $588.00 per hour" in said
