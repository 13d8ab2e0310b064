"""What the tables round, and what they say once instead of thirty times."""

import pytest

from infra.cli.report import report
from infra.offline import Planned
from infra.recording import Recording
from tests.planning.stacks import DEV, changed, plan


def _section(stack: dict, title: str) -> list[tuple[str, ...]]:
    sections = report(Planned(plan(stack), Recording([], {}))).sections
    return [row for section in sections if section.title == title for row in section.rows]


@pytest.mark.parametrize(("length", "step"), [(8192, 0.1), (2048, 1)])
def test_capacity_is_rounded_down(length: int, step: float) -> None:
    """To a tenth below ten requests, and to a whole one above."""
    stack = changed(DEV, models__qwen3_8b__maxModelLen=length)
    fit = plan(stack).models["qwen3-8b"].fit
    (shown,) = [cell for cell in _section(stack, "MODELS")[0] if cell.endswith(f" x {length:,}")]
    assert fit is not None
    assert fit.max_concurrency is not None
    assert 0 <= fit.max_concurrency - float(shown.split()[0]) < step


@pytest.mark.parametrize(("types", "price"), [(["g6.xlarge", "g6.2xlarge"], "0.80 to 0.98"), (["g6.xlarge"], "0.80")])
def test_a_pool_of_several_types_has_a_range_of_prices(types: list[str], price: str) -> None:
    pool = {"instanceTypes": types}
    assert price in _section(changed(DEV, gpuPools__l4=pool), "POOLS")[0]


def test_many_models_share_a_line_of_the_same_words() -> None:
    model = DEV["models"]["qwen3-8b"]
    names = [f"m{index}" for index in range(9)]
    rows = [row[1] for row in _section(changed(DEV, models=dict.fromkeys(names, model)), "WARNINGS")]
    (line,) = [row for row in rows if "one replica" in row]
    assert line.startswith(f"models.*.replicas.min: {', '.join(names)}: one replica")
