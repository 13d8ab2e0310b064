"""What TGI leaves for the KV cache: it runs one prefill, and the memory that is free after it becomes the cache.

cache = 0.93 x --cuda-memory-fraction x memory of the card - weights - peak of a prefill - other. CUDA graphs are
captured afterwards, in the 7 % that stay free. Source: huggingface/text-generation-inference v3.1.0, warmup() of
server/text_generation_server/models/flash_causal_lm.py, TGI_WIGGLE_ROOM of globals.py, get_cuda_free_memory() of
import_utils.py. It was compared with no published log, so the interval is wide.
"""

from infra.catalog import ModelShape
from infra.sizing.estimates import Estimate
from infra.sizing.layers import layer_width

WIGGLE_ROOM = 0.93
# TGI's own default is 1; this is the maximum of the stack file.
DEFAULT_FRACTION = 0.98
# The launcher's default for --max-batch-prefill-tokens.
DEFAULT_PREFILL = 4096
# TGI reads a prompt in parts only with FlashDecoding or FlashInfer, which need this compute capability, and never with
# images.
CHUNKS_FROM = 8.0
# The interval around a layer's memory: eager code may reuse buffers, or hold twice as much.
LAYER_LOW, LAYER_HIGH = 0.7, 2.0
# The dimension of DeepSeek's heads without position: TGI caches whole heads, not the latent vector.
MLA_HEAD_DIM = 128


def prefill_peak(shape: ModelShape, gpus: int, tokens: int) -> tuple[Estimate, str]:
    """GiB per GPU that one layer takes on a whole prefill. Logits are computed for the last token of a request only."""
    width = layer_width(shape, gpus)
    peak = tokens * width * 2 / 2**30
    return (
        Estimate(LAYER_LOW * peak, peak, LAYER_HIGH * peak),
        f"one layer on a prefill of {tokens:,} tokens x {width:,.0f} values x 2 bytes",
    )


def kv_bytes_per_token(shape: ModelShape, gpus: int, element_bytes: int) -> float | None:
    """2 x layers x KV heads x head size x bytes per GPU: every layer keeps every token, also those with a window."""
    layers, heads, size = shape.layers, shape.kv_heads, shape.head_size
    if shape.kv_lora_rank is not None:
        heads, size = shape.attention_heads, MLA_HEAD_DIM + (shape.qk_rope_head_dim or 0)
    if layers is None or heads is None or size is None:
        return None
    return 2 * layers * -(-heads // gpus) * size * element_bytes


def prefill_tokens(shape: ModelShape, tokens: int, compute_capability: float | None, max_model_len: int) -> int:
    """`--max-batch-prefill-tokens`, which is at least a whole prompt where TGI can't read it in parts."""
    chunks = (compute_capability or CHUNKS_FROM) >= CHUNKS_FROM and shape.modality != "vision"
    return tokens if chunks else max(tokens, max_model_len)
