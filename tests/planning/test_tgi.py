"""TGI's cache against sums done by hand."""

import pytest

from infra.engines.tgi import prefill as tgi
from infra.engines.tgi.memory import fit
from infra.engines.vllm.memory import fit as fit_vllm
from infra.sizing.question import Arguments
from tests.planning.stacks import CATALOG

LLAMA_8B = CATALOG.models["meta-llama/Llama-3.1-8B-Instruct"]


def test_llama_8b_on_an_l4() -> None:
    """22.16 x 0.98 x 0.93 - 14.96 - 0.03 (rotary) - 2,048 x (3 x 14,336 + 3.5 x 4,096) x 2 bytes - 0.13."""
    arguments = Arguments(8192, 32, 2048, 0.98)
    result = fit(LLAMA_8B, CATALOG.gpus["L4"], 1, arguments, catalog=CATALOG, quantization=None)
    assert result.kv_cache_gib is not None
    assert result.kv_cache_gib.mid == pytest.approx(4.857, abs=0.005)
    assert result.kv_bytes_per_token == 2 * 32 * 8 * 128 * 2
    measured = Arguments(8192, 32, 2048, 0.98, version=(0, 11, 0))
    vllm = fit_vllm(LLAMA_8B, CATALOG.gpus["L4"], 1, measured, catalog=CATALOG, quantization=None)
    assert vllm.kv_cache_gib is not None
    assert result.kv_cache_gib.high - result.kv_cache_gib.low > vllm.kv_cache_gib.high - vllm.kv_cache_gib.low > 0


@pytest.mark.parametrize(
    ("model", "gpus", "per_token"),
    [
        ("meta-llama/Llama-3.3-70B-Instruct", 4, 2 * 80 * 2 * 128 * 2),
        ("mistralai/Mistral-7B-v0.1", 1, 2 * 32 * 8 * 128 * 2),  # its window doesn't shrink the cache
        ("deepseek-ai/DeepSeek-V3", 8, 2 * 61 * 16 * 192 * 2),  # whole heads, not the latent vector
    ],
)
def test_every_layer_keeps_every_token(model: str, gpus: int, per_token: int) -> None:
    assert tgi.kv_bytes_per_token(CATALOG.models[model], gpus, 2) == per_token


@pytest.mark.parametrize(
    ("model", "capability", "tokens"),
    [
        ("meta-llama/Llama-3.1-8B-Instruct", 8.9, 2048),
        ("meta-llama/Llama-3.1-8B-Instruct", 7.5, 8192),
        ("meta-llama/Llama-3.2-11B-Vision-Instruct", 8.9, 8192),
    ],
)
def test_a_prompt_that_cannot_be_read_in_parts_is_one_prefill(model: str, capability: float, tokens: int) -> None:
    assert tgi.prefill_tokens(CATALOG.models[model], 2048, capability, 8192) == tokens
