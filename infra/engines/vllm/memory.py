"""Whether a model fits its GPUs: what weights and working memory leave for the KV cache. All figures are per GPU.

usable = utilisation x memory that the engine sees; cache = usable - weights - activations - CUDA graphs - other.
Each term is a mechanism of vLLM, and its constants come from published start-up logs. benchmarks/memory.py compares
the sum with such logs.
"""

from collections.abc import Iterator

from infra.catalog import Catalog, Gpu, ModelShape
from infra.engines.vllm import graphs
from infra.engines.vllm.activations import Start, activation_peak, any_version
from infra.engines.vllm.allocated import added_gib
from infra.engines.vllm.drafting import checked, draft_weights, held
from infra.engines.vllm.runner import is_second
from infra.engines.vllm.versions import (
    CUDA_13,
    PINNED,
    V1,
    absorbed,
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

# On one GPU with CUDA 13: 0.22 to 0.24 in ten starts of 0.26.
OTHER_CUDA_13 = Estimate(0.1, 0.23, 0.35)
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
    start = start_of(shape, gpu, arguments, quantization)
    second = start.second_runner
    length, known = arguments.max_model_len, arguments.batch_known
    peak = activation_peak if arguments.version_known else any_version
    activations, why = peak(shape, gpus, checked(arguments), start, length, batch_known=known)
    counted = graphs.counted(shape, arguments, card, second_runner=second)
    if not arguments.version_known:
        counted = Estimate(0.0, counted.mid, max(counted.high, graphs.taken(shape, arguments).high))
    other = other_memory(gpu, gpus, version)
    adapters = _adapters(shape, gpus, arguments)
    draft = draft_weights(arguments, gpus, catalog, shape, quantization)
    terms = terms_of(
        weights,
        gpus,
        other,
        Term("activations", activations.mid, why),
        Term("CUDA graphs", counted.mid, graphs.reason(shape, arguments, second_runner=second)),
        *_adapters_term(adapters, arguments),
        *draft,
    )
    left = usable - sum(term.gib for term in terms)
    around = (
        sum(term.gib for term in draft) * WEIGHTS_SHARE
        + weights_share(shape, quantization) * weights
        + CARD_SHARE * card
    )
    left_over = interval(left, (activations, counted, other, adapters), around)
    return judge(usable, terms, left_over, _cache_rate(shape, gpus, arguments), arguments)


def start_of(shape: ModelShape, gpu: Gpu, arguments: Arguments, quantization: str | None) -> Start:
    version = arguments.version or PINNED
    return Start(
        version,
        gpu.compute_capability,
        is_second(shape, version, quantization, arguments.draft),
        compiles=not arguments.enforce_eager,
        in_8_bit=(quantization or shape.dtype) == "fp8",
    )


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
        return OTHER_CUDA_13 if version >= CUDA_13 else OTHER
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
