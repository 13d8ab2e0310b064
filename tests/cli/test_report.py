"""What the tables round, and what they say once instead of thirty times."""

import pytest

from infra.cli.report import report
from infra.cli.report.words import shown
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
    (holds,) = [cell for cell in _section(stack, "MODELS")[0] if cell.endswith(f" x {length:,}")]
    assert fit is not None
    assert fit.max_concurrency is not None
    assert 0 <= fit.max_concurrency - float(holds.split()[0]) < step


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


MANY = changed(DEV, models={f"m{index}": DEV["models"]["qwen3-8b"] for index in range(9)}, gpuPools={})


@pytest.mark.parametrize("stack", [MANY, DEV], ids=["many", "dev"])
def test_every_value_that_was_chosen_is_shown_with_its_reason(stack: dict) -> None:
    rows = _section(stack, "CHOSEN")
    for path, choice in plan(stack).chosen.items():
        section, name, *key = path.split(".")
        why, _, version = choice.reason.partition(": ") if section == "addons" else (choice.reason, "", "")
        alone = [row for row in rows if row[0] == path and row[2] == choice.reason]
        grouped = ".".join([section, "*", *key]) if key else section
        together = [row for row in rows if row[0] == grouped and all(each in row[2] for each in (name, why, version))]
        ((_, value, _),) = alone or together
        assert value == shown(choice.value)


def test_what_was_chosen_alike_is_one_row() -> None:
    assert len([row for row in _section(MANY, "CHOSEN") if "maxNumSeqs" in row[0]]) == 1
    assert len([row for row in _section(MANY, "CHOSEN") if row[0].startswith("addons")]) == 1
