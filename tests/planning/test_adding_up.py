"""What a bill shows adds up to the sum that it shows."""

import random
from collections.abc import Sequence

import pytest

from infra.cli.report.bill import bill_section
from infra.plan.adding_up import adding_up
from infra.plan.money import Cost, CostItem, in_cents, rise
from tests.conftest import STACK_NAMES
from tests.example_stacks import planned

TABLES: dict[str, tuple[list[list[float]], list[int], list[list[int]]]] = {
    "the largest remainder is rounded up": ([[1.4], [1.3], [1.3]], [4], [[2], [1], [1]]),
    "the smallest one is rounded down": ([[1.6], [1.7], [1.7]], [5], [[1], [2], [2]]),
    "what is the same is shown as the same": ([[1.4, 1.4], [1.3, 2.9]], [3, 4], [[2, 2], [1, 2]]),
    "what rises isn't shown as falling": ([[10.6, 10.65], [5.4, 50.7]], [16, 61], [[11, 11], [5, 50]]),
    "what falls may be shown as falling": ([[9.0, 2.0], [1.0, 1.0]], [10, 3], [[9, 2], [1, 1]]),
    "nothing": ([], [0], []),
}


@pytest.mark.parametrize("name", TABLES)
def test_the_parts_add_up(name: str) -> None:
    rows, sums, shown = TABLES[name]
    assert adding_up(rows, sums) == shown


def test_no_amount_is_far_from_what_it_is() -> None:
    chance = random.Random(8)
    for _ in range(300):
        rows = [_row(chance) for _ in range(chance.randint(1, 9))]
        sums = [round(sum(row[place] for row in rows)) for place in range(3)]
        shown = adding_up(rows, sums)
        assert [sum(row[place] for row in shown) for place in range(3)] == sums
        assert all(row == sorted(row) for row in shown)
        assert (
            max(abs(a - b) for row, cells in zip(rows, shown, strict=True) for a, b in zip(row, cells, strict=True)) < 2
        )


def _row(chance: random.Random) -> Sequence[float]:
    low = chance.uniform(0, 900)
    return sorted([low, chance.choice([low, low + chance.uniform(0, 400)]), low + chance.choice([0, 400])])


@pytest.mark.parametrize("stack", STACK_NAMES)
def test_each_column_of_the_bill_adds_up(stack: str) -> None:
    rows = [row for row in bill_section(planned(stack).plan).rows if row[0] != "per hour"]
    amounts = [[int(cell.replace(",", "")) for cell in row[1:] if cell.replace(",", "").isdecimal()] for row in rows]
    if amounts:
        *parts, total = amounts
        assert [sum(column) for column in zip(*parts, strict=True)] == total


def test_the_items_are_as_they_were_but_for_cents() -> None:
    items = tuple(CostItem(f"i{n}", n + 0.4, n + 0.4, n + 0.4) for n in range(5))
    assert [item.min for item in Cost(items, "", "").in_dollars] == [1, 2, 2, 3, 4]


def test_the_bill_is_the_same_in_plan_and_json_and_its_items_add_up_in_cents() -> None:
    """1,234.496 is 1,234.50 in JSON, which rounds to 1,234; half a cent each of four items are two cents."""
    items = tuple(CostItem(f"i{n}", 308.624, 308.624, 308.624) for n in range(4))
    cost = Cost(items, "", "")
    assert cost.usd_per_month_max == pytest.approx(sum(in_cents(each.max) for each in items), abs=1e-9)
    assert cost.usd_per_month_max == in_cents(cost.usd_per_month_max)


@pytest.mark.parametrize(
    ("before", "after", "more"), [(0.4, 0.6, 1), (0.6, 1.4, 0), (100.4, 99.6, 0), (100.6, 99.4, -2)]
)
def test_a_change_of_a_bill_is_that_of_the_whole_dollars_of_both(before: float, after: float, more: int) -> None:
    assert rise(before, after) == more
