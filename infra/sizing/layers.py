"""The memory that a token takes in one layer while the layer computes."""

from infra.catalog import ModelShape

# The values that a layer holds at once per token, in multiples of the hidden size: input, residual, norm, output; with
# a mixture of experts also the router's input and the sum of the experts.
DENSE_COPIES, MOE_COPIES = 4, 6
# The gate and up projections, and their product.
FEED_FORWARD_COPIES = 3


def layer_width(shape: ModelShape, gpus: int) -> float:
    """The number of values that one token has in a layer. Each of its experts writes its own output."""
    hidden = shape.hidden_size or 0
    if shape.num_experts:
        return hidden * (MOE_COPIES + (shape.experts_per_token or 1))
    return FEED_FORWARD_COPIES * (shape.intermediate_size or 4 * hidden) / gpus + DENSE_COPIES * hidden
