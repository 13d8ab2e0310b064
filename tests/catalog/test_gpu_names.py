"""A GPU is found by every name that people and NVIDIA's labels use, and never a GPU of another size."""

import pytest

from infra.catalog import gpu_named, gpus_named, load_catalog, similar_gpus, slice_named, with_memory
from infra.catalog.gpu_names import counted, same_chip

GPUS = load_catalog().gpus

NAMES = {
    "A100-80": [
        "A100-80GB",
        "A100 80GB",
        "a100 80g",
        "nvidia-a100-80gb",
        "NVIDIA-A100-SXM4-80GB",
        "NVIDIA A100 80GB PCIe",
    ],
    "A100-40": ["A100-40GB", "NVIDIA-A100-SXM4-40GB", "NVIDIA-A100-PCIE-40GB", "A100-SXM4-40GB"],
    "H100-80": ["H100", "H100-80GB", "NVIDIA H100 80GB HBM3", "NVIDIA-H100-80GB-HBM3"],
    "H100-PCIE": ["NVIDIA-H100-PCIe", "H100 PCIe"],
    "H100-NVL": ["NVIDIA-H100-NVL", "h100 nvl"],
    "H200": ["NVIDIA-H200", "H200-141GB"],
    "H20": ["NVIDIA-H20", "H20-96GB"],
    "B200": ["NVIDIA-B200", "B200-192GB"],
    "L4": ["NVIDIA-L4", "l4-24gb", "NVIDIA-L4-SHARED"],
    "L40S": ["NVIDIA-L40S", "l40s", "L40S-48GB"],
    "L40": ["NVIDIA-L40"],
    "L20": ["NVIDIA-L20"],
    "T4": ["Tesla-T4", "NVIDIA T4", "T4-16GB"],
    "A10G": ["NVIDIA-A10G"],
    "A10": ["NVIDIA-A10", "A10 24GB"],
    "A30": ["NVIDIA-A30", "A30-24GB"],
    "A40": ["NVIDIA-A40", "A40 48GB"],
    "RTX-A6000": ["NVIDIA-RTX-A6000", "A6000", "RTX A6000 48GB", "Quadro RTX A6000"],
    "RTX-6000-ADA": ["NVIDIA-RTX-6000-Ada-Generation", "RTX 6000 Ada"],
    "RTX-4090": ["NVIDIA-GeForce-RTX-4090", "RTX 4090", "4090", "GeForce RTX 4090 24GB"],
    "RTX-3090": ["NVIDIA-GeForce-RTX-3090", "rtx3090"],
    "RTX-5090": ["NVIDIA-GeForce-RTX-5090"],
    "V100-32": ["Tesla-V100-SXM2-32GB", "V100-PCIE-32GB"],
    "P100": ["Tesla-P100-PCIE-16GB", "Tesla-P100-SXM2-16GB"],
    "RTX-PRO-6000-SE": ["RTX PRO 6000", "NVIDIA-RTX-PRO-6000-Blackwell-Server-Edition"],
}


@pytest.mark.parametrize("gpu", NAMES)
def test_it_is_called_so(gpu: str) -> None:
    found = {text: gpu_named(text, GPUS) for text in [gpu, *NAMES[gpu]]}
    assert {text: each.name if each else None for text, each in found.items()} == dict.fromkeys(found, gpu)


@pytest.mark.parametrize("text", ["A100-48GB", "H20-141GB", "L4-48GB", "H100-96GB", "A100 16GB"])
def test_a_card_of_another_size_is_never_meant(text: str) -> None:
    assert gpu_named(text, GPUS) is None


@pytest.mark.parametrize(
    ("text", "chip"), [("Tesla-V100-SXM2-16GB", "V100-32"), ("A100 16GB", "A100-40"), ("X1", None)]
)
def test_a_card_of_another_size_runs_the_same_kernels(text: str, chip: str | None) -> None:
    found = same_chip(text, GPUS)
    assert (found.name if found else None) == chip


def test_a_name_of_two_sizes_is_asked_about() -> None:
    assert gpu_named("A100", GPUS) is None
    assert [gpu.name for gpu in gpus_named("A100", GPUS)] == ["A100-40", "A100-80"]
    assert similar_gpus("A100", GPUS) == ["A100-40", "A100-80"]


@pytest.mark.parametrize(
    ("text", "card", "gb"),
    [
        ("NVIDIA-A100-SXM4-80GB-MIG-3g.40gb", "A100-80", 40),
        ("NVIDIA-A100-SXM4-80GB-MIG-1g.10gb", "A100-80", 10),
        ("NVIDIA-H200-MIG-1g.18gb", "H200", 18),
        ("a100-80gb 7g.80gb", "A100-80", 80),
        ("mig-1g.5gb", None, 5),
        ("H100-MIG", "H100-80", None),
    ],
)
def test_a_slice_is_never_the_card_that_it_is_cut_of(text: str, card: str | None, gb: int | None) -> None:
    assert gpu_named(text, GPUS) is None
    cut = slice_named(text, GPUS)
    assert cut is not None
    assert (cut.card.name if cut.card else None, cut.gb) == (card, gb)


def test_whole_cards_are_no_slices() -> None:
    whole = [*(text for texts in NAMES.values() for text in texts), "MIGhty", "unknown"]
    assert [text for text in whole if slice_named(text, GPUS) is not None] == []


@pytest.mark.parametrize(
    ("text", "proposed"), [("A1000-80GB", ["A100-80"]), ("A10O", ["A10G"]), ("A4O", ["A40"]), ("X9", [])]
)
def test_what_is_proposed_has_the_memory_that_was_typed(text: str, proposed: list[str]) -> None:
    near = similar_gpus(text, GPUS)
    assert set(proposed) <= set(near)
    assert "A100-40" not in near or "80" not in text


@pytest.mark.parametrize(
    "text", ["H800", "RTX 4080", "A800", "Quadro-RTX-6000", "Quadro RTX 8000", "P100", "B100", "GH200", "NVIDIA-L40G"]
)
def test_a_card_of_another_number_is_another_card(text: str) -> None:
    assert similar_gpus(text, GPUS) == []


@pytest.mark.parametrize(
    "name", ["RTX-A6000", "A40", "A30", "A10", "H20", "L20", "L40", "RTX-4090", "RTX-3090", "RTX-6000-ADA"]
)
def test_cards_that_aws_lacks_have_what_an_estimate_needs(name: str) -> None:
    gpu = GPUS[name]
    assert gpu.engine_gib
    assert gpu.bandwidth_gb_s
    assert gpu.bf16_tflops
    assert gpu.link_gb_s
    assert gpu.compute_capability
    assert gpu.bf16
    assert gpu.fp8 == (gpu.fp8_tflops is not None) == (gpu.compute_capability >= 8.9)


def test_names_are_proposed_with_their_memory() -> None:
    """`RTX 6000` alone is a name of four cards."""
    near = similar_gpus("RTX 6000", GPUS)
    assert with_memory(near, GPUS) == "one of RTX-PRO-6000-SE (95 GiB), RTX-6000-ADA (47 GiB), RTX-A6000 (47 GiB)"
    assert with_memory(["L4"], GPUS) == "L4 if it has 22 GiB"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2xL4", (2, "L4")),
        ("2x L4", (2, "L4")),
        ("2 x L4", (2, "L4")),
        ("2 L4", (2, "L4")),
        ("L4 x2", (2, "L4")),
        ("L4 (2)", (2, "L4")),
        ("8xA100-80GB", (8, "A100-80GB")),
        ("4 × RTX 4090", (4, "RTX 4090")),
        ("L4", None),
        ("RTX 4090", None),
        ("A100 40", None),
        ("2xCard", None),
        ("0xL4", None),
    ],
)
def test_a_number_of_cards_is_distinguished_from_the_card(text: str, found: tuple[int, str] | None) -> None:
    assert counted(text, load_catalog().gpus) == found
