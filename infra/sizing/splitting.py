"""Over which numbers of GPUs tensor parallelism can split a model: each GPU takes the same share of each layer.

An engine aborts at start where a share isn't whole: read 2026-11 in the linear layers and the fp8 utilities of the
default engine.
"""

from collections.abc import Iterator

from infra.catalog import ModelShape

MAX_GPUS = 16
# Repositories in these methods keep a scale per group of weights; 128 in a group is the usual number.
GROUPED = {"awq": 128, "gptq": 128, "int4": 128}
BLOCKS_BOTH_WAYS = ("fp8",)


def obstacle(
    shape: ModelShape, gpus: int, quantization: str | None = None, *, whole_experts: bool = False
) -> str | None:
    """Why a replica can't be split over this number of GPUs; None: it can.

    `whole_experts`: expert parallelism, where a GPU holds whole experts instead of a share of each.
    """
    return next(_obstacles(shape, gpus, quantization, whole_experts=whole_experts), None) if gpus > 1 else None


def counts_that_split(
    shape: ModelShape, quantization: str | None = None, *, whole_experts: bool = False
) -> tuple[int, ...]:
    """Each number of GPUs, 1 to MAX_GPUS, over which a replica can be split."""
    every = range(1, MAX_GPUS + 1)
    return tuple(n for n in every if obstacle(shape, n, quantization, whole_experts=whole_experts) is None)


def _obstacles(shape: ModelShape, gpus: int, quantization: str | None, *, whole_experts: bool) -> Iterator[str]:
    heads = shape.attention_heads
    if not heads:
        yield "its attention heads aren't known, so nobody can say how it splits"
        return
    if heads % gpus:
        yield f"{heads} attention heads can't be shared by {gpus} GPUs"
        return
    for kv_heads in _kv_heads(shape):
        if kv_heads % gpus and gpus % kv_heads:
            yield f"{kv_heads} key-value heads can't be shared by {gpus} GPUs, and {gpus} is no multiple of {kv_heads}"
    yield from _cut_blocks(shape, gpus, quantization, whole_experts=whole_experts)


def _kv_heads(shape: ModelShape) -> Iterator[int]:
    """Latent attention (MLA) has one cache that each GPU holds whole."""
    if shape.attention != "mla" and shape.kv_lora_rank is None:
        yield from (heads for heads in (shape.kv_heads, shape.global_kv_heads) if heads)


def _cut_blocks(shape: ModelShape, gpus: int, quantization: str | None, *, whole_experts: bool) -> Iterator[str]:
    """Shares that end inside a block of weights with one scale."""
    block, assumed = _block(shape, quantization)
    if not block:
        return
    for what, width in _widths(shape, gpus, quantization, whole_experts=whole_experts):
        if width % gpus or width // gpus % block:
            size = f"blocks of {block}{' (the usual size; assumed)' if assumed else ''}"
            yield f"{what} of {width} / {gpus} GPUs is {width / gpus:g}, and the weights have scales for {size}"


def _block(shape: ModelShape, quantization: str | None) -> tuple[int, bool]:
    """The weights that share a scale, and whether that number is assumed; 0: any share keeps its scales."""
    if quantization in (None, shape.dtype):
        return shape.quantization_block or 0, False
    return GROUPED.get(quantization or "", 0), True


def _widths(
    shape: ModelShape, gpus: int, quantization: str | None, *, whole_experts: bool
) -> Iterator[tuple[str, int]]:
    """What is cut: the attention's output, and the inner width of each network of a layer."""
    if shape.expert_size and not whole_experts:
        yield "an expert's width", shape.expert_size
    if shape.num_experts is None and shape.intermediate_size:
        yield "the inner width", shape.intermediate_size
    if shape.kv_lora_rank is None and shape.head_size and shape.attention_heads and shape.num_experts is None:
        yield "the attention's width", shape.attention_heads * shape.head_size
        if (quantization or shape.dtype) in BLOCKS_BOTH_WAYS and shape.kv_heads:
            yield "the width of keys", max(shape.kv_heads, gpus) * shape.head_size
