"""A promise of a plan in dollars is what the diff of the change shows: the difference of two whole numbers."""

import pytest

from infra.plan.money import Cost, CostItem


@pytest.mark.parametrize(
    ("bill", "saves", "shown"), [(687.4, 2.8, 2), (687.6, 2.2, 3), (687.4, 0.95, 1), (687.4, 0.8, 0), (100.0, -0.6, -1)]
)
def test_a_saving_is_the_difference_of_the_bills_as_they_are_shown(bill: float, saves: float, shown: int) -> None:
    cost = Cost((CostItem("nodes", bill, bill, bill),), "", "")
    assert cost.falls(saves, "min") == shown == round(bill) - round(bill - saves)
