"""Does a model fit its GPUs: what is left for the KV cache once weights and working memory are taken. Per GPU.

usable = utilisation x memory that the engine sees; cache = usable - weights - activations - CUDA graphs - other.
The terms are mechanisms of the engine, their constants from published start-up logs: benchmarks/memory.py holds the
sum against such logs.
"""

import dataclasses
from dataclasses import dataclass

from infra.catalog import Catalog, Gpu, ModelShape
from infra.planning import tgi
from infra.planning.activations import activation_peak, any_version
from infra.planning.kv_cache import keeps_cache, request_bytes
from infra.planning.plan import Estimate, Fit, Term
from infra.planning.vllm import COUNTS_GRAPHS, PINNED, V1, Batch, Version, captured_graphs
from infra.planning.weights import GIB, gpu_gib

# The same card differs by driver and ECC: 79.15 to 79.22 GiB in start-up logs.
CARD_SHARE = 0.001
# CUDA graphs: kernels of each layer in each graph. Logs of 0.19 and later: 0.36 GiB of 16 graphs, 0.37 of 54, 0.64 to
# 0.78 of 86; up to 1.3 with adapters or images.
GRAPHS_GIB, GRAPH_LAYER_GIB = 0.05, 0.15 / 1024
GRAPHS_LOW, GRAPHS_HIGH, GRAPHS_MOST_GIB = 0.3, 1.5, 1.3
NO_GRAPHS = Estimate(0.0, 0.0, 0.0)
# What PyTorch doesn't see: libraries and, with tensor parallelism, NCCL's buffers. Logs: 0.03 to 0.14; 0.25 to 1.38.
OTHER = Estimate(0.03, 0.13, 0.3)
OTHER_PARALLEL = Estimate(0.25, 0.55, 1.4)
# NCCL before vLLM 0.8 kept buffers for each peer that NVLink reaches: 1.8 GiB (vllm#10511) to 0.95 (8 x H200).
OLD_NCCL = Estimate(0.3, 1.0, 1.8)
NVLINK = ("A100", "H100", "H200", "B200", "B300")
# llama.cpp's compute buffers and the CUDA context.
OLLAMA_GIB = 1.0
# Files of the catalogue's tags against parameters x bits a weight: 5 % less to 5 % and 0.6 GiB more, which are images'
# 16-bit weights, or the embeddings of small models.
FILE_SHARE, FILE_MORE_GIB = 0.05, 0.6
# Weights: 16-bit files are loaded as they are; a quantization differs in which layers it leaves in 16 bit.
WEIGHTS_SHARE, QUANTIZED_SHARE = 0.003, 0.04


@dataclass(frozen=True)
class Arguments:
    """What the engine is started with, as far as it decides memory."""

    max_model_len: int
    max_num_seqs: int
    max_num_batched_tokens: int
    utilization: float
    kv_cache_dtype: str = "auto"
    concurrency: int = 1  # requests of max_model_len that must fit at once
    version: Version = PINNED  # vLLM's
    version_known: bool = True
    batch_known: bool = True
    enforce_eager: bool = False
    engine: str = "vllm"
    file_known: bool = True  # Ollama's; False: sized by bits a weight

    @property
    def batch(self) -> Batch:
        return Batch(self.max_num_seqs, self.max_num_batched_tokens)


def fit(
    shape: ModelShape, gpu: Gpu, gpus: int, arguments: Arguments, *, catalog: Catalog, quantization: str | None
) -> Fit:
    """A model on `gpus` GPUs by tensor parallelism, served by vLLM or TGI."""
    if arguments.engine == "tgi":
        return _fit_tgi(shape, gpu, gpus, arguments, catalog=catalog, quantization=quantization)
    card = gpu.engine_gib or 0.0
    usable = card * arguments.utilization
    weights = gpu_gib(shape, quantization, catalog, gpu, gpus, arguments.version)
    activations, why = activation_peak(
        shape,
        gpus,
        arguments.batch,
        arguments.version,
        gpu.compute_capability,
        arguments.max_model_len,
        batch_known=arguments.batch_known,
    )
    graphs = cuda_graphs(shape, arguments)
    if not arguments.version_known:
        activations = any_version(
            shape, gpus, arguments.batch, activations, arguments.max_model_len, batch_known=arguments.batch_known
        )
        graphs = Estimate(0.0, graphs.mid, graphs.high)
    other = other_memory(gpu, gpus, arguments.version)
    terms = (
        Term("weights", weights, f"{weights * gpus:.1f} GiB / {gpus}" if gpus > 1 else f"{weights:.1f} GiB"),
        Term("activations", activations.mid, why),
        Term("CUDA graphs", graphs.mid, _graphs_reason(shape, arguments)),
        Term("other", other.mid, f"{other.mid} GiB: CUDA libraries{' and NCCL buffers' if gpus > 1 else ''}"),
    )
    left = usable - sum(term.gib for term in terms)
    around = weights_share(shape, quantization) * weights + CARD_SHARE * card
    interval = _interval(left, (activations, graphs, other), around)
    return _judge(usable, terms, interval, _cache_rate(shape, gpus, arguments), arguments)


def _fit_tgi(
    shape: ModelShape, gpu: Gpu, gpus: int, arguments: Arguments, *, catalog: Catalog, quantization: str | None
) -> Fit:
    card = gpu.engine_gib or 0.0
    usable = tgi.WIGGLE_ROOM * arguments.utilization * card
    weights = gpu_gib(shape, quantization, catalog, gpu, gpus, PINNED)
    peak, why = tgi.prefill_peak(shape, gpus, arguments.max_num_batched_tokens)
    other = other_memory(gpu, gpus, PINNED)
    terms = (
        Term("weights", weights, f"{weights * gpus:.1f} GiB / {gpus}" if gpus > 1 else f"{weights:.1f} GiB"),
        Term("activations", peak.mid, why),
        Term("other", other.mid, f"{other.mid} GiB: CUDA libraries{' and NCCL buffers' if gpus > 1 else ''}"),
    )
    left = usable - sum(term.gib for term in terms)
    around = QUANTIZED_SHARE * weights + CARD_SHARE * card
    rate = None
    if keeps_cache(shape):
        rate = tgi.kv_bytes_per_token(shape, gpus, 1 if arguments.kv_cache_dtype.startswith("fp8") else 2)
    return _judge(usable, terms, _interval(left, (peak, other), around), rate, arguments)


def weights_share(shape: ModelShape, quantization: str | None) -> float:
    quantized = quantization is not None or shape.dtype not in (None, "bf16", "fp16", "fp32")
    return QUANTIZED_SHARE if quantized and shape.weights_gib is None else WEIGHTS_SHARE


def _interval(left: float, parts: tuple[Estimate, ...], around: float) -> Estimate:
    low = left - sum(part.high - part.mid for part in parts) - around
    return Estimate(low, left, left + sum(part.mid - part.low for part in parts) + around)


def fit_ollama(file_gib: float, shape: ModelShape | None, gpu: Gpu, gpus: int, arguments: Arguments) -> Fit:
    """A quantized file that Ollama spreads over its GPUs; the cache is 16 bit, NUM_PARALLEL x CONTEXT tokens."""
    card = gpu.engine_gib or 0.0
    source = "the file of the tag" if arguments.file_known else "parameters x bits a weight"
    unknown = 0.0 if arguments.file_known else FILE_SHARE * file_gib / gpus
    terms = (
        Term("weights", file_gib / gpus, f"{file_gib:.1f} GiB, {source}"),
        Term("other", OLLAMA_GIB, f"{OLLAMA_GIB:.1f} GiB: compute buffers and CUDA context"),
    )
    left = card - sum(term.gib for term in terms)
    rate = None
    if shape is not None and keeps_cache(shape):
        whole = request_bytes(shape, 1, 2, arguments.max_model_len, arguments.max_num_batched_tokens, PINNED)
        rate = whole / arguments.max_model_len / gpus if whole is not None else None
    more = unknown + FILE_MORE_GIB / gpus if unknown else 0.0
    interval = Estimate(left - 0.05 * card - more, left, left + 0.02 * card + unknown)
    fits = _judge(card, terms, interval, rate, arguments)
    if fits.max_concurrency is None:
        return fits
    return dataclasses.replace(fits, max_concurrency=min(fits.max_concurrency, arguments.max_num_seqs))


def _cache_rate(shape: ModelShape, gpus: int, arguments: Arguments) -> float | None:
    """Bytes a token of a request of `max_model_len`, on each GPU."""
    if not keeps_cache(shape):
        return None
    element = 1 if arguments.kv_cache_dtype.startswith("fp8") else 2
    whole = request_bytes(
        shape, gpus, element, arguments.max_model_len, arguments.max_num_batched_tokens, arguments.version
    )
    return None if whole is None else whole / arguments.max_model_len


def other_memory(gpu: Gpu, gpus: int, version: Version) -> Estimate:
    if gpus == 1:
        return OTHER
    if version >= V1 or not gpu.name.startswith(NVLINK):
        return OTHER_PARALLEL
    peers = gpus - 1
    return Estimate(OLD_NCCL.low * peers, OTHER.mid + OLD_NCCL.mid * peers, OTHER.high + OLD_NCCL.high * peers)


def cuda_graphs(shape: ModelShape, arguments: Arguments) -> Estimate:
    if arguments.enforce_eager or arguments.version < COUNTS_GRAPHS:
        return NO_GRAPHS
    graphs = captured_graphs(arguments.max_num_seqs)
    mid = GRAPHS_GIB + GRAPH_LAYER_GIB * graphs * (shape.layers or 0)
    return Estimate(GRAPHS_LOW * mid, mid, max(GRAPHS_HIGH * mid, GRAPHS_MOST_GIB))


def _graphs_reason(shape: ModelShape, arguments: Arguments) -> str:
    if arguments.enforce_eager:
        return "none: enforce-eager"
    if arguments.version < COUNTS_GRAPHS:
        return "outside the budget before vLLM 0.21"
    return f"{captured_graphs(arguments.max_num_seqs)} graphs of {shape.layers or 0} layers"


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
