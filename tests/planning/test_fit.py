"""Weights, KV cache and the memory for it, compared with sums done by hand."""

from dataclasses import replace

import pytest

from infra.engines.vllm.memory import fit
from infra.engines.vllm.versions import PINNED, default_batch, default_utilization, pages, version_of
from infra.sizing.kv_cache import kv_bytes_per_token
from infra.sizing.question import Arguments, Batch, Version
from infra.sizing.weights import served_dtype, served_gib, stored_gib
from tests.planning.stacks import CATALOG

LLAMA_8B = CATALOG.models["meta-llama/Llama-3.1-8B-Instruct"]
LLAMA_70B = CATALOG.models["meta-llama/Llama-3.3-70B-Instruct"]
BGE_M3 = CATALOG.models["BAAI/bge-m3"]


@pytest.mark.parametrize(
    ("model", "quantization", "gib"),
    [
        ("meta-llama/Llama-3.1-8B-Instruct", None, 14.96),  # the repository's files
        ("Qwen/Qwen3-8B", None, 8.190735e9 * 2 / 2**30),
        # 70.55e9 weights, of which 2 x 128,256 x 8,192 stay in 16 bit; a log says 67.72
        ("meta-llama/Llama-3.3-70B-Instruct", "fp8", 67.67),
        ("BAAI/bge-m3", None, 0.567754752e9 * 2 / 2**30),  # stored in 32 bit, served in 16
    ],
)
def test_weights_as_served(model: str, quantization: str | None, gib: float) -> None:
    assert served_gib(CATALOG.models[model], quantization, CATALOG) == pytest.approx(gib, rel=0.002)


def test_a_model_quantized_at_load_is_downloaded_in_16_bit() -> None:
    assert stored_gib(LLAMA_70B, "fp8", CATALOG, own_repository=True) == 131.42
    assert stored_gib(LLAMA_70B, "fp8", CATALOG, own_repository=False) == pytest.approx(67.67, rel=0.001)


@pytest.mark.parametrize(
    ("stored", "quantization", "bf16", "dtype"),
    [
        ("bf16", None, True, "bf16"),
        ("bf16", None, False, "fp16"),
        ("fp32", None, True, "fp16"),
        ("bf16", "awq", False, "awq"),
    ],
)
def test_a_gpu_without_bf16_serves_fp16(stored: str, quantization: str | None, bf16: bool, dtype: str) -> None:
    shape = BGE_M3 if stored == "fp32" else LLAMA_8B
    assert served_dtype(shape, quantization, bf16=bf16) == dtype


@pytest.mark.parametrize(
    ("model", "gpus", "element_bytes", "per_token"),
    [
        ("meta-llama/Llama-3.1-8B-Instruct", 1, 2, 2 * 32 * 8 * 128 * 2),
        ("meta-llama/Llama-3.1-8B-Instruct", 1, 1, 2 * 32 * 8 * 128),
        ("meta-llama/Llama-3.3-70B-Instruct", 4, 2, 2 * 80 * 2 * 128 * 2),
        ("Qwen/Qwen2.5-7B-Instruct", 8, 2, 2 * 28 * 1 * 128 * 2),  # 4 heads on 8 GPUs: each has one
        ("deepseek-ai/DeepSeek-V3", 8, 2, 61 * (512 + 64) * 2),  # one latent vector, on every GPU
        ("Qwen/Qwen3-Reranker-0.6B", 1, 2, 2 * 28 * 8 * 128 * 2),
    ],
)
def test_cache_of_a_token_on_each_gpu(model: str, gpus: int, element_bytes: int, per_token: int | None) -> None:
    assert kv_bytes_per_token(CATALOG.models[model], gpus, element_bytes) == per_token


def test_the_cache_of_heads_that_nobody_has_seen_is_not_guessed() -> None:
    assert kv_bytes_per_token(replace(CATALOG.models["Qwen/Qwen3-8B"], kv_heads=None), 1, 2) is None


def test_llama_8b_on_an_l4_at_90_percent() -> None:
    """22.16 x 0.90 - 14.96 - 0.03 (rotary) - 2,048 x (3 x 14,336 + 3.5 x 4,096) x 2 bytes - 0.16 (graphs) - 0.23."""
    result = fit(LLAMA_8B, CATALOG.gpus["L4"], 1, Arguments(8192, 32, 2048, 0.90), catalog=CATALOG, quantization=None)
    assert result.kv_cache_gib is not None
    assert result.kv_cache_gib.mid == pytest.approx(4.342, abs=0.001)
    assert result.kv_cache_tokens == 35565
    assert result.fits
    assert result.certain


def test_a_70b_model_in_fp8_on_four_l40s() -> None:
    """44.42 x 0.92 - 67.67 / 4 - 0.03 - 8,192 x (3.5 x 28,672 / 4 + 3.5 x 8,192) x 2 bytes - 0.52 - 0.55."""
    arguments = Arguments(16384, 64, 8192, 0.92, concurrency=8)
    result = fit(LLAMA_70B, CATALOG.gpus["L40S"], 4, arguments, catalog=CATALOG, quantization="fp8")
    assert result.kv_cache_gib is not None
    assert result.weights_gib == pytest.approx(16.95, abs=0.01)
    assert result.kv_cache_gib.mid == pytest.approx(22.03, abs=0.01)
    assert result.max_concurrency == pytest.approx(17.6, abs=0.1)


def test_an_encoder_keeps_no_cache() -> None:
    result = fit(BGE_M3, CATALOG.gpus["T4"], 1, Arguments(8192, 256, 8192, 0.92), catalog=CATALOG, quantization=None)
    assert (result.kv_cache_gib, result.kv_cache_tokens, result.max_concurrency) == (None, None, None)
    assert result.fits


def test_weights_that_are_too_large_leave_less_than_nothing() -> None:
    result = fit(LLAMA_70B, CATALOG.gpus["L4"], 1, Arguments(8192, 8, 2048, 0.92), catalog=CATALOG, quantization=None)
    assert result.kv_cache_gib is not None
    assert result.kv_cache_gib.mid < 0
    assert not result.fits
    assert result.kv_cache_tokens == 0


def test_what_fits_only_at_the_middle_is_not_certain() -> None:
    arguments = Arguments(35000, 32, 2048, 0.90)
    result = fit(LLAMA_8B, CATALOG.gpus["L4"], 1, arguments, catalog=CATALOG, quantization=None)
    assert (result.fits, result.certain) == (True, False)


def test_requests_at_once_have_to_fit_together() -> None:
    for requests, fits in ((4, True), (5, False)):
        arguments = Arguments(8192, 32, 2048, 0.90, concurrency=requests)
        result = fit(LLAMA_8B, CATALOG.gpus["L4"], 1, arguments, catalog=CATALOG, quantization=None)
        assert result.fits is fits


def test_mla_entries_were_aligned_for_a_while() -> None:
    shape = CATALOG.models["deepseek-ai/DeepSeek-R1"]
    assert (
        kv_bytes_per_token(shape, 8, 2, pages((0, 7, 3), shape)) == 61 * 640 * 2
    )  # 21.43 GiB for 294,688 tokens in a log
    assert kv_bytes_per_token(shape, 8, 2, pages((0, 9, 0), shape)) == 61 * 576 * 2


def test_an_indexer_keeps_a_separate_key() -> None:
    assert kv_bytes_per_token(CATALOG.models["deepseek-ai/DeepSeek-V3.2"], 8, 2) == 61 * (576 * 2 + 128 + 4)


@pytest.mark.parametrize(
    ("version", "card", "gpu", "length", "batch"),
    [
        (PINNED, 79.18, "H100-80", 16000, Batch(1024, 8192)),
        (PINNED, 79.15, "A100-80", 16000, Batch(256, 2048)),
        (PINNED, 178.36, "B200", 16000, Batch(1024, 16384)),
        ((0, 24, 0), 178.36, "B200", 16000, Batch(1024, 8192)),
        (PINNED, 44.42, "L40S", 131072, Batch(256, 2048)),
        ((0, 8, 5), 79.18, "H100-80", 16000, Batch(256, 8192)),
        ((0, 6, 3), 23.58, "", 20000, Batch(256, 20000)),  # one whole prompt
        ((0, 6, 3), 79.18, "H100-80", 131072, Batch(256, 2048)),  # in parts
    ],
)
def test_an_engines_own_batch(version: Version, card: float, gpu: str, length: int, batch: Batch) -> None:
    assert default_batch(version, card, gpu, length) == batch


@pytest.mark.parametrize(
    ("text", "version"),
    [("0.8.5.post1", (0, 8, 5)), ("v0.28.0-cu129", (0, 28, 0)), ("0.11", (0, 11, 0)), ("main", None)],
)
def test_a_version_is_read_from_how_people_write_it(text: str, version: Version | None) -> None:
    assert version_of(text) == version


def test_the_utilization_is_higher_since_cuda_graphs_count() -> None:
    assert (default_utilization((0, 20, 2)), default_utilization((0, 21, 0))) == (0.90, 0.92)


def test_what_is_not_known_makes_the_interval_wider_and_leaves_its_middle() -> None:
    def interval(*, version_known: bool = True, batch_known: bool = True) -> tuple[float, float]:
        arguments = Arguments(8192, 256, 2048, 0.92, version_known=version_known, batch_known=batch_known)
        result = fit(LLAMA_8B, CATALOG.gpus["L4"], 1, arguments, catalog=CATALOG, quantization=None)
        assert result.kv_cache_gib is not None
        return result.kv_cache_gib.high - result.kv_cache_gib.low, result.kv_cache_gib.mid

    width, middle = interval()
    for wider in (interval(version_known=False), interval(version_known=False, batch_known=False)):
        assert wider[0] > width + 0.3
        assert wider[1] == middle


@pytest.mark.parametrize(
    ("model", "quantization", "gib"),
    [
        ("Qwen/Qwen3-8B", "awq", 5.68),  # the published file
        ("meta-llama/Llama-3.1-405B-Instruct", "fp8", 453.7),  # attention stays in 16 bit
    ],
)
def test_published_sizes_come_before_sums(model: str, quantization: str, gib: float) -> None:
    assert served_gib(CATALOG.models[model], quantization, CATALOG) == gib
