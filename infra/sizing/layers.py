"""What a token takes in one layer while it is worked on."""

from infra.catalog import ModelShape

# Values a token that a layer holds at once, in hidden sizes: input, residual, norm, output; a mixture of experts has
# its router's input and the experts' sum too.
DENSE_COPIES, MOE_COPIES = 4, 6
# Gate, up and their product.
FEED_FORWARD_COPIES = 3


def layer_width(shape: ModelShape, gpus: int) -> float:
    """Values that one token has in a layer. Each of a token's experts writes an output of its own."""
    hidden = shape.hidden_size or 0
    if shape.num_experts:
        return hidden * (MOE_COPIES + (shape.experts_per_token or 1))
    return FEED_FORWARD_COPIES * (shape.intermediate_size or 4 * hidden) / gpus + DENSE_COPIES * hidden
