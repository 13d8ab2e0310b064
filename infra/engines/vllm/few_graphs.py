"""CUDA graphs for few sizes of a batch: a start records less, and a batch between two sizes is padded to the larger.

vLLM takes the sizes as --cudagraph-capture-sizes. Graphs of a whole decode step are recorded for those up to
max-num-seqs, graphs of pieces of a step for all of them (vllm/config/vllm.py and v1/cudagraph_dispatcher.py of 0.32.0).
"""

from infra.catalog import ModelShape
from infra.engines.vllm.steps import LARGEST_GRAPH, largest_graph
from infra.engines.vllm.versions import captured_graphs
from infra.sizing.estimates import Steps
from infra.sizing.question import Sized
from infra.sizing.requests import MeanRequest

_STEP = 8  # from one size to the next where vLLM chooses, up to 256


def few_sizes(seqs: int, largest: int) -> tuple[int, ...]:
    """Powers of two, a full batch, and the largest step that has a graph."""
    powers = (2**each for each in range(12))
    return tuple(sorted({min(seqs, largest), largest, *(each for each in powers if each < largest)}))


def number_of_graphs(shape: ModelShape | None, seqs: int, *, few: bool) -> int:
    if not few:
        return captured_graphs(seqs)
    sizes = few_sizes(seqs, _largest(shape, seqs))
    return sum(size <= seqs for size in sizes) + len(sizes)


def _largest(shape: ModelShape | None, seqs: int) -> int:
    return largest_graph(shape, seqs) if shape is not None else min(2 * seqs, LARGEST_GRAPH)


def sizes_of(sized: Sized) -> tuple[int, ...]:
    seqs = sized.arguments.max_num_seqs
    return few_sizes(seqs, _largest(sized.question.shape, seqs))


def slower(seqs: int, steps: Steps, request: MeanRequest) -> float:
    """The highest share of its output that a batch loses: it has one request more than a size."""
    return max((_lost(size, steps, request) for size in few_sizes(seqs, seqs) if size > _STEP), default=0.0)


def _lost(size: int, steps: Steps, request: MeanRequest) -> float:
    """Of a batch of one more than half the size. Padding takes products of matrices, and no cache."""
    running = size // 2 + 1
    usual = -(-running // _STEP) * _STEP
    seconds = (
        steps.step_seconds(running, 0, each - running, length=request.mean_held, prompt=request.prompt)
        for each in (usual, size)
    )
    return 1 - next(seconds) / next(seconds)
