"""What a request takes of the cache: blocks of every kind of layer, as each version of vLLM gives them out."""

from dataclasses import replace

import pytest

from infra.catalog import load_catalog
from infra.engines.vllm.drafting import held
from infra.engines.vllm.versions import PINNED, pages
from infra.sizing.blocks import request_bytes, state_tokens
from infra.sizing.question import Arguments, Draft, Version

CATALOG = load_catalog()
KIB, GIB = 2**10, 2**30


@pytest.mark.parametrize(
    ("model", "version", "length", "kib"),
    [
        # 12 full layers of 2 KiB per token, and 12 that hold 127 + 2 x 2,048 tokens and one block more
        ("openai/gpt-oss-20b", PINNED, 16384, 12 * 32 * (1024 + 265)),
        ("openai/gpt-oss-20b", (0, 26, 0), 16384, 12 * 32 * (1024 + 265)),
        ("openai/gpt-oss-20b", (0, 25, 0), 16384, 12 * 32 * (1024 + 137)),  # before vllm#47728: one batch
        ("openai/gpt-oss-20b", PINNED, 1024, 12 * 32 * (64 + 65)),  # shorter than the window and the batches
        ("openai/gpt-oss-20b", (0, 9, 0), 16384, 24 * 2 * 16384),  # one kind of layer, each full
        # 10 full layers; 52 with a window are six groups of 10, the last of them padded
        ("google/gemma-3-27b-it", PINNED, 8192, 10 * 128 * (512 + 6 * 321)),
        # a state of 1,072 KiB takes a block of 544 tokens, and the cache of prefixes a second one
        ("Qwen/Qwen3-Next-80B-A3B-Instruct", PINNED, 8192, 12 * 544 * 2 * (16 + 3 * 2)),
        ("Qwen/Qwen3-Next-80B-A3B-Instruct", (0, 26, 0), 8192, 12 * 544 * 2 * (16 + 3)),
        # 27 layers with a state are 7 groups of 4
        ("nvidia/NVIDIA-Nemotron-Nano-9B-v2", (0, 26, 0), 32768, 4 * 1312 * 4 * (25 + 13 * 1)),
        ("nvidia/NVIDIA-Nemotron-Nano-9B-v2", PINNED, 32768, 4 * 1312 * 4 * (25 + 13 * 3)),
        # a state at the end of each block, whose tokens are a multiple of 128
        ("nvidia/NVIDIA-Nemotron-Nano-9B-v2", (0, 30, 0), 32768, 4 * 1408 * 4 * (24 + 13 * 24)),
        # 32 of 40 layers keep text; the others keep images
        ("meta-llama/Llama-3.2-11B-Vision-Instruct", PINNED, 4096, 32 * 4 * 4096),
        # half as many bytes per token in the full layers: twice as many tokens in a block
        ("google/gemma-4-31B-it", PINNED, 8192, 10 * 256 * (256 + 5 * 321)),
        ("mistralai/Mistral-7B-v0.1", PINNED, 32768, 32 * 4 * 16 * 513),  # every layer has a window
        ("meta-llama/Llama-4-Scout-17B-16E-Instruct", (0, 13, 0), 32768, 48 * 4 * 32768),  # chunks as full layers
        ("Qwen/Qwen3-8B", PINNED, 8192, 36 * 4 * 8192),
        ("Qwen/Qwen3-8B", PINNED, 8190, 36 * 4 * 8192),  # whole blocks
        ("nvidia/Llama-3_3-Nemotron-Super-49B-v1", PINNED, 8192, 49 * 4 * 8192),  # 31 layers have no attention
    ],
)
def test_a_request_takes_the_blocks_of_each_of_its_layers(model: str, version: Version, length: int, kib: int) -> None:
    shape = CATALOG.models[model]
    assert request_bytes(shape, 1, 2, length, 2048, pages(version, shape)) == kib * KIB


# Tokens and cache of start-up logs of vLLM 0.26.0 on one H100: benchmarks/data/h100_memory.csv.
@pytest.mark.parametrize(
    ("model", "length", "gib", "tokens"),
    [
        ("meta-llama/Llama-3.1-8B-Instruct", 8192, 56.51, 462944),
        ("Qwen/Qwen3-32B", 32768, 38.91, 159360),
        ("Qwen/Qwen3-30B-A3B", 16384, 14.09, 153840),
        ("openai/gpt-oss-20b", 32768, 57.89, 1681144),
    ],
)
def test_the_tokens_of_a_cache_are_those_that_the_engine_logs(model: str, length: int, gib: float, tokens: int) -> None:
    per_request = held(CATALOG.models[model], 1, length, Arguments(length, 256, 8192, 0.92, version=(0, 26, 0)))
    assert per_request is not None
    assert gib * GIB / per_request * length == pytest.approx(tokens, rel=0.0005)


@pytest.mark.parametrize(
    ("model", "gpus", "element", "tokens"),
    [
        ("Qwen/Qwen3.5-9B", 1, 2, 528),  # 2,146,304 bytes of state, 4,096 per token
        ("Qwen/Qwen3.5-9B", 1, 1, 1056),
        ("Qwen/Qwen3.5-9B", 4, 2, 528),  # both are split
        ("Qwen/Qwen3.5-9B", 8, 2, 272),  # each GPU keeps one of the 4 heads, and an eighth of the state
        ("nvidia/NVIDIA-Nemotron-Nano-9B-v2", 1, 2, 1312),
    ],
)
def test_a_block_is_as_large_as_a_state(model: str, gpus: int, element: int, tokens: int) -> None:
    shape = CATALOG.models[model]
    per_token = -(-(shape.kv_heads or 0) // gpus) * 2 * (shape.head_dim or 0) * element
    assert state_tokens(shape, gpus, per_token, pages((0, 26, 0), shape)) == tokens


def test_a_state_of_an_unknown_size_is_assumed_to_be_large() -> None:
    shape = replace(CATALOG.models["Qwen/Qwen3.5-9B"], state_bytes=None)
    assert state_tokens(shape, 1, 4096, pages(PINNED, shape)) == 1600


def test_every_model_of_the_catalogue_with_states_says_their_size() -> None:
    hybrid = [shape for shape in CATALOG.models.values() if shape.attention == "hybrid" and not shape.swa_kv_layers]
    assert len(hybrid) > 60
    assert [shape.id for shape in hybrid if shape.state_bytes is None] == []


def test_a_request_of_a_pooling_model_has_one_batch_under_way() -> None:
    shape = CATALOG.models["intfloat/e5-mistral-7b-instruct"]
    assert request_bytes(shape, 1, 2, 32768, 2048, pages(PINNED, shape)) == 32 * 4 * 16 * 385 * KIB


def test_a_layer_that_proposes_keeps_tokens_and_the_others_a_state_per_proposed_token() -> None:
    shape = CATALOG.models["Qwen/Qwen3.5-9B"]
    arguments = Arguments(5280, 16, 2048, 0.92, version=(0, 26, 0), draft=Draft(2, own_layer=True))
    block = 528 * 4096
    # 24 layers with states are three groups of 9, as large as the group of 8 + 1 full layers
    assert held(shape, 1, 5280, arguments) == 9 * block * (10 + 3 * (1 + 2))
