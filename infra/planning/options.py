"""One model on one kind of GPU, or on every instance type: what `fit` answers."""

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass

from infra.catalog import Catalog, Gpu, Instance, ModelShape
from infra.planning import tgi
from infra.planning.fit import Arguments, fit, fit_ollama
from infra.planning.kv_cache import keeps_cache, splits
from infra.planning.plan import Fit
from infra.planning.vllm import PINNED, Batch, Version, default_batch, default_utilization
from infra.planning.weights import served_dtype

# A GPU that is named by its memory is one of AWS' where the engine would see as much.
SAME_MEMORY = 0.02
# Ways to need less memory, the one that changes least first.
SMALLER = ("fp8", "awq")
FEWEST_SEQS = 16
CONTEXT_STEP = 256


@dataclass(frozen=True)
class Question:
    """What is asked of a model; None is the engine's default for its version and the card."""

    name: str
    shape: ModelShape | None  # None: an Ollama tag whose shape isn't known
    max_model_len: int
    own_context: int
    engine: str = "vllm"
    ollama_file_gib: float | None = None
    file_known: bool = True  # False: sized by bits a weight
    quantization: str | None = None
    kv_cache_dtype: str = "auto"
    utilization: float | None = None
    max_num_seqs: int | None = None
    max_num_batched_tokens: int | None = None
    concurrency: int = 1
    version: Version = PINNED
    version_known: bool = True


@dataclass(frozen=True)
class Answer:
    """A question on GPUs of one kind, per replica."""

    question: Question
    gpu: Gpu
    gpus: int
    instance: Instance | None
    arguments: Arguments
    fit: Fit

    @property
    def usd_per_hour(self) -> float | None:
        """Its share of the node's GPUs."""
        if self.instance is None or self.instance.usd_per_hour is None:
            return None
        return self.instance.usd_per_hour * self.gpus / self.instance.gpus

    @property
    def fits(self) -> bool:
        return self.fit.fits and self.question.max_model_len <= self.question.own_context

    @property
    def certain(self) -> bool:
        return self.fit.certain and self.fits


def answer(question: Question, gpu: Gpu, gpus: int, instance: Instance | None, catalog: Catalog) -> Answer:
    """With the batch that was asked for, or the engine's own; a batch has a token at least for each sequence."""
    batch = _batch(question, gpu)
    arguments = Arguments(
        max_model_len=question.max_model_len,
        max_num_seqs=batch.seqs,
        max_num_batched_tokens=batch.tokens,
        utilization=question.utilization or _utilization(question),
        kv_cache_dtype=question.kv_cache_dtype,
        concurrency=question.concurrency,
        version=question.version,
        version_known=question.version_known,
        engine=question.engine,
        file_known=question.file_known,
        batch_known=question.max_num_seqs is not None and question.max_num_batched_tokens is not None,
    )
    if question.ollama_file_gib is not None:
        result = fit_ollama(question.ollama_file_gib, question.shape, gpu, gpus, arguments)
    else:
        assert question.shape is not None
        result = fit(question.shape, gpu, gpus, arguments, catalog=catalog, quantization=question.quantization)
    return Answer(question, gpu, gpus, instance, arguments, result)


def on_instance(question: Question, instance: Instance, catalog: Catalog) -> Answer | None:
    """On the fewest of its GPUs that serve the model, or on the most that it splits over; None: it can't run there."""
    gpu = catalog.gpus[instance.gpu]
    if not can_run(question, gpu, catalog):
        return None
    nearest: Answer | None = None
    for gpus in counts(question, instance.gpus):
        nearest = answer(question, gpu, gpus, instance, catalog)
        if nearest.fits:
            return nearest
    return nearest


def everywhere(question: Question, catalog: Catalog) -> list[Answer]:
    """On each instance type that may be chosen and can run it, cheapest first; whether it fits or not."""
    usable = (each for each in catalog.instances.values() if each.left_out is None)
    found = (on_instance(question, instance, catalog) for instance in usable)
    return sorted((each for each in found if each is not None), key=_price)


def cheapest(question: Question, catalog: Catalog) -> Answer | None:
    return next((each for each in everywhere(question, catalog) if each.fits), None)


def counts(question: Question, most: int) -> Iterator[int]:
    """Numbers of GPUs that a model can be split over, within a node."""
    gpus = 1
    while gpus <= most:
        if question.ollama_file_gib is not None or question.shape is None or splits(question.shape, gpus):
            yield gpus
        gpus *= 2


def can_run(question: Question, gpu: Gpu, catalog: Catalog) -> bool:
    """Whether the GPU's compute capability is enough for the weights; what isn't known is no obstacle."""
    if question.ollama_file_gib is not None or gpu.compute_capability is None:
        return gpu.engine_gib is not None
    dtype = served_dtype(question.shape, question.quantization, bf16=gpu.bf16)
    return gpu.engine_gib is not None and gpu.compute_capability >= catalog.quantizations[dtype].min_compute_capability


def instance_with(gpu: Gpu, gpus: int, catalog: Catalog) -> Instance | None:
    """The cheapest type that has so many GPUs of that memory."""
    fitting = [
        each
        for each in catalog.instances.values()
        if each.left_out is None and each.gpus >= gpus and _same(catalog.gpus[each.gpu], gpu)
    ]
    return min(fitting, key=lambda each: ((each.usd_per_hour or 0.0) / each.gpus, each.name), default=None)


def largest_context(given: Answer, catalog: Catalog) -> int:
    """The longest context, in steps, of which as many requests as asked for fit on the same GPUs; 0: none."""
    low, high = 0, given.question.own_context // CONTEXT_STEP
    while low < high:
        middle = (low + high + 1) // 2
        if _again(given, catalog, max_model_len=middle * CONTEXT_STEP).fits:
            low = middle
        else:
            high = middle - 1
    return low * CONTEXT_STEP


def mends(given: Answer, catalog: Catalog) -> list[tuple[str, str]]:
    """What makes a model fit that doesn't: the flag, and what it does."""
    question = given.question
    found: list[tuple[str, str]] = []
    length = largest_context(given, catalog)
    if length and length < question.max_model_len:
        found.append((f"--max-model-len {length}", "the longest that fits here, at the middle of the interval"))
    if question.ollama_file_gib is None and given.arguments.max_num_seqs > FEWEST_SEQS:
        fewer = _again(given, catalog, max_num_seqs=max(FEWEST_SEQS, question.concurrency))
        if fewer.fits:
            found.append((f"--max-num-seqs {fewer.arguments.max_num_seqs}", _gain(given, fewer)))
    for method in SMALLER if question.quantization is None and question.ollama_file_gib is None else ():
        smaller = _again(given, catalog, quantization=method)
        if can_run(smaller.question, given.gpu, catalog) and smaller.fits:
            weights = smaller.fit.weights_gib
            found.append((f"--quantization {method}", f"{weights:.1f} GiB of weights on each GPU; {holds(smaller)}"))
            break
    best = cheapest(
        dataclasses.replace(question, max_model_len=min(question.max_model_len, question.own_context)), catalog
    )
    if best is not None and best.instance is not None and best.instance != given.instance:
        where = f"{best.gpus} x {best.gpu.name}, ${best.usd_per_hour or 0:.2f} an hour; {holds(best)}"
        found.append((f"--instance-type {best.instance.name}", where))
    return found


def holds(given: Answer) -> str:
    if given.fit.max_concurrency is None:
        return "no cache needed" if given.question.shape and not keeps_cache(given.question.shape) else "cache unknown"
    return f"holds {given.fit.max_concurrency:.1f} requests of {given.question.max_model_len:,} tokens"


def _again(given: Answer, catalog: Catalog, **changes: object) -> Answer:
    question = dataclasses.replace(given.question, **changes)
    return answer(question, given.gpu, given.gpus, given.instance, catalog)


def _gain(before: Answer, after: Answer) -> str:
    gained = (after.fit.kv_cache_tokens or 0) - (before.fit.kv_cache_tokens or 0)
    return f"instead of {before.arguments.max_num_seqs}: gives back {gained:,} tokens of cache"


def _utilization(question: Question) -> float:
    return tgi.DEFAULT_FRACTION if question.engine == "tgi" else default_utilization(question.version)


def _batch(question: Question, gpu: Gpu) -> Batch:
    if question.ollama_file_gib is not None:
        return Batch(question.concurrency, question.max_model_len)
    if question.engine == "tgi" and question.shape is not None:
        tokens = question.max_num_batched_tokens or tgi.DEFAULT_PREFILL
        tokens = tgi.prefill_tokens(question.shape, tokens, gpu.compute_capability, question.max_model_len)
        return Batch(min(question.max_num_seqs or tokens, tokens), tokens)
    own = default_batch(question.version, gpu.engine_gib or 0.0, gpu.name, question.max_model_len)
    tokens = question.max_num_batched_tokens or own.tokens
    if question.shape is not None and question.shape.task != "chat":
        tokens = max(tokens, question.max_model_len)  # an input can't be read in parts
    return Batch(min(question.max_num_seqs or own.seqs, tokens), tokens)


def _same(one: Gpu, other: Gpu) -> bool:
    return abs((one.engine_gib or 0.0) - (other.engine_gib or 0.0)) <= SAME_MEMORY * (other.engine_gib or 0.0)


def _price(given: Answer) -> tuple[float, float, str]:
    assert given.instance is not None
    return given.usd_per_hour or 0.0, given.instance.usd_per_hour or 0.0, given.instance.name
