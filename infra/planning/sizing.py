"""A model on GPUs of one kind: the arguments that its server is started with, and what then fits."""

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from infra.catalog import Catalog, Gpu, ModelShape
from infra.planning import tgi
from infra.planning.fit import Arguments, fit, fit_ollama
from infra.planning.kv_cache import splits
from infra.planning.plan import Fit
from infra.planning.vllm import PINNED, Batch, Version, default_batch, default_utilization
from infra.planning.weights import served_dtype

# A request is taken to use an eighth of the context on average: many are short, and the batch holds those.
MEAN_SHARE = 8
FEWEST, MOST = 8, 256
# vLLM's own defaults before 0.28 (16,384 since): small cards are at full speed with 2,048, and keep the memory.
LARGE_CARD_GIB, LARGE_BATCH, SMALL_BATCH = 60, 8192, 2048


@dataclass(frozen=True)
class Question:
    """What is asked of a model; None is for the planner or the engine to choose."""

    name: str
    shape: ModelShape | None  # None: an Ollama tag whose shape isn't known
    max_model_len: int
    own_context: int  # what it was trained for
    engine: str = "vllm"
    task: Literal["chat", "embed", "rerank"] = "chat"
    ollama_file_gib: float | None = None  # None: not Ollama
    file_known: bool = True  # False: sized by bits a weight
    quantization: str | None = None
    kv_cache_dtype: str = "auto"
    utilization: float | None = None
    max_num_seqs: int | None = None
    max_num_batched_tokens: int | None = None
    concurrency: int = 1  # requests of max_model_len that must fit at once
    gpus: int | None = None
    version: Version = PINNED  # vLLM's
    version_known: bool = True
    own_repository: bool = True  # False: another's weights, of the same shape
    planned: bool = False  # the batch is the planner's, by what the cache can serve; else the engine's default

    def but(self, **changes: Any) -> "Question":
        return dataclasses.replace(self, **changes)


@dataclass(frozen=True)
class Sized:
    """A question on GPUs of one kind, a replica."""

    question: Question
    gpu: Gpu
    gpus: int
    arguments: Arguments
    fit: Fit

    @property
    def fits(self) -> bool:
        return self.fit.fits

    @property
    def holds(self) -> str:
        if self.fit.max_concurrency is not None:
            return f"holds {self.fit.max_concurrency:.1f} requests of {self.question.max_model_len:,} tokens"
        return "keeps no cache" if self.question.task != "chat" else "its cache a token isn't known"


class Sizing:
    """Sizes each question once on each kind of GPU: many instance types have the same."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self._known: dict[tuple[Question, Gpu, int], Sized] = {}

    def size(self, question: Question, gpu: Gpu, gpus: int) -> Sized:
        """With the batch that is asked for, or the one that the planner or the engine chooses."""
        key = question, gpu, gpus
        if key not in self._known:
            self._known[key] = self._sized(question, gpu, gpus)
        return self._known[key]

    def tries(self, question: Question, gpu: Gpu, most: int) -> Iterator[Sized]:
        """On each number of a node's GPUs, fewest first; none where the GPU can't run these weights."""
        if can_run(question, gpu, self.catalog):
            for gpus in counts(question, most):
                yield self.size(question, gpu, gpus)

    def fewest(self, question: Question, gpu: Gpu, most: int) -> Sized | None:
        """On the fewest GPUs of a node that serve it."""
        return next((sized for sized in self.tries(question, gpu, most) if sized.fits), None)

    def with_engines_batch(self, sized: Sized) -> Sized:
        """As the engine would be without the planner's arguments."""
        plain = sized.question.but(planned=False, max_num_seqs=None, max_num_batched_tokens=None)
        return self.size(plain, sized.gpu, sized.gpus)

    def _sized(self, question: Question, gpu: Gpu, gpus: int) -> Sized:
        if question.ollama_file_gib is not None:
            arguments = _arguments(question, Batch(question.concurrency, question.max_model_len))
            result = fit_ollama(question.ollama_file_gib, question.shape, gpu, gpus, arguments)
            return Sized(question, gpu, gpus, arguments, result)
        if question.planned and question.max_num_seqs is None:
            return self._largest_batch(question, gpu, gpus)
        return self._with(question, gpu, gpus, _batch(question, gpu))

    def _largest_batch(self, question: Question, gpu: Gpu, gpus: int) -> Sized:
        """The most sequences that the cache can serve at their mean length."""
        least = max(FEWEST, 1 << (question.concurrency - 1).bit_length())
        seqs = max(MOST, least)
        while True:
            sized = self._with(question, gpu, gpus, _planned_batch(question, gpu, seqs))
            tokens = sized.fit.kv_cache_tokens
            if seqs <= least or tokens is None or tokens * MEAN_SHARE >= seqs * question.max_model_len:
                return sized
            seqs //= 2

    def _with(self, question: Question, gpu: Gpu, gpus: int, batch: Batch) -> Sized:
        arguments = _arguments(question, batch)
        assert question.shape is not None
        result = fit(question.shape, gpu, gpus, arguments, catalog=self.catalog, quantization=question.quantization)
        return Sized(question, gpu, gpus, arguments, result)


def counts(question: Question, most: int) -> Iterator[int]:
    """Tensor parallelism within a node: powers of two over which the attention splits; or the number that is given."""
    if question.gpus is not None:
        if question.gpus <= most:
            yield question.gpus
        return
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


def _batch(question: Question, gpu: Gpu) -> Batch:
    """What is asked for, else the engine's own; a batch has a token at least for each sequence."""
    if question.planned:
        return _planned_batch(question, gpu, question.max_num_seqs or FEWEST)
    own = default_batch(question.version, gpu.engine_gib or 0.0, gpu.name, question.max_model_len)
    if question.engine == "tgi":
        own = Batch(question.max_num_batched_tokens or tgi.DEFAULT_PREFILL, tgi.DEFAULT_PREFILL)
    tokens = _whole_input(question, gpu, question.max_num_batched_tokens or own.tokens)
    return Batch(min(question.max_num_seqs or own.seqs, tokens), tokens)


def _planned_batch(question: Question, gpu: Gpu, seqs: int) -> Batch:
    tokens = LARGE_BATCH if (gpu.engine_gib or 0.0) > LARGE_CARD_GIB else SMALL_BATCH
    return Batch(seqs, max(_whole_input(question, gpu, tokens), seqs))


def _whole_input(question: Question, gpu: Gpu, tokens: int) -> int:
    """An encoder's input can't be read in parts, and TGI reads some prompts whole."""
    if question.engine == "tgi" and question.shape is not None:
        tokens = tgi.prefill_tokens(question.shape, tokens, gpu.compute_capability, question.max_model_len)
    return tokens if question.task == "chat" else max(tokens, question.max_model_len)


def default_share(question: Question) -> float:
    """Of the GPU's memory, where none is given."""
    return tgi.DEFAULT_FRACTION if question.engine == "tgi" else default_utilization(question.version)


def _arguments(question: Question, batch: Batch) -> Arguments:
    return Arguments(
        max_model_len=question.max_model_len,
        max_num_seqs=batch.seqs,
        max_num_batched_tokens=batch.tokens,
        utilization=question.utilization or default_share(question),
        kv_cache_dtype=question.kv_cache_dtype,
        concurrency=question.concurrency,
        version=question.version,
        version_known=question.version_known,
        engine=question.engine,
        file_known=question.file_known,
        batch_known=question.planned
        or (question.max_num_seqs is not None and question.max_num_batched_tokens is not None),
    )
