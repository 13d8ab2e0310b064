"""The peak of the memory that one step takes besides weights and KV cache. vLLM measures it when it starts."""

from collections.abc import Iterator
from dataclasses import dataclass

from infra.catalog import ModelShape
from infra.engines.vllm.versions import default_batch, sampler_copies
from infra.sizing.estimates import Estimate
from infra.sizing.kv_cache import keeps_cache
from infra.sizing.layers import expert_width, layer_width
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
# With torch 2.10, the compiler tries its kernels on a copy of the embedding, with two copies of the hidden states: in a
# first start of vLLM 0.26 Llama 3.1 8B took 1.1036 GiB (0.9785 + 0.125), Gemma 3 12B 1.9927 (1.8754 + 0.1172), gpt-oss
# 1.1007 with 2,048 tokens (1.0786 + 0.0220). Where compiled code is cached, nothing is tried: gpt-oss took 0.85.
TRIED: Version = (0, 17, 0)
TRIED_STATES = 2
# It was measured with torch 2.11. With torch 2.13, from here on, nobody has: there it is an end of the interval alone.
TRIED_UNTIL: Version = (0, 27, 0)
# Buffers of experts are kept from here on, so the sampler finds them there (vllm/v1/worker/workspace.py); those of
# mxfp4 are within its kernels.
KEPT_BUFFERS: Version = (0, 13, 0)


@dataclass(frozen=True)
class Start:
    """How vLLM starts, as far as the peak depends on it."""

    version: Version
    compute_capability: float | None = None
    second_runner: bool = False
    compiles: bool = True
    in_8_bit: bool = False  # what comes into a product is quantized as the weights are


def activation_peak(
    shape: ModelShape, gpus: int, batch: Batch, start: Start, max_model_len: int, *, batch_known: bool
) -> tuple[Estimate, str]:
    """The peak in GiB per GPU, and why: the largest of what vLLM runs, one after the other."""
    offline = 1 if batch_known else OFFLINE
    parts = list(_parts(shape, gpus, batch, start, max_model_len, offline))
    peak, reason = max(parts, key=lambda part: part[0].mid)
    low, high = (max(getattr(part, end) for part, _ in parts) for end in ("low", "high"))
    return Estimate(min(low, peak.mid), peak.mid, max(peak.mid, high)), reason


def _parts(
    shape: ModelShape, gpus: int, batch: Batch, start: Start, max_model_len: int, offline: int
) -> Iterator[tuple[Estimate, str]]:
    states = batch.tokens * (shape.hidden_size or 0) * 2 / GIB
    yield _sampler(shape, gpus, batch, start, states)
    yield _layer(shape, gpus, batch, start, offline)
    if start.compiles and start.version >= TRIED:
        vocabulary, hidden = shape.vocab_size or 0, shape.hidden_size or 0
        tried = vocabulary * hidden * 2 / gpus / GIB + TRIED_STATES * states
        measured = tried if start.version < TRIED_UNTIL else 0.0
        yield (
            Estimate(0.0, measured, tried + TRIED_STATES * states * (offline - 1)),
            f"first start: the compiler tries its kernels on a copy of the embedding of {vocabulary:,} x {hidden:,}",
        )
    if shape.modality == "vision":
        tokens = min(IMAGE_TOKENS, max_model_len)
        image = tokens * IMAGE_TOKEN_BYTES / GIB
        yield Estimate(0.0, image, 2 * image), f"one image of {tokens:,} tokens x {IMAGE_TOKEN_BYTES:,} bytes"


def _sampler(shape: ModelShape, gpus: int, batch: Batch, start: Start, states: float) -> tuple[Estimate, str]:
    """The warm-up of the sampler, which pooling doesn't have."""
    samples = keeps_cache(shape) and shape.modality not in ("embedding", "rerank")
    vocabulary = (shape.vocab_size or 0) if samples else 0
    copies = sampler_copies(start.version, start.compute_capability, second_runner=start.second_runner)
    logits = batch.seqs * vocabulary * 4 / GIB
    kept = _kept(shape, gpus, batch, start)
    peak = Estimate(
        copies.low * logits + states, copies.mid * logits + states + kept, copies.high * logits + states + kept
    )
    experts = " + buffers of experts" if kept else ""
    what = f"{copies.mid} x {batch.seqs} sequences x {vocabulary:,} tokens of vocabulary x 4 bytes{experts}"
    return peak, f"sampler's warm-up: {what}"


def _kept(shape: ModelShape, gpus: int, batch: Batch, start: Start) -> float:
    if not shape.num_experts or shape.dtype == "mxfp4" or start.version < KEPT_BUFFERS:
        return 0.0
    return batch.tokens * expert_width(shape, gpus, buffered=True) * 2 / GIB


def _layer(shape: ModelShape, gpus: int, batch: Batch, start: Start, offline: int) -> tuple[Estimate, str]:
    width = layer_width(shape, gpus, buffered=start.version >= KEPT_BUFFERS)
    if start.in_8_bit and not shape.num_experts:
        width += (shape.intermediate_size or 0) / gpus / 2
    layer = batch.tokens * width * 2 / GIB
    reason = f"one layer on {batch.tokens:,} batched tokens x {width:,.0f} values x 2 bytes"
    return Estimate(LAYER_LOW * layer, layer, LAYER_HIGH * layer * offline), reason


def any_version(
    shape: ModelShape, gpus: int, batch: Batch, start: Start, max_model_len: int, *, batch_known: bool
) -> tuple[Estimate, str]:
    """The peak where the version isn't known: it may be that of the oldest sampler, or of V0's one whole prompt."""
    old = batch if batch_known else default_batch(OLDEST, 0, "", max_model_len)
    peak, reason = activation_peak(shape, gpus, batch, start, max_model_len, batch_known=batch_known)
    oldest, _ = activation_peak(shape, gpus, old, Start(OLDEST), max_model_len, batch_known=True)
    return Estimate(min(peak.low, oldest.low), peak.mid, max(peak.high, oldest.high)), reason
