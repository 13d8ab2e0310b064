"""Does a model fit its GPUs: what is left for the KV cache once weights and working memory are taken. Per GPU.

The terms and their constants come from published start-up logs of vLLM; see `Term.reason` for each.
"""

import dataclasses
from dataclasses import dataclass

from infra.catalog import Catalog, Gpu, ModelShape
from infra.planning.plan import Estimate, Fit, Term
from infra.planning.weights import GIB, served_gib

# vLLM's default since 0.28; 0.90 before.
VLLM_UTILIZATION = 0.92
# The sampler's warm-up: within 4 % of 9.6 x sequences x vocabulary x 4 bytes in nine published logs.
SAMPLER_COPIES = 9.6
# CUDA graphs, which vLLM takes out of the budget since 0.21.
CUDA_GRAPHS_GIB = 0.5
# CUDA context and allocator slack that PyTorch doesn't see; with tensor parallelism NCCL's buffers too.
OTHER_GIB = 0.15
OTHER_GIB_PARALLEL = 0.55
# llama.cpp's compute buffers and the CUDA context.
OLLAMA_GIB = 1.0


@dataclass(frozen=True)
class Arguments:
    """What the engine is started with, as far as it decides memory."""

    max_model_len: int
    max_num_seqs: int
    max_num_batched_tokens: int
    utilization: float
    kv_cache_dtype: str = "auto"
    concurrency: int = 1  # requests of max_model_len that must fit at once
    cuda_graphs: bool = True


def fit(
    shape: ModelShape, gpu: Gpu, gpus: int, arguments: Arguments, *, catalog: Catalog, quantization: str | None
) -> Fit:
    """A model on `gpus` GPUs by tensor parallelism, served by vLLM or TGI."""
    card = gpu.engine_gib or 0.0
    usable = card * arguments.utilization
    weights = served_gib(shape, quantization, catalog) / gpus
    terms = (
        Term("weights", weights, f"{weights * gpus:.1f} GiB / {gpus}" if gpus > 1 else f"{weights:.1f} GiB"),
        _activations(shape, gpus, arguments),
        Term("CUDA graphs", CUDA_GRAPHS_GIB if arguments.cuda_graphs else 0.0, "about 0.5 GiB in start-up logs"),
        _other(gpus),
    )
    left = usable - sum(term.gib for term in terms)
    half = _half_width(card, gpus, terms[1].gib, exact=is_exact(shape))
    return _judge(usable, terms, Estimate(left - half, left, left + half), _kv_bytes(shape, gpus, arguments), arguments)


def fit_ollama(file_gib: float, shape: ModelShape | None, gpu: Gpu, gpus: int, arguments: Arguments) -> Fit:
    """A quantized file that Ollama spreads over its GPUs; the cache is 16 bit, of as many requests as it answers."""
    card = gpu.engine_gib or 0.0
    whole = kv_bytes_per_token(shape, 1, 2) if shape else None
    terms = (
        Term("weights", file_gib / gpus, f"{file_gib:.1f} GiB, the file of the tag"),
        Term("other", OLLAMA_GIB, f"{OLLAMA_GIB:.1f} GiB: compute buffers and CUDA context"),
    )
    left = card - sum(term.gib for term in terms)
    per_token = None if whole is None or (shape and not keeps_cache(shape)) else whole / gpus
    fits = _judge(card, terms, Estimate(left - 0.05 * card, left, left + 0.02 * card), per_token, arguments)
    if fits.max_concurrency is None:
        return fits
    return dataclasses.replace(fits, max_concurrency=min(fits.max_concurrency, arguments.max_num_seqs))


def kv_bytes_per_token(shape: ModelShape, gpus: int, element_bytes: int) -> float | None:
    """Bytes of cache that one token takes on each GPU; None where the model keeps no cache or its shape isn't known.

    Grouped heads are split over the GPUs, and repeated where there are fewer than GPUs. MLA keeps one latent vector a
    layer, the same on every GPU. Sliding-window and hybrid layers are counted as full ones: never too little.
    """
    if shape.layers is None:
        return None
    if shape.attention == "mla":
        return shape.layers * ((shape.kv_lora_rank or 0) + (shape.qk_rope_head_dim or 0)) * element_bytes
    if shape.kv_heads is None or shape.head_size is None:
        return None
    heads = max(1, -(-shape.kv_heads // gpus))
    return 2 * shape.layers * heads * shape.head_size * element_bytes


def keeps_cache(shape: ModelShape) -> bool:
    """Encoders read their input at once."""
    return not (shape.modality in ("embedding", "rerank") and shape.attention == "mha")


def _kv_bytes(shape: ModelShape, gpus: int, arguments: Arguments) -> float | None:
    if not keeps_cache(shape):
        return None
    return kv_bytes_per_token(shape, gpus, 1 if arguments.kv_cache_dtype == "fp8" else 2)


def _activations(shape: ModelShape, gpus: int, arguments: Arguments) -> Term:
    """The larger of the sampler's warm-up and one layer's working memory on a full batch."""
    seqs, tokens = arguments.max_num_seqs, arguments.max_num_batched_tokens
    vocabulary = (shape.vocab_size or 0) if keeps_cache(shape) else 0
    sampler = SAMPLER_COPIES * seqs * vocabulary * 4 / GIB
    hidden = shape.hidden_size or 0
    width = 3 * (shape.intermediate_size or 4 * hidden) / gpus + 4 * hidden
    layer = tokens * width * 2 / GIB
    if sampler >= layer:
        return Term("activations", sampler, f"9.6 x {seqs} sequences x {vocabulary:,} tokens of vocabulary x 4 bytes")
    return Term("activations", layer, f"{tokens:,} batched tokens x {width:,.0f} values of a layer x 2 bytes")


def _other(gpus: int) -> Term:
    if gpus == 1:
        return Term("other", OTHER_GIB, f"{OTHER_GIB} GiB: CUDA context")
    return Term("other", OTHER_GIB_PARALLEL, f"{OTHER_GIB_PARALLEL} GiB: CUDA context and NCCL buffers")


def is_exact(shape: ModelShape) -> bool:
    """Whether every layer keeps the same cache, so that the formula is right."""
    return shape.attention in ("mha", "gqa", "mqa") and not shape.swa_kv_layers


def _half_width(card: float, gpus: int, activations: float, *, exact: bool) -> float:
    """0.6 % of the card (drivers differ), a tenth of the activations, half of the graphs, NCCL; a tenth of the card
    more where the formula isn't made for the shape."""
    half = 0.006 * card + 0.1 * activations + CUDA_GRAPHS_GIB / 2 + (0.2 if gpus > 1 else 0.05)
    return half if exact else half + 0.1 * card


def _judge(
    usable: float, terms: tuple[Term, ...], left: Estimate, per_token: float | None, arguments: Arguments
) -> Fit:
    weights = terms[0].gib
    engine = sum(term.gib for term in terms[1:])
    sum_up = (
        f"{usable:.1f} GiB that the engine may use - {weights:.1f} weights - {engine:.1f} engine = {left.mid:.1f} GiB"
    )
    if per_token is None:
        return Fit(
            usable, weights, terms, None, None, None, None, left.mid >= 0, left.low >= 0, (f"{sum_up} stay empty",)
        )
    need = arguments.max_model_len * arguments.concurrency
    tokens = _tokens(left.mid, per_token)
    return Fit(
        usable_gib=usable,
        weights_gib=weights,
        terms=terms,
        kv_cache_gib=left,
        kv_bytes_per_token=per_token,
        kv_cache_tokens=tokens,
        max_concurrency=tokens / arguments.max_model_len,
        fits=tokens >= need,
        certain=_tokens(left.low, per_token) >= need,
        reasons=(f"{sum_up} of cache = {tokens:,} tokens at {per_token / 1024:,.0f} KiB a token",),
    )


def _tokens(gib: float, per_token: float) -> int:
    return max(0, int(gib * GIB / per_token))
