"""While old and new nodes run side by side, a quota has to hold both: what a change's figures and to-dos say of it."""

from typing import Any

import pytest

from infra.cli.diff.tables import to_do
from infra.cli.document.marked import markdown
from infra.diff.difference import compare
from infra.diff.figures import QuotaId
from infra.diff.side_by_side import Raise, raises
from tests.diff.stacks import edited, side

GPUS = QuotaId("Running On-Demand G and VT instances", "L-DB2E81BA", "us-east-1", "vCPUs")
SYSTEM = QuotaId("Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances", "L-1216C47A", "us-east-1", "vCPUs")
NODES = "cluster.create.systemNodes"
TWO_ON_L4 = {"models.small": {"model": "Qwen/Qwen3-0.6B", "maxModelLen": 4096, "pool": "l4", "replicas": 2}}
MOVED = {"models.small": {**TWO_ON_L4["models.small"], "pool": "l40s"}}
LARGE, SMALL = {"instanceType": "m7i.2xlarge", "count": 3}, {"instanceType": "m7i.xlarge", "count": 3}


def both(before: dict[str, Any], after: dict[str, Any]) -> tuple[dict[QuotaId, Raise], dict[str, str]]:
    found = compare("cloud", side("cloud", edited("cloud", before)), side("cloud", edited("cloud", after)))
    return raises(found.old, found.new, found.resources), {
        markdown(path): markdown(text) for path, text in to_do(found) if "quota" in markdown(text)
    }


def test_a_model_that_moves_between_pools_that_stay_runs_on_the_nodes_of_both() -> None:
    """Its 2 nodes of 8 vCPUs stay until its pods on l40s serve: the new plan's 4 + 2 nodes and these."""
    raised, said = both(TWO_ON_L4, MOVED)
    assert raised == {GPUS: Raise(new=(4 + 4) * 8, beside=2 * 8)}
    assert "to 80 vCPUs at least: 64 for the new plan and 16 while old and new nodes" in said["`gpuPools`"]


def test_nodes_of_a_model_that_goes_while_another_comes_count_too() -> None:
    other = {"models.other": {"model": "Qwen/Qwen3-0.6B", "maxModelLen": 4096, "pool": "l40s", "replicas": 2}}
    assert both(TWO_ON_L4, other)[0] == {GPUS: Raise(new=64, beside=16)}
    assert both(TWO_ON_L4, {})[0] == {}


def test_a_maximum_in_the_stack_file_counts_once() -> None:
    fixed = {"gpuPools.l4.max": 6}
    assert both({**TWO_ON_L4, **fixed}, {**MOVED, **fixed})[0] == {}


@pytest.mark.parametrize(
    ("before", "after", "beside", "says"),
    [
        ({NODES: SMALL}, {NODES: {**SMALL, "count": 2}}, None, None),
        ({NODES: SMALL}, {NODES: {**SMALL, "count": 4}}, None, ": 16 vCPUs at least, for the system nodes"),
        ({NODES: SMALL}, {NODES: LARGE}, 12, "to 36 vCPUs at least: 24 for the new plan and 12 while old and new"),
        ({NODES: LARGE}, {NODES: SMALL}, 24, "to 36 vCPUs at least: 12 for the new plan and 24 while old and new"),
    ],
    ids=["fewer", "more", "larger", "smaller"],
)
def test_system_nodes_ask_for_what_runs_at_once_and_never_for_less(
    before: dict[str, Any], after: dict[str, Any], beside: int | None, says: str | None
) -> None:
    raised, said = both(before, after)
    assert {quota: each.beside for quota, each in raised.items()} == ({SYSTEM: beside} if beside else {})
    assert set(said) == ({f"`{NODES}`"} if says else set())
    assert says is None or says in said[f"`{NODES}`"]
