"""What a model's weights take on a GPU beyond its files: tables, whole blocks, padding; and what isn't loaded."""

from dataclasses import replace

import pytest

from infra.catalog import load_catalog
from infra.engines.vllm.allocated import added_gib
from infra.engines.vllm.memory import fit
from infra.sizing.question import Arguments, Draft, Version
from infra.sizing.weights import stored_gib

CATALOG = load_catalog()
V11, V19, V26 = (0, 11, 0), (0, 19, 0), (0, 26, 0)
GIB, MIB = 2**30, 2**20


def weights(
    model: str, quantization: str | None, gpu: str, gpus: int, version: Version, draft: Draft | None = None
) -> dict[str, float]:
    arguments = Arguments(2048, 8, 2048, 0.92, version=version, draft=draft)
    found = fit(CATALOG.models[model], CATALOG.gpus[gpu], gpus, arguments, catalog=CATALOG, quantization=quantization)
    return {term.name: term.gib for term in found.terms}


@pytest.mark.parametrize(
    ("model", "quantization", "gpu", "gpus", "version", "logged"),
    [
        ("meta-llama/Llama-3.1-8B-Instruct", None, "H100-80", 1, V26, 15.0),
        ("Qwen/Qwen3-32B", "fp8", "H100-80", 1, V26, 32.07),
        ("Qwen/Qwen3-30B-A3B", None, "H100-80", 1, V26, 56.88),
        ("openai/gpt-oss-20b", None, "H100-80", 1, V26, 13.03),  # Triton doesn't pad, whole blocks take 0.13
        ("openai/gpt-oss-20b", None, "H100-80", 1, V11, 13.47),  # the hidden size padded to 3,072
        ("openai/gpt-oss-20b", None, "A100-80", 1, V19, 13.72),
        ("openai/gpt-oss-120b", None, "A100-80", 4, V19, 17.22),
        ("Qwen/Qwen3-32B", None, "H100-80", 1, V11, 61.03),
    ],
)
def test_the_weights_on_a_gpu_are_those_that_the_engine_logs(
    model: str, quantization: str | None, gpu: str, gpus: int, version: Version, logged: float
) -> None:
    assert weights(model, quantization, gpu, gpus, version)["weights"] == pytest.approx(logged, rel=0.005)


def test_large_tensors_take_whole_blocks() -> None:
    """Of Gemma 3 12B: 225 MiB of gate and up take 226, 112.5 of down take 114; 60 and 30 of attention are whole."""
    shape, gpu = CATALOG.models["google/gemma-3-12b-it"], CATALOG.gpus["H100-80"]
    shape = replace(shape, intermediate_size=15360)
    assert added_gib(shape, None, CATALOG, gpu, 1, V26) == pytest.approx(48 * 2.5 * MIB / GIB)
    assert added_gib(shape, None, CATALOG, gpu, 1, (0, 20, 0)) == 0


@pytest.mark.parametrize(
    ("model", "mib"),
    [
        ("meta-llama/Llama-3.1-8B-Instruct", 32),  # 131,072 positions of 128 values in 16 bit
        ("google/gemma-3-12b-it", 512 + 64),  # eight times the positions in full layers, and the table of the windows
        ("openai/gpt-oss-20b", 32),  # 64 values in 32 bit
        ("Qwen/Qwen3-VL-8B-Instruct", 256),  # four times the positions
    ],
)
def test_each_kind_of_layer_has_a_table_of_positions(model: str, mib: int) -> None:
    shape = CATALOG.models[model]
    without = replace(shape, rotary_bytes=0)
    arguments = Arguments(2048, 8, 2048, 0.92, version=(0, 20, 0))
    both = [
        fit(each, CATALOG.gpus["H100-80"], 1, arguments, catalog=CATALOG, quantization=None).weights_gib
        for each in (shape, without)
    ]
    assert both[0] - both[1] == pytest.approx(mib * MIB / GIB)


def test_layers_that_guess_ahead_are_downloaded_and_loaded_only_to_propose() -> None:
    shape = CATALOG.models["Qwen/Qwen3.5-9B"]
    guessing = 0.24327 * 2e9 / GIB
    assert stored_gib(shape, None, CATALOG, own_repository=True) == shape.weights_gib == 17.98
    alone = weights("Qwen/Qwen3.5-9B", None, "H100-80", 1, V26)
    proposing = weights("Qwen/Qwen3.5-9B", None, "H100-80", 1, V26, Draft(2, own_layer=True))
    assert alone["weights"] == proposing["weights"]
    assert "draft layers" not in alone
    assert proposing["draft layers"] == pytest.approx(guessing)


@pytest.mark.parametrize("quantization", [None, "fp8"])
def test_without_a_published_size_they_are_counted_the_same(quantization: str | None) -> None:
    shape = CATALOG.models["Qwen/Qwen3.5-27B"]
    each = 1 if quantization else 2
    more = (
        stored_gib(shape, quantization, CATALOG, own_repository=False)
        - weights("Qwen/Qwen3.5-27B", quantization, "H100-80", 1, (0, 20, 0))["weights"]
    )
    assert more == pytest.approx((0.424673e9 * each - 262144 * 256 * 2) / GIB)
