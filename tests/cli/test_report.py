"""What the tables round, and what they say once instead of thirty times."""

import pytest

from infra.cli.report import report
from infra.offline import Planned
from infra.recording import Recording
from tests.planning.stacks import DEV, changed, plan


def _section(stack: dict, title: str) -> list[tuple[str, ...]]:
    sections = report(Planned(plan(stack), Recording([], {}))).sections
    return [row for section in sections if section.title == title for row in section.rows]


def test_capacity_is_rounded_down() -> None:
    """At 8,192 tokens 3.802 requests, at 2,048 with a larger batch 14.7."""
    assert "3.8 x 8,192" in _section(DEV, "MODELS")[0]
    assert "14 x 2,048" in _section(changed(DEV, models__qwen3_8b__maxModelLen=2048), "MODELS")[0]


@pytest.mark.parametrize(("types", "price"), [(["g6.xlarge", "g6.2xlarge"], "0.80 to 0.98"), (["g6.xlarge"], "0.80")])
def test_a_pool_of_several_types_has_a_range_of_prices(types: list[str], price: str) -> None:
    assert price in _section(changed(DEV, gpuPools__l4__instanceTypes=types), "POOLS")[0]


def test_many_models_share_a_line_of_the_same_words() -> None:
    model = DEV["models"]["qwen3-8b"]
    names = [f"m{index}" for index in range(9)]
    rows = [row[1] for row in _section(changed(DEV, models=dict.fromkeys(names, model)), "WARNINGS")]
    (line,) = [row for row in rows if "one replica" in row]
    assert line.startswith(f"models.*.replicas.min: {', '.join(names)}: one replica")
