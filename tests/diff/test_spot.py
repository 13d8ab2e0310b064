"""What a change of a pool's kinds of nodes means for its models."""

import pytest

from infra.diff.spot import spot_changed
from infra.plan.kinds import KINDS

SPOT, LADDER, DEMAND = ["spot"], ["spot", "on-demand"], ["on-demand"]


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        (SPOT, SPOT, []),
        (LADDER, LADDER, []),
        (DEMAND, SPOT, [KINDS["spot"], "an answer that takes longer than 90 s is cut where its node goes"]),
        (DEMAND, LADDER, [KINDS["spot-step"], "an answer that takes longer than 90 s is cut where its node goes"]),
        (LADDER, SPOT, [f"spot nodes alone, and on-demand nodes no longer: {KINDS['spot']}"]),
        (SPOT, LADDER, ["its nodes may also be on-demand nodes"]),
        (LADDER, DEMAND, ["its nodes are no longer spot nodes, which go with two minutes' notice"]),
    ],
)
def test_a_change_of_the_kinds_of_nodes_is_said(before: list[str], after: list[str], says: list[str]) -> None:
    assert list(spot_changed(before, after, 90)) == says
