"""The memory that a token takes in one layer while the layer computes."""

from infra.catalog import ModelShape

# The values that a layer holds at once per token, in multiples of the hidden size: what comes in, residual, norm and a
# part of the next product. 800 MiB were measured for 8,192 tokens of Qwen3-8B, of which 576 are of the next line.
COPIES = 3.5
# The gate and up projections, and their product.
FEED_FORWARD_COPIES = 3


def layer_width(shape: ModelShape, gpus: int, *, buffered: bool = False) -> float:
    """The number of values that one token has in a layer. `buffered`: the buffers of experts serve several products."""
    hidden = shape.hidden_size or 0
    if shape.num_experts:
        first = FEED_FORWARD_COPIES * _first_layers(shape) / gpus if buffered else 0.0
        return expert_width(shape, gpus, buffered=buffered) + first + COPIES * hidden
    return FEED_FORWARD_COPIES * (shape.intermediate_size or 4 * hidden) / gpus + COPIES * hidden


def expert_width(shape: ModelShape, gpus: int, *, buffered: bool) -> float:
    """The values of a token's experts. Each has a row for gate and up, which its output takes later, and one for their
    product; a buffer has room for the hidden size in any case."""
    hidden = shape.hidden_size or 0
    inner = (shape.expert_size or shape.intermediate_size or hidden) / gpus
    product = max(inner, hidden) if buffered else inner
    return (shape.experts_per_token or 1) * (max(2 * inner, hidden) + product)


def _first_layers(shape: ModelShape) -> int:
    """The size of the feed-forward part of layers without experts, which DeepSeek's family begins with: 10,944 in
    DeepSeek-V2-Lite, whose step took 1.10 GiB where the buffers of its experts take 0.45."""
    inner = shape.intermediate_size or 0
    return inner if shape.kv_lora_rank is not None and inner > (shape.expert_size or inner) else 0
