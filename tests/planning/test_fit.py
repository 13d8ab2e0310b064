"""Weights, KV cache and what is left for it, against sums done by hand and published start-up logs of vLLM."""

import csv
from pathlib import Path

import pytest

from infra.catalog.types import Gpu
from infra.planning.fit import Arguments, fit, kv_bytes_per_token
from infra.planning.weights import served_dtype, served_gib, stored_gib
from tests.planning.stacks import CATALOG

LLAMA_8B = CATALOG.models["meta-llama/Llama-3.1-8B-Instruct"]
LLAMA_70B = CATALOG.models["meta-llama/Llama-3.3-70B-Instruct"]
BGE_M3 = CATALOG.models["BAAI/bge-m3"]
with (Path(__file__).parent / "start_up_logs.csv").open(encoding="utf-8", newline="") as lines:
    LOGS = list(csv.DictReader(line for line in lines if not line.startswith("#")))


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
        ("Qwen/Qwen3-Reranker-0.6B", 1, 2, None),  # heads not seen: not guessed
    ],
)
def test_cache_of_a_token_on_each_gpu(model: str, gpus: int, element_bytes: int, per_token: int | None) -> None:
    assert kv_bytes_per_token(CATALOG.models[model], gpus, element_bytes) == per_token


def test_llama_8b_on_an_l4_at_90_percent() -> None:
    """22.16 x 0.90 - 14.96 - 2,048 x (3 x 14,336 + 4 x 4,096) x 2 bytes - 0.5 - 0.15 = 4.11 GiB = 33,648 tokens."""
    result = fit(LLAMA_8B, CATALOG.gpus["L4"], 1, Arguments(8192, 32, 2048, 0.90), catalog=CATALOG, quantization=None)
    assert result.kv_cache_gib is not None
    assert result.kv_cache_gib.mid == pytest.approx(4.107, abs=0.001)
    assert result.kv_cache_tokens == 33648
    assert result.fits
    assert result.certain


def test_a_70b_model_in_fp8_on_four_l40s() -> None:
    """44.42 x 0.92 - 67.67 / 4 - 8,192 x (3 x 28,672 / 4 + 4 x 8,192) x 2 bytes - 0.5 - 0.55 = 22.07 GiB."""
    arguments = Arguments(16384, 64, 8192, 0.92, concurrency=8)
    result = fit(LLAMA_70B, CATALOG.gpus["L40S"], 4, arguments, catalog=CATALOG, quantization="fp8")
    assert result.kv_cache_gib is not None
    assert result.weights_gib == pytest.approx(16.92, abs=0.01)
    assert result.kv_cache_gib.mid == pytest.approx(22.07, abs=0.01)
    assert result.max_concurrency == pytest.approx(17.7, abs=0.1)


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
    arguments = Arguments(33600, 32, 2048, 0.90)
    result = fit(LLAMA_8B, CATALOG.gpus["L4"], 1, arguments, catalog=CATALOG, quantization=None)
    assert (result.fits, result.certain) == (True, False)


def test_requests_at_once_have_to_fit_together() -> None:
    for requests, fits in ((4, True), (5, False)):
        arguments = Arguments(8192, 32, 2048, 0.90, concurrency=requests)
        result = fit(LLAMA_8B, CATALOG.gpus["L4"], 1, arguments, catalog=CATALOG, quantization=None)
        assert result.fits is fits


def test_a_hybrid_model_has_a_wide_interval() -> None:
    def half_width(model: str) -> float:
        arguments = Arguments(8192, 32, 8192, 0.92)
        cache = fit(
            CATALOG.models[model], CATALOG.gpus["H100-80"], 1, arguments, catalog=CATALOG, quantization=None
        ).kv_cache_gib
        assert cache is not None
        return (cache.high - cache.low) / 2

    assert half_width("Qwen/Qwen3.5-9B") > half_width("Qwen/Qwen3-8B") + 5


@pytest.mark.parametrize("log", LOGS, ids=[f"{row['model']}-{row['gpu']}-{row['vllm_version']}" for row in LOGS])
def test_published_start_up_logs(log: dict[str, str]) -> None:
    """KV cache within 2 % of the card; tokens a GiB within 1 % of the log's own."""
    shape = CATALOG.models[log["model"]]
    card = float(log["gpu_memory_gib"])
    gpu = Gpu(log["gpu"], card, None, None, None, None, True, True, "the log")
    gpus, seqs = int(log["gpus"]), int(log["max_num_seqs"])
    arguments = Arguments(
        int(log["max_model_len"]), seqs, int(log["max_num_batched_tokens"]), float(log["util"]), cuda_graphs=False
    )
    result = fit(shape, gpu, gpus, arguments, catalog=CATALOG, quantization=log["quant"] or None)
    assert result.kv_cache_gib is not None
    logged = float(log["kv_gib"])
    assert result.kv_cache_gib.mid == pytest.approx(logged, abs=0.02 * card)
    assert result.fits is (log["starts"] == "yes")
    if log["kv_tokens"]:
        assert result.kv_bytes_per_token == pytest.approx(logged * 2**30 / int(log["kv_tokens"]), rel=0.01)
