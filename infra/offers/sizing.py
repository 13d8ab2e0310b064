"""A model on GPUs of one kind: what its engine's memory model says, or that it has none."""

from collections.abc import Iterator
from functools import cache
from typing import Any

from infra.catalog import Catalog, Gpu
from infra.sizing.estimates import Fit, Term, Throughput
from infra.sizing.question import Batch, Question, Sized
from infra.sizing.weights import gpu_gib, served_dtype


class Sizing:
    """Sizes each question only once on each kind of GPU, because many instance types have the same GPU."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self._known: dict[tuple[Question, Gpu, int], Sized] = {}
        self.smallest: dict[tuple[Any, ...], Sized | None] = {}  # that options.py has found

    def size(self, question: Question, gpu: Gpu, gpus: int) -> Sized:
        """The model with the batch that is asked for, or else with the batch that the planner or the engine chooses."""
        key = question, gpu, gpus
        if key not in self._known:
            self._known[key] = self._sized(question, gpu, gpus)
        return self._known[key]

    def tries(self, question: Question, gpu: Gpu, maximum: int) -> Iterator[Sized]:
        """The model on each number of a node's GPUs, smallest first; nothing where the GPU can't run these weights."""
        if can_run(question, gpu, self.catalog):
            for gpus in counts(question, 1 if gpu.slice else maximum):
                yield self.size(question, gpu, gpus)

    def with_engines_batch(self, sized: Sized) -> Sized:
        """The model as the engine would run it without the planner's arguments."""
        plain = sized.question.but(planned=False, max_num_seqs=None, max_num_batched_tokens=None)
        return self.size(plain, sized.gpu, sized.gpus)

    def _sized(self, question: Question, gpu: Gpu, gpus: int) -> Sized:
        memory = question.engine.memory
        if memory is None:
            return _by_weights_alone(question, gpu, gpus, self.catalog)
        return memory(question, gpu, gpus, self.catalog)


def _by_weights_alone(question: Question, gpu: Gpu, gpus: int, catalog: Catalog) -> Sized:
    """For an engine without a memory model. GPUs that don't hold the weights are refused; nothing else is known."""
    card = gpu.engine_gib or 0.0
    weights = (question.file_gib or 0.0) / gpus
    if question.shape is not None and question.file_gib is None:
        weights = gpu_gib(question.shape, question.quantization, catalog, gpus)
    reason = f"no estimate: {question.engine.title} has no memory model; {weights:.1f} of {card:.1f} GiB are weights"
    terms = (Term("weights", weights, f"{weights * gpus:.1f} GiB / {gpus}"),)
    fit = Fit(card, weights, terms, None, None, None, None, weights < card, False, (reason,), estimated=False)
    batch = Batch(question.max_num_seqs or 0, question.max_num_batched_tokens or 0)
    return Sized(question, gpu, gpus, question.arguments(batch, 0.0), fit)


@cache
def throughput_of(sized: Sized) -> Throughput:
    """The throughput of a replica, by its engine's own model and by no other engine's. A plan asks at each turn."""
    engine = sized.question.engine
    if engine.throughput is None or not sized.fit.estimated:
        lacks = "memory" if engine.throughput is not None else "throughput"
        return Throughput(None, f"no estimate: {engine.title} has no {lacks} model")
    return engine.throughput(sized)


def counts(question: Question, maximum: int) -> Iterator[int]:
    """The numbers of GPUs per replica to try within a node: the number that is given, or the powers of two over which
    the attention heads can be split."""
    if question.gpus is not None:
        if question.gpus <= maximum:
            yield question.gpus
        return
    gpus = 1
    while gpus <= maximum:
        if question.obstacle(gpus) is None:
            yield gpus
        gpus *= 2


def can_run(question: Question, gpu: Gpu, catalog: Catalog) -> bool:
    """Whether the GPU's compute capability is enough for the weights; one that isn't known is assumed to be."""
    if question.file_gib is not None or gpu.compute_capability is None:
        return gpu.engine_gib is not None
    return gpu.engine_gib is not None and why_not(question, gpu, catalog) is None


def why_not(question: Question, gpu: Gpu, catalog: Catalog) -> str | None:
    """Why the GPU can't run the model, however much memory it has; None: it can, as far as is known."""
    if question.file_gib is None and gpu.compute_capability is not None:
        dtype = served_dtype(question.shape, question.quantization, bf16=gpu.bf16)
        minimum = catalog.quantizations[dtype].min_compute_capability
        if gpu.compute_capability < minimum:
            needs = f"{question.engine.title} needs compute capability {minimum} for weights in {dtype}"
            return f"{needs}, and {gpu.name} has {gpu.compute_capability}"
    return question.engine.cannot_run(question, gpu)
