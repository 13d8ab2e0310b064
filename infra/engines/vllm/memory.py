"""Whether a model fits its GPUs: what weights and working memory leave for the KV cache. All figures are per GPU.

usable = utilisation x memory that the engine sees; cache = usable - weights - activations - CUDA graphs - other.
Each term is a mechanism of vLLM, and its constants come from published start-up logs. benchmarks/memory.py compares
the sum with such logs.
"""

from collections.abc import Iterator

from infra.catalog import Catalog, Gpu, ModelShape
from infra.engines.vllm.activations import activation_peak, any_version
from infra.engines.vllm.allocated import added_gib
from infra.engines.vllm.drafting import checked, draft_weights, held
from infra.engines.vllm.versions import (
    COUNTS_GRAPHS,
    PINNED,
    V1,
    absorbed,
    captured_graphs,
    default_batch,
    default_utilization,
)
from infra.sizing.adapters import HIGH, LOW, slots_gib
from infra.sizing.batches import largest_batch, planned_batch, whole_input
from infra.sizing.estimates import Estimate, Fit, Term
from infra.sizing.judging import (
    CARD_SHARE,
    OTHER,
    OTHER_PARALLEL,
    QUANTIZED_SHARE,
    WEIGHTS_SHARE,
    interval,
    judge,
    terms_of,
)
from infra.sizing.kv_cache import keeps_cache
from infra.sizing.question import Arguments, Batch, Question, Sized, Version
from infra.sizing.weights import gpu_gib

# Each CUDA graph holds the kernels of each layer. Logs of 0.19 and later: 0.36 GiB for 16 graphs, 0.37 for 54, 0.64 to
# 0.78 for 86; up to 1.3 with adapters or images.
GRAPHS_GIB, GRAPH_LAYER_GIB = 0.05, 0.15 / 1024
GRAPHS_LOW, GRAPHS_HIGH, GRAPHS_MAX_GIB = 0.3, 1.5, 1.3
NO_GRAPHS = Estimate(0.0, 0.0, 0.0)
# Before vLLM 0.8, NCCL kept buffers for each other GPU that NVLink reaches: 0.95 (8 x H200) to 1.8 GiB (vllm#10511).
OLD_NCCL = Estimate(0.3, 1.0, 1.8)
NVLINK = ("A100", "H100", "H200", "B200", "B300")


def size(question: Question, gpu: Gpu, gpus: int, catalog: Catalog) -> Sized:
    """Size a model with the batch that is given; without one, with the batch that the planner or vLLM chooses."""

    def on(batch: Batch) -> Sized:
        arguments = question.arguments(batch, default_utilization(question.version or PINNED))
        assert question.shape is not None
        found = fit(question.shape, gpu, gpus, arguments, catalog=catalog, quantization=question.quantization)
        return Sized(question, gpu, gpus, arguments, found)

    if not question.planned:
        own = default_batch(question.version or PINNED, gpu.engine_gib or 0.0, gpu.name, question.max_model_len)
        tokens = whole_input(question, question.max_num_batched_tokens or own.tokens)
        return on(Batch(min(question.max_num_seqs or own.seqs, tokens), tokens))

    def planned(seqs: int) -> Sized:
        return on(planned_batch(question, gpu, seqs))

    return planned(question.max_num_seqs) if question.max_num_seqs is not None else largest_batch(question, planned)


def fit(
    shape: ModelShape, gpu: Gpu, gpus: int, arguments: Arguments, *, catalog: Catalog, quantization: str | None
) -> Fit:
    """Whether a model fits `gpus` GPUs (tensor parallelism), and what is left for its cache."""
    version = arguments.version or PINNED
    card = gpu.engine_gib or 0.0
    usable = card * arguments.utilization
    added = added_gib(shape, quantization, catalog, gpu, gpus, version) + absorbed(shape, version) / gpus
    weights = gpu_gib(shape, quantization, catalog, gpus, added)
    activations, why = activation_peak(
        shape,
        gpus,
        checked(arguments),
        version,
        gpu.compute_capability,
        arguments.max_model_len,
        batch_known=arguments.batch_known,
    )
    graphs = cuda_graphs(shape, arguments)
    if not arguments.version_known:
        activations = any_version(
            shape, gpus, checked(arguments), activations, arguments.max_model_len, batch_known=arguments.batch_known
        )
        graphs = Estimate(0.0, graphs.mid, graphs.high)
    other = other_memory(gpu, gpus, version)
    adapters = _adapters(shape, gpus, arguments)
    draft = draft_weights(arguments, gpus, catalog, shape, quantization)
    terms = terms_of(
        weights,
        gpus,
        other,
        Term("activations", activations.mid, why),
        Term("CUDA graphs", graphs.mid, _graphs_reason(shape, arguments)),
        *_adapters_term(adapters, arguments),
        *draft,
    )
    left = usable - sum(term.gib for term in terms)
    around = (
        sum(term.gib for term in draft) * WEIGHTS_SHARE
        + weights_share(shape, quantization) * weights
        + CARD_SHARE * card
    )
    left_over = interval(left, (activations, graphs, other, adapters), around)
    return judge(usable, terms, left_over, _cache_rate(shape, gpus, arguments), arguments)


def weights_share(shape: ModelShape, quantization: str | None) -> float:
    quantized = quantization is not None or shape.dtype not in (None, "bf16", "fp16", "fp32")
    return QUANTIZED_SHARE if quantized and (shape.weights_gib is None or shape.weights_estimated) else WEIGHTS_SHARE


def _cache_rate(shape: ModelShape, gpus: int, arguments: Arguments) -> float | None:
    """Bytes of KV cache per token on each GPU, in a request of `max_model_len` tokens."""
    if not keeps_cache(shape):
        return None
    whole = held(shape, gpus, arguments.max_model_len, arguments)
    return None if whole is None else whole / arguments.max_model_len


def other_memory(gpu: Gpu, gpus: int, version: Version) -> Estimate:
    if gpus == 1:
        return OTHER
    if version >= V1 or not gpu.name.startswith(NVLINK):
        return OTHER_PARALLEL
    peers = gpus - 1
    return Estimate(OLD_NCCL.low * peers, OTHER.mid + OLD_NCCL.mid * peers, OTHER.high + OLD_NCCL.high * peers)


def _adapters(shape: ModelShape, gpus: int, arguments: Arguments) -> Estimate:
    gib = slots_gib(shape, gpus, arguments.slots) if arguments.slots else 0.0
    return Estimate(LOW * gib, gib, HIGH * gib)


def _adapters_term(adapters: Estimate, arguments: Arguments) -> Iterator[Term]:
    if arguments.slots is not None:
        reason = f"{arguments.slots.number} slots of rank {arguments.slots.rank}"
        yield Term("adapters", adapters.mid, reason)


def cuda_graphs(shape: ModelShape, arguments: Arguments) -> Estimate:
    if arguments.enforce_eager or (arguments.version or PINNED) < COUNTS_GRAPHS:
        return NO_GRAPHS
    graphs = captured_graphs(arguments.max_num_seqs) * (2 if arguments.slots else 1)  # with adapters and without
    mid = GRAPHS_GIB + GRAPH_LAYER_GIB * graphs * (shape.layers or 0)
    return Estimate(GRAPHS_LOW * mid, mid, max(GRAPHS_HIGH * mid, GRAPHS_MAX_GIB))


def _graphs_reason(shape: ModelShape, arguments: Arguments) -> str:
    if arguments.enforce_eager:
        return "none: enforce-eager"
    if (arguments.version or PINNED) < COUNTS_GRAPHS:
        return "not in vLLM's share of the memory before 0.21"
    twice = ", each with and without adapters" if arguments.slots else ""
    return f"{captured_graphs(arguments.max_num_seqs)} graphs{twice} of {shape.layers or 0} layers"
