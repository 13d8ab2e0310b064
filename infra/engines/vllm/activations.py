"""The peak of the memory that one step takes besides weights and KV cache. vLLM measures it when it starts."""

from infra.catalog import ModelShape
from infra.engines.vllm.versions import default_batch, sampler_copies
from infra.sizing.estimates import Estimate
from infra.sizing.kv_cache import keeps_cache
from infra.sizing.layers import layer_width
from infra.sizing.question import Batch, Version

GIB = 2**30
# vLLM measures a vision model with its largest image, which has at most the context's tokens. Each token has four
# patches of about 1,280 values, and a step holds 8 copies of them, of 2 bytes per value.
IMAGE_TOKENS = 16384
IMAGE_TOKEN_BYTES = 4 * 1280 * 8 * 2
# The interval around a layer's memory: compiled code reuses buffers, eager code holds more of them at once.
LAYER_LOW, LAYER_HIGH = 0.8, 1.25
OLDEST: Version = (0, 6, 0)
# Without a given batch, vLLM used offline (its class `LLM`) takes twice the tokens of its server.
OFFLINE = 2


def activation_peak(
    shape: ModelShape,
    gpus: int,
    batch: Batch,
    version: Version,
    compute_capability: float | None,
    max_model_len: int,
    *,
    batch_known: bool,
) -> tuple[Estimate, str]:
    """The peak in GiB per GPU, and why: the largest of the sampler's warm-up, a layer on a full batch, and an image."""
    hidden = shape.hidden_size or 0
    vocabulary = (shape.vocab_size or 0) if keeps_cache(shape) else 0
    logits = batch.seqs * vocabulary * 4 / GIB
    states = batch.tokens * hidden * 2 / GIB
    copies = sampler_copies(version, compute_capability)
    width = layer_width(shape, gpus)
    layer = batch.tokens * width * 2 / GIB
    image = min(IMAGE_TOKENS, max_model_len) * IMAGE_TOKEN_BYTES / GIB if shape.modality == "vision" else 0.0
    sampler = copies.mid * logits + states
    mid = max(sampler, layer, image)
    low = max(copies.low * logits + states, LAYER_LOW * layer)
    high = max(copies.high * logits + states, LAYER_HIGH * layer * (1 if batch_known else OFFLINE), 2 * image)
    if mid == sampler:
        reason = (
            f"sampler's warm-up: {copies.mid} x {batch.seqs} sequences x {vocabulary:,} tokens of vocabulary x 4 bytes"
        )
    elif mid == layer:
        reason = f"one layer on {batch.tokens:,} batched tokens x {width:,.0f} values x 2 bytes"
    else:
        reason = f"one image of {min(IMAGE_TOKENS, max_model_len):,} tokens x {IMAGE_TOKEN_BYTES:,} bytes"
    return Estimate(low, mid, max(mid, high)), reason


def any_version(
    shape: ModelShape, gpus: int, batch: Batch, peak: Estimate, max_model_len: int, *, batch_known: bool
) -> Estimate:
    """The peak where the version isn't known: it may be that of the oldest sampler, or of V0's one whole prompt."""
    old = default_batch(OLDEST, 0, "", max_model_len)
    oldest, _ = activation_peak(
        shape, gpus, batch if batch_known else old, OLDEST, None, max_model_len, batch_known=True
    )
    return Estimate(min(peak.low, oldest.low), peak.mid, max(peak.high, oldest.high))
