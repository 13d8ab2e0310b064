"""What adapters (LoRA) take on each GPU: an engine keeps slots of the highest rank for each layer, filled or empty.

Each pair of matrices has rank x (inputs + outputs) numbers of 16 bit. The matrix beside a split one is whole on every
GPU: the first of a layer that is split by columns, the second of one that is split by rows.
"""

from dataclasses import dataclass

from infra.catalog import ModelShape

GIB = 2**30
# Layers of unusual attention have other projections.
LOW, HIGH = 0.9, 1.1


@dataclass(frozen=True)
class Slots:
    """How many adapters can be in one batch, and the highest rank among them."""

    number: int
    rank: int


def slots_gib(shape: ModelShape, gpus: int, slots: Slots) -> float:
    return slots.number * slots.rank * _width(shape, gpus) * 2 / GIB


def file_gib(shape: ModelShape, rank: int) -> float:
    """The download of one adapter at most: every layer, in 32 bit."""
    return rank * _width(shape, 1) * 4 / GIB


def _width(shape: ModelShape, gpus: int) -> float:
    """Numbers of one adapter of rank 1 on each GPU."""
    hidden, vocabulary = shape.hidden_size or 0, shape.vocab_size or 0
    return (shape.layers or 0) * (_attention(shape, gpus) + _network(shape, gpus)) + 2 * (hidden + vocabulary)


def _attention(shape: ModelShape, gpus: int) -> float:
    """Queries, keys, values, output."""
    hidden, size = shape.hidden_size or 0, shape.head_size or 0
    queries = (shape.attention_heads or 0) * size / gpus
    latent = (shape.kv_lora_rank or 0) + (shape.qk_rope_head_dim or 0)
    keys = latent or -(-(shape.kv_heads or 0) // gpus) * size
    return (3 * hidden + queries + 2 * keys) + (queries + hidden)


def _network(shape: ModelShape, gpus: int) -> float:
    """Gate, up and down; of each expert."""
    hidden = shape.hidden_size or 0
    inner = (shape.expert_size if shape.num_experts else None) or shape.intermediate_size or 4 * hidden
    return (shape.num_experts or 1) * (3 * hidden + 3 * inner / gpus)
