"""A machine type says which GPU is meant, and how many a node has."""

import pytest

from infra.catalog import load_catalog
from infra.catalog.machines import gpus_of_machine

CATALOG = load_catalog()


@pytest.mark.parametrize(
    ("text", "gpus"),
    [
        ("a2-highgpu-1g", ("A100-40", 1)),
        ("Standard_NC24ads_A100_v4", ("A100-80", 1)),
        ("nd96isr_h100_v5", ("H100-80", 8)),
        ("g2-standard-24", ("L4", 2)),
        ("p4d.24xlarge", ("A100-40", 8)),
        ("g6f.xlarge", None),  # a part of a GPU
        ("Standard_D4s_v5", None),  # has none
        ("A100-40", None),
    ],
)
def test_a_machine_type_names_its_gpus(text: str, gpus: tuple[str, int] | None) -> None:
    assert gpus_of_machine(text, CATALOG) == gpus


def test_what_is_named_can_be_written() -> None:
    """A card whose memory isn't known would be refused the next time."""
    assert all(CATALOG.gpus[gpu].engine_gib and 1 <= number <= 16 for gpu, number in CATALOG.machines.values())
