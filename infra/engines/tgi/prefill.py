"""What Text Generation Inference leaves for the KV cache: it runs one prefill and gives what is then free to the cache.

cache = 0.93 x --cuda-memory-fraction x memory of the card - weights - peak of a prefill - other. CUDA graphs are
captured afterwards, in the 7 % that stay free. Source: huggingface/text-generation-inference v3.1.0, warmup() of
server/text_generation_server/models/flash_causal_lm.py, TGI_WIGGLE_ROOM of globals.py, get_cuda_free_memory() of
import_utils.py. No published log was held against it: the interval is wide.
"""

from infra.catalog import ModelShape
from infra.sizing.estimates import Estimate
from infra.sizing.layers import layer_width

WIGGLE_ROOM = 0.93
# TGI's own default is 1; this is the maximum of the stack file.
DEFAULT_FRACTION = 0.98
# What its launcher falls back to for --max-batch-prefill-tokens.
DEFAULT_PREFILL = 4096
# Reads a prompt in parts only by FlashDecoding or FlashInfer, which need this, and never with images.
CHUNKS_FROM = 8.0
# Eager code holds more of a layer at once than compiled code: none of its buffers, or as much again.
LAYER_LOW, LAYER_HIGH = 0.7, 2.0
# The dimension of DeepSeek's heads without position; its cache is whole heads, not the latent vector.
MLA_HEAD_DIM = 128


def prefill_peak(shape: ModelShape, gpus: int, tokens: int) -> tuple[Estimate, str]:
    """GiB on each GPU of one layer on a whole prefill; logits are of the last token of each request alone."""
    width = layer_width(shape, gpus)
    peak = tokens * width * 2 / 2**30
    return (
        Estimate(LAYER_LOW * peak, peak, LAYER_HIGH * peak),
        f"a layer on a prefill of {tokens:,} tokens x {width:,.0f} values x 2 bytes",
    )


def kv_bytes_per_token(shape: ModelShape, gpus: int, element_bytes: int) -> float | None:
    """2 x layers x KV heads x head size x bytes on each GPU: every layer keeps every token, windows included."""
    layers, heads, size = shape.layers, shape.kv_heads, shape.head_size
    if shape.kv_lora_rank is not None:
        heads, size = shape.attention_heads, MLA_HEAD_DIM + (shape.qk_rope_head_dim or 0)
    if layers is None or heads is None or size is None:
        return None
    return 2 * layers * -(-heads // gpus) * size * element_bytes


def prefill_tokens(shape: ModelShape, tokens: int, compute_capability: float | None, max_model_len: int) -> int:
    """`--max-batch-prefill-tokens`: a whole prompt where it can't be read in parts."""
    chunks = (compute_capability or CHUNKS_FROM) >= CHUNKS_FROM and shape.modality != "vision"
    return tokens if chunks else max(tokens, max_model_len)
