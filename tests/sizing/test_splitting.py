"""Tensor parallelism: the numbers of GPUs over which a model can be split; each by a sum that can be done by hand."""

from dataclasses import replace

import pytest

from infra.catalog import ModelShape
from infra.catalog.load import load_catalog
from infra.sizing.splitting import counts_that_split, obstacle

CATALOG = load_catalog()
DENSE = ModelShape(
    id="dense",
    max_context=8192,
    modality="text",
    source="this test",
    attention="gqa",
    attention_heads=64,
    kv_heads=8,
    head_dim=128,
    intermediate_size=25600,
)
EXPERTS = replace(DENSE, num_experts=64, experts_per_token=4, expert_size=1536, intermediate_size=1536)


@pytest.mark.parametrize(
    ("model", "counts"),
    [
        ("Qwen/Qwen2.5-7B-Instruct", (1, 2, 4)),  # 28 heads; 4 key-value heads
        ("microsoft/phi-4", (1, 2, 5, 10)),  # 40 heads; 10 key-value heads
        ("Qwen/Qwen3-32B", (1, 2, 4, 8, 16)),  # 8 key-value heads, on 16 GPUs each twice
        ("deepseek-ai/DeepSeek-V3", (1, 2, 4, 8, 16)),  # one latent cache, which each GPU holds whole
        ("google/gemma-4-31B-it", (1, 2, 4, 8, 16)),  # 32 heads, 16 key-value heads, and 4 in its global layers
        ("MiniMaxAI/MiniMax-M2.7", (1, 2, 4)),  # 1,536 / 8 = 192 is no multiple of 128
    ],
)
def test_the_numbers_of_gpus_over_which_a_model_splits(model: str, counts: tuple[int, ...]) -> None:
    assert counts_that_split(CATALOG.models[model]) == counts


@pytest.mark.parametrize(
    ("shape", "quantization", "gpus", "why"),
    [
        (DENSE, None, 3, "64 attention heads can't be shared by 3 GPUs"),
        (
            replace(DENSE, kv_heads=10),
            None,
            4,
            "10 key-value heads can't be shared by 4 GPUs, and 4 is no multiple of 10",
        ),
        (
            replace(DENSE, attention_heads=None),
            None,
            2,
            "its attention heads aren't known, so nobody can say how it splits",
        ),
        (
            replace(EXPERTS, dtype="fp8", quantization_block=128),
            None,
            8,
            "an expert's width of 1536 / 8 GPUs is 192, and the weights have scales for blocks of 128",
        ),
        (
            replace(DENSE, dtype="fp8", quantization_block=128, intermediate_size=13824),
            None,
            8,
            "the inner width of 13824 / 8 GPUs is 1728, and the weights have scales for blocks of 128",
        ),
        (
            replace(DENSE, dtype="fp8", quantization_block=128, head_dim=64, kv_heads=8),
            None,
            8,
            "the width of keys of 512 / 8 GPUs is 64, and the weights have scales for blocks of 128",
        ),
        (
            replace(DENSE, intermediate_size=29568),
            "awq",
            8,
            "the inner width of 29568 / 8 GPUs is 3696, and the weights have scales for"
            " blocks of 128 (the usual size; assumed)",
        ),
    ],
)
def test_what_stops_a_split_is_said_with_its_numbers(
    shape: ModelShape, quantization: str | None, gpus: int, why: str
) -> None:
    assert obstacle(shape, gpus, quantization) == why


def test_whole_experts_leave_no_block_cut() -> None:
    assert obstacle(replace(EXPERTS, dtype="fp8", quantization_block=128), 8, whole_experts=True) is None


def test_scales_that_the_engine_makes_as_it_loads_split_anywhere() -> None:
    assert obstacle(replace(EXPERTS, dtype="bf16"), 8, "fp8") is None


def test_one_gpu_splits_nothing() -> None:
    assert obstacle(replace(DENSE, attention_heads=None), 1) is None


@pytest.mark.parametrize("repository", ["Qwen/Qwen2.5-72B-Instruct-AWQ", "Qwen/Qwen2.5-VL-72B-Instruct-AWQ"])
def test_a_repository_whose_layers_were_padded_for_the_split_runs_on_two_and_four_and_eight_gpus(
    repository: str,
) -> None:
    """Seen: 2 x A40 hold the first one with 19.40 GiB of weights on each."""
    shape = load_catalog().models[repository]
    assert [obstacle(shape, gpus) for gpus in (2, 4, 8)] == [None] * 3
