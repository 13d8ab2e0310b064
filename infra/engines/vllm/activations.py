"""The most memory that one step takes beside weights and cache, which vLLM measures when it starts."""

from infra.catalog import ModelShape
from infra.engines.vllm.versions import default_batch, sampler_copies
from infra.sizing.estimates import Estimate
from infra.sizing.kv_cache import keeps_cache
from infra.sizing.layers import layer_width
from infra.sizing.question import Batch, Version

GIB = 2**30
# A vision model is measured with its largest image, which is no longer than the context: four patches a token, each
# of about 1,280 values in 8 copies of 2 bytes.
IMAGE_TOKENS = 16384
IMAGE_TOKEN_BYTES = 4 * 1280 * 8 * 2
# The interval of a layer's sum: compiled code reuses buffers, eager code holds some more.
LAYER_LOW, LAYER_HIGH = 0.8, 1.25
OLDEST: Version = (0, 6, 0)
# Where the batch isn't given, an offline engine takes twice the tokens of a server.
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
    """GiB on each GPU, and why: the sampler's warm-up, one layer on a full batch, or an image, whichever is largest."""
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
        reason = f"a layer on {batch.tokens:,} batched tokens x {width:,.0f} values x 2 bytes"
    else:
        reason = f"an image of {min(IMAGE_TOKENS, max_model_len):,} tokens x {IMAGE_TOKEN_BYTES:,} bytes"
    return Estimate(low, mid, max(mid, high)), reason


def any_version(
    shape: ModelShape, gpus: int, batch: Batch, peak: Estimate, max_model_len: int, *, batch_known: bool
) -> Estimate:
    """Widened by what the oldest sampler, and a batch of one whole prompt before V1, would take."""
    old = default_batch(OLDEST, 0, "", max_model_len)
    oldest, _ = activation_peak(
        shape, gpus, batch if batch_known else old, OLDEST, None, max_model_len, batch_known=True
    )
    return Estimate(min(peak.low, oldest.low), peak.mid, max(peak.high, oldest.high))
