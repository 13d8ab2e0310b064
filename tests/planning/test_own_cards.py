"""Cards of existing nodes: a slice, a shared GPU or a card of another size is never planned as the whole card."""

from typing import Any

import pytest

from infra.planning import Plan
from tests.planning.stacks import plan

SLICE = {"gpu": "NVIDIA-A100-SXM4-80GB-MIG-3g.40gb", "gpuMemoryGib": 39.3}
LABEL = "nvidia.com/gpu.product"


def _planned(card: dict[str, Any], **model: Any) -> Plan:
    nodes = {"gpusPerNode": 2, "nodes": 2, "selector": {"gpu": "x"}, **card}
    stack = {
        "cluster": {"existing": {"context": "prod"}},
        "gpuPools": {"own": {"existing": nodes}},
        "models": {"m": {"model": "Qwen/Qwen3-8B", "maxModelLen": 8192, **model}},
        "cache": {"kind": "storageClass", "storageClass": "nfs"},
    }
    return plan(stack)


def _said(result: Plan, path: str) -> list[str]:
    return [note.message for note in (*result.assumptions, *result.warnings) if note.path == path]


def test_a_slice_has_its_own_memory_and_no_speed() -> None:
    result = _planned(SLICE)
    fit = result.models["m"].fit
    assert fit is not None
    assert result.violations == ()
    assert fit.usable_gib < 39.3
    assert result.models["m"].throughput.tokens_per_second is None
    (said,) = _said(result, "gpuPools.own.existing.gpu")
    assert "no tokens per second are estimated" in said


def test_a_slice_of_everything_is_still_no_whole_card() -> None:
    result = _planned({"gpu": "A100-80GB-MIG-7g.80gb", "gpuMemoryGib": 79.1})
    assert result.models["m"].throughput.tokens_per_second is None


@pytest.mark.parametrize(
    "card",
    [SLICE, {"gpuMemoryGib": 39.3, "selector": {LABEL: SLICE["gpu"]}}],
    ids=["by its name", "by NVIDIA's label"],
)
def test_no_replica_spans_two_slices(card: dict[str, Any]) -> None:
    """32B in 16 bit: 61 GiB, which two cards of that memory hold."""
    whole = _planned({"gpuMemoryGib": 39.3}, model="Qwen/Qwen3-32B", maxModelLen=4096)
    assert (whole.violations, whole.models["m"].gpus) == ((), 2)
    refused = _planned(card, model="Qwen/Qwen3-32B", maxModelLen=4096)
    assert [each.rule for each in refused.violations] == ["Fit"]
    assert not any("gpus: 2" in each.text for violation in refused.violations for each in violation.advice)


@pytest.mark.parametrize(
    ("card", "warned"),
    [
        ({"gpu": "NVIDIA-L40S-SHARED"}, True),
        ({"gpu": "L40S", "selector": {LABEL: "NVIDIA-L40S-SHARED"}}, True),
        ({"gpu": "L40S", "selector": {LABEL: "NVIDIA-L40S"}}, False),
    ],
)
def test_gpus_that_a_node_offers_several_times_are_a_warning(card: dict[str, Any], warned: bool) -> None:
    assert any("-SHARED" in said for said in _said(_planned(card), "gpuPools.own.existing.gpu")) is warned


@pytest.mark.parametrize(
    ("card", "warned"),
    [
        ({"gpu": "L40S", "gpuMemoryGib": 24}, True),
        ({"gpu": "L40S", "gpuMemoryGib": 44.4}, False),  # the card's own
        ({"gpu": "RTX-9000", "gpuMemoryGib": 95}, False),  # nobody knows better
        ({"gpu": "V100", "gpuMemoryGib": 31.7}, False),
    ],
)
def test_a_memory_that_a_known_card_lacks_is_a_warning(card: dict[str, Any], warned: bool) -> None:
    said = _said(_planned(card, model="Qwen/Qwen3-4B", maxModelLen=4096), "gpuPools.own.existing.gpuMemoryGib")
    assert any("GiB are planned with" in each for each in said) is warned


def test_a_rounded_memory_counts_as_what_an_engine_sees() -> None:
    """44.5 is 44.42 rounded: more than that is bad input."""
    rounded, left_out = (_planned({"gpu": "L40S", **gib}).models["m"].fit for gib in ({"gpuMemoryGib": 44.5}, {}))
    assert rounded is not None
    assert rounded == left_out


def test_a_card_that_has_several_sizes_keeps_the_name_that_was_written() -> None:
    assert _planned({"gpu": "V100", "gpuMemoryGib": 15.7}).pools["own"].gpu == "V100"


@pytest.mark.parametrize(
    ("card", "said"),
    [
        ({"gpu": "RTX 4090", "selector": {"accelerator": "nvidia-a40"}}, "names A40 (44 GiB)"),
        ({"gpu": "RTX 4090", "selector": {"example.com/a40": "true"}}, "example.com/a40=true names A40"),
        ({"gpu": "RTX 4090", "selector": {"card": "a100"}}, "names A100-40 or A100-80"),
        ({"gpuMemoryGib": 23.6, "selector": {LABEL: "NVIDIA-A40"}}, "the plan counts with 23.6 GiB GPU (24 GiB)"),
        ({"gpu": "A40", "selector": {"accelerator": "NVIDIA-A40-48GB"}}, ""),
        ({"gpu": "A100-80", "selector": {"card": "a100"}}, ""),
        ({"gpu": "H100-NVL", "selector": {"pool": "h100"}}, ""),  # the kind's name, and also that of its first card
        ({"gpu": "H100-NVL", "selector": {"pool": "h100-80gb"}}, "names H100-80"),
        ({"gpu": "L40S", "selector": {"pool": "l40"}}, "names L40 "),
        ({"gpu": "ours", "gpuMemoryGib": 44.3, "selector": {"accelerator": "a40"}}, ""),
        ({"gpu": "RTX 4090", "selector": {"pool": "gpu", "nvidia.com/gpu.present": "true"}}, ""),
    ],
)
def test_a_label_that_names_another_card_is_warned_of(card: dict[str, Any], said: str) -> None:
    found = _said(_planned(card), "gpuPools.own.existing.selector")
    assert len(found) == bool(said)
    assert said in "".join(found)


@pytest.mark.parametrize(
    ("gpu", "gib"),
    [("V100-32", 31.7), ("Tesla-V100-SXM2-32GB", 31.7), ("Tesla-V100-SXM2-16GB", 15.7), ("Tesla-P100-PCIE-16GB", 15.9)],
)
def test_a_card_that_the_engine_has_no_kernels_for_is_refused_by_any_of_its_names(gpu: str, gib: float) -> None:
    (refused,) = _planned({"gpu": gpu, "gpuMemoryGib": gib}).violations
    assert "vLLM needs compute capability 7.5" in refused.message
    assert f"and {'V100-32' if gpu == 'V100-32' else gpu} has" in refused.message
