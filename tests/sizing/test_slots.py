"""What slots for adapters take: the sum of the matrices that vLLM makes for them."""

import pytest

from infra.catalog import load_catalog
from infra.sizing.adapters import Slots, slots_gib

MODELS = load_catalog().models
# Qwen3-8B: 36 layers of 4096, 32 heads and 8 key-value heads of 128, 12288 inside, 151936 tokens of vocabulary.
QUERIES, KEYS, OUTPUT = 4096 + 4096, 4096 + 1024, 4096 + 4096
INSIDE = 2 * (4096 + 12288) + (12288 + 4096)
EMBEDDINGS = 2 * (151936 + 4096)
QWEN3_8B = 36 * (QUERIES + 2 * KEYS + OUTPUT + INSIDE) + EMBEDDINGS


@pytest.mark.parametrize(("slots", "rank"), [(1, 16), (4, 64), (8, 256)])
def test_a_slot_has_both_matrices_of_each_layer_and_of_the_embeddings(slots: int, rank: int) -> None:
    assert slots_gib(MODELS["Qwen/Qwen3-8B"], 1, Slots(slots, rank)) == pytest.approx(
        slots * rank * QWEN3_8B * 2 / 2**30
    )


def test_eight_slots_of_rank_256_take_more_than_ten_gib() -> None:
    assert 10 < slots_gib(MODELS["Qwen/Qwen3-8B"], 1, Slots(8, 256)) < 12


def test_each_gpu_holds_more_than_its_share() -> None:
    """The matrix beside a split one is whole on each."""
    alone, shared = (slots_gib(MODELS["Qwen/Qwen3-8B"], gpus, Slots(4, 64)) for gpus in (1, 2))
    assert alone / 2 < shared < alone


def test_each_expert_has_its_own() -> None:
    experts = slots_gib(MODELS["Qwen/Qwen3-30B-A3B"], 1, Slots(1, 64))
    assert experts == pytest.approx(64 * 2 * (48 * 128 * 3 * (2048 + 768)) / 2**30, rel=0.05)
