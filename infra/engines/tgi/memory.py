"""Whether a model fits the GPUs from which TGI serves it."""

from infra.catalog import Catalog, Gpu, ModelShape
from infra.engines.tgi import prefill
from infra.sizing.batches import batch_tokens, largest_batch, whole_input
from infra.sizing.estimates import Fit, Term
from infra.sizing.judging import CARD_SHARE, OTHER, OTHER_PARALLEL, QUANTIZED_SHARE, interval, judge, terms_of
from infra.sizing.kv_cache import keeps_cache
from infra.sizing.question import Arguments, Batch, Question, Sized
from infra.sizing.weights import gpu_gib


def size(question: Question, gpu: Gpu, gpus: int, catalog: Catalog) -> Sized:
    """Size a model with the batch that is given; without one, with the batch that the planner or TGI chooses."""

    def on(batch: Batch) -> Sized:
        arguments = question.arguments(batch, prefill.DEFAULT_FRACTION)
        assert question.shape is not None
        found = fit(question.shape, gpu, gpus, arguments, catalog=catalog, quantization=question.quantization)
        return Sized(question, gpu, gpus, arguments, found)

    if not question.planned:
        tokens = _whole_prompt(question, gpu, question.max_num_batched_tokens or prefill.DEFAULT_PREFILL)
        return on(Batch(min(question.max_num_seqs or prefill.DEFAULT_PREFILL, tokens), tokens))

    def planned(seqs: int) -> Sized:
        return on(Batch(seqs, max(_whole_prompt(question, gpu, batch_tokens(gpu)), seqs)))

    return planned(question.max_num_seqs) if question.max_num_seqs is not None else largest_batch(question, planned)


def _whole_prompt(question: Question, gpu: Gpu, tokens: int) -> int:
    """The tokens of a batch: some prompts can't be read in parts."""
    if question.shape is not None:
        tokens = prefill.prefill_tokens(question.shape, tokens, gpu.compute_capability, question.max_model_len)
    return whole_input(question, tokens)


def fit(
    shape: ModelShape, gpu: Gpu, gpus: int, arguments: Arguments, *, catalog: Catalog, quantization: str | None
) -> Fit:
    card = gpu.engine_gib or 0.0
    usable = prefill.WIGGLE_ROOM * arguments.utilization * card
    weights = gpu_gib(shape, quantization, catalog, gpus)
    peak, why = prefill.prefill_peak(shape, gpus, arguments.max_num_batched_tokens)
    other = OTHER if gpus == 1 else OTHER_PARALLEL
    terms = terms_of(weights, gpus, other, Term("activations", peak.mid, why))
    left = usable - sum(term.gib for term in terms)
    around = QUANTIZED_SHARE * weights + CARD_SHARE * card
    rate = None
    if keeps_cache(shape):
        rate = prefill.kv_bytes_per_token(shape, gpus, 1 if arguments.kv_cache_dtype.startswith("fp8") else 2)
    return judge(usable, terms, interval(left, (peak, other), around), rate, arguments)
