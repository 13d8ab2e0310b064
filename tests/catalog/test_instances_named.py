"""What people write for an instance type says which one they want: its GPUs, or its family."""

import pytest

from infra.catalog import load_catalog
from infra.catalog.instances_named import types_to_write

L4 = "write one of g6.xlarge (1 x L4), g6.12xlarge (4 x L4), g6.48xlarge (8 x L4)"


@pytest.mark.parametrize(
    ("text", "region", "write"),
    [
        ("8xH200", "us-east-2", "write p5en.48xlarge (8 x H200)"),
        ("H200 x 8", None, "write p5en.48xlarge (8 x H200)"),
        ("4x A10G", "us-east-1", "write one of g5.12xlarge (4 x A10G), g5.24xlarge (4 x A10G)"),
        ("NVIDIA L4", "us-east-1", L4),
        ("3xL4", "us-east-1", f"no instance type has 3 L4: {L4}"),
        ("g6", "us-east-1", L4),
        ("A100-80", "us-east-2", "write p4de.24xlarge (8 x A100-80); no zone of us-east-2 offers it"),
        (
            "RTX-4090",
            "us-east-1",
            "no instance type has RTX-4090: write existing: {gpu: RTX-4090, ...} for nodes that you have",
        ),
        ("ml.g5.xlarge", "us-east-1", "write g5.xlarge (1 x A10G)"),
        ("g6.48large", "us-east-1", "write g6.48xlarge (8 x L4)"),
        ("p4d.24", "us-east-1", "write p4d.24xlarge (8 x A100-40)"),
        ("g4.xlarge", "us-east-1", "write g4dn.xlarge (1 x T4)"),
        ("inf2.xlarge", "us-east-1", None),  # another maker's cards: no type is similar
        ("p3.2xlarge", "us-east-1", None),
        ("4 GPUs", "us-east-1", None),
    ],
)
def test_a_gpu_and_a_family_name_their_types(text: str, region: str | None, write: str | None) -> None:
    assert types_to_write(text, load_catalog(), region) == write
