"""What CUDA graphs take, and how much of it vLLM counts within its share of the memory."""

from infra.catalog import ModelShape
from infra.engines.vllm.few_graphs import number_of_graphs
from infra.engines.vllm.versions import COUNTS_GRAPHS, PINNED, SECOND_COUNTS_GRAPHS
from infra.sizing.estimates import Estimate
from infra.sizing.question import Arguments, Version

# Each graph holds the kernels of each layer. Starts of 0.26 with 86 graphs took 0.58 GiB (32 layers), 0.61 (36), 0.72
# (48), 0.63 (48, experts) and 1.23 (64); up to 1.3 with adapters or images.
GRAPHS_GIB, GRAPH_LAYER_GIB = 0.05, 0.2 / 1024
GRAPHS_LOW, GRAPHS_HIGH, GRAPHS_MORE_GIB, GRAPHS_MAX_GIB = 0.3, 1.5, 0.3, 1.3
# The first runner captures two graphs of each kind, and takes what the second one needed for all others: 0.49 GiB for
# 86 graphs and 0.53 for 118 in starts of 0.26.
FIRST_GIB, GRAPH_GIB = 0.3, 2 / 1024
FIRST_LOW, FIRST_HIGH = 0.5, 1.5
# Pooling captures pieces of a step alone: 0.26 GiB.
OF_POOLING = 0.55
# Of the driver, before vLLM takes its share: 0.51 GiB on an H100 with driver 580.
CONTEXT_GIB = 0.5
NONE = Estimate(0.0, 0.0, 0.0)


def taken(shape: ModelShape, arguments: Arguments) -> Estimate:
    """GiB on each GPU."""
    if arguments.enforce_eager:
        return NONE
    mid = GRAPHS_GIB + GRAPH_LAYER_GIB * number(shape, arguments) * (shape.layers or 0)
    other = GRAPHS_MAX_GIB if arguments.slots or shape.modality == "vision" else mid + GRAPHS_MORE_GIB
    return Estimate(GRAPHS_LOW * mid, mid, max(GRAPHS_HIGH * mid, other))


def counted(shape: ModelShape, arguments: Arguments, card_gib: float, *, second_runner: bool) -> Estimate:
    """The GiB that are within vLLM's share, or that don't fit beside it."""
    version = arguments.version or PINNED
    if arguments.enforce_eager:
        return NONE
    if not are_counted(version, second_runner=second_runner):
        beside = card_gib * (1 - arguments.utilization) - CONTEXT_GIB
        outside = taken(shape, arguments)
        low, mid, high = (max(0.0, each - beside) for each in (outside.low, outside.mid, outside.high))
        return Estimate(low, mid, high)
    if second_runner:
        return taken(shape, arguments)
    pools = shape.modality in ("embedding", "rerank")
    mid = (FIRST_GIB + GRAPH_GIB * number(shape, arguments)) * (OF_POOLING if pools else 1)
    return Estimate(FIRST_LOW * mid, mid, FIRST_HIGH * mid)


def are_counted(version: Version, *, second_runner: bool) -> bool:
    return version >= (SECOND_COUNTS_GRAPHS if second_runner else COUNTS_GRAPHS)


def number(shape: ModelShape, arguments: Arguments) -> int:
    """With adapters and without."""
    graphs = number_of_graphs(shape, arguments.max_num_seqs, few=arguments.few_graphs)
    return graphs * (2 if arguments.slots else 1)


def reason(shape: ModelShape, arguments: Arguments, *, second_runner: bool) -> str:
    if arguments.enforce_eager:
        return "none: enforce-eager"
    if not are_counted(arguments.version or PINNED, second_runner=second_runner):
        until = "0.29 (its second runner)" if second_runner else "0.21"
        outside = taken(shape, arguments)
        return f"not in vLLM's share of the memory before {until}: about {outside.mid:.1f} GiB beside it"
    twice = ", each with and without adapters" if arguments.slots else ""
    graphs = number_of_graphs(shape, arguments.max_num_seqs, few=arguments.few_graphs)
    return f"{graphs} graphs{twice} of {shape.layers or 0} layers"
