"""Rule 12 finds a chart with values, or in a version, for which nobody saw what it makes."""

import pytest

from tests.invariants.breaking import Break, caught

RULE = "12 charts"
AUTOSCALER = "Release addons-cluster-autoscaler"
BREAKS = [
    Break(RULE, "prod", AUTOSCALER, "inputs version", "9.60.0", "cluster-autoscaler 9.60.0"),
    Break(RULE, "prod", AUTOSCALER, "inputs values rbac serviceAccount create", False, "create=false"),
]


@pytest.mark.parametrize("change", BREAKS, ids=str)
def test_a_broken_stack_is_found(change: Break) -> None:
    caught(change)
