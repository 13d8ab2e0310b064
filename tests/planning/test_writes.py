"""How a change of the stack file is put into words."""

from typing import Any

import pytest

from infra.plan.notes import Write
from infra.plan.writes import written

LABELS: dict[str, Any] = {"pool": "a"}


@pytest.mark.parametrize(
    ("write", "says"),
    [
        (
            (("gpuPools.a.existing.nodes", 2), ("gpuPools.a.existing.selector", LABELS)),
            "gpuPools.a.existing.nodes: 2 with gpuPools.a.existing.selector: {pool: a}",  # its gpu stays
        ),
        (
            (("gpuPools.b.existing", {"gpu": "L4", "nodes": 1}), ("gpuPools.a.existing.nodes", 2)),
            "gpuPools.b.existing: {gpu: L4, nodes: 1} with gpuPools.a.existing.nodes: 2",
        ),
        (
            (("gpuPools.b.instanceTypes", ["g6.xlarge"]), ("gpuPools.b.capacity", "spot")),
            "gpuPools.b: {capacity: spot, instanceTypes: [g6.xlarge]}",
        ),
        ((("models.a.replicas.min", 1), ("models.a.replicas.max", 2)), "models.a.replicas: {max: 2, min: 1}"),
        ((("models.a.gpus", 2), ("models.a.pool", None)), "models.a.gpus: 2 with models.a.pool removed"),
    ],
)
def test_a_change_reads_as_one_would_write_it(write: Write, says: str) -> None:
    assert written(write) == says
