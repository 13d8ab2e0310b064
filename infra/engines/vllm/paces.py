"""How close vLLM comes to a GPU's datasheet, and the time that the datasheet leaves out.

Shares and seconds are those of single kernels, as the tables of aiconfigurator-core 0.12.0 (PyPI) have them: measured
with vLLM 0.14 to 0.24 on seven cards of the catalogue. Only those of the wait for a first token (`front`,
`launch`, `gates`) were set with measurements of whole servers in sight.
"""

import math
from dataclasses import dataclass, replace

from infra.catalog import Gpu
from infra.engines.vllm.versions import V1
from infra.sizing.question import Version

# vLLM prepares a step while the GPU works on the one before, by default (vllm#27614; release notes of 0.14).
ASYNC_SCHEDULING: Version = (0, 14, 0)
NVLINK_FROM_GB_S = 100  # slower links are PCIe
PCIE_5_FROM_GB_S = 64
# Whole servers of these versions were measured on these cards: benchmarks/data/h100_throughput.csv.
MEASURED_GPUS, MEASURED_FROM = ("H100-80",), ASYNC_SCHEDULING


@dataclass(frozen=True)
class Shares:
    """Of the datasheet's figures, what is reached in practice."""

    weights: float = 0.82  # of the bandwidth, reading weights
    packed: float = 0.65  # of the bandwidth, where experts are unpacked from 4 bit as they are read
    cache: float = 0.86  # of the bandwidth, reading the cache in 16 bit
    cache_8_bit: float = 0.70  # the same in 8 bit
    half: float = 0.72  # of the FLOP/s in 16 bit, in large products
    eight: float = 0.52  # of the FLOP/s in 8 bit
    experts: float = 0.43  # of the FLOP/s in 16 bit, in grouped products of experts
    attention: float = 0.45  # of the FLOP/s in 16 bit, in a prompt's products with itself
    link: float = 0.36  # of the link, adding up large results of GPUs

    def times(self, factor: float, link: float) -> "Shares":
        """Of no figure is more than all reached."""
        found = {name: share * (link if name == "link" else factor) for name, share in vars(self).items()}
        return Shares(**{name: min(0.98, share) for name, share in found.items()})


@dataclass(frozen=True)
class Seconds:
    """What neither bytes nor FLOP/s explain."""

    layer: float = 38e-6  # start and end of a layer's ten or so kernels
    expert_layer: float = 18e-6  # in addition, with experts: routing, grouping, adding up, less a feed-forward
    latent_layer: float = 40e-6  # in addition, with a latent cache (MLA)
    quantized_layer: float = 15e-6  # in addition, where activations are turned into 8 bit
    packed_layer: float = 12e-6  # in addition, where experts are unpacked from 4 bit
    all_reduce: float = 6e-6  # the smallest
    # In which the CPU starts a layer's kernels one by one, where a step has more tokens than the largest CUDA graph.
    # From first tokens of one client on two machines with 16 cores: Llama-3.1-8B and Qwen3-8B, Qwen3-30B-A3B, gpt-oss.
    launch: float = 0.8e-3
    launch_experts: float = 1.9e-3
    launch_packed: float = 3.8e-3
    host: float = 1.5e-3  # in which the CPU prepares a step
    host_sequence: float = 8e-6  # in addition, for each sequence
    front: float = 7e-3  # of a request outside the engine: HTTP, tokens of the prompt, text of the first token
    front_stream: float = 180e-6  # in addition, for each request whose tokens the same process sends

    def times(self, factor: float, front: float) -> "Seconds":
        return Seconds(
            **{name: seconds * (front if name.startswith("front") else factor) for name, seconds in vars(self).items()}
        )


@dataclass(frozen=True)
class Pace:
    shares: Shares
    seconds: Seconds
    hidden: bool  # the CPU prepares a step while the GPU works on another
    whole: float = 1.0  # a step, by the sum of its parts
    gates: float = 0.3  # whole steps that a new prompt waits, beside the rest of the step that runs
    choices: float = 1.0  # of a step's tokens, those that choose experts as if by chance; the others choose the same


@dataclass(frozen=True)
class End:
    """How far one end of the interval is from the middle."""

    shares: float
    link: float
    seconds: float
    front: float
    whole: float
    gates: float
    choices: float


# Where whole servers were measured, a kernel's figures differ by its sizes alone; elsewhere by card, driver and version
# too, and those of links by the host: four GPUs on PCIe were seen to add up with 6 to 21 % of their links.
NEAR = (End(0.93, 0.75, 1.25, 1.7, 1.13, 2.2, 1.0), End(1.06, 1.25, 0.8, 0.6, 0.87, 0.4, 0.6))
FAR = (End(0.80, 0.65, 1.6, 2.0, 1.25, 1.6, 1.0), End(1.12, 2.2, 0.6, 0.5, 0.85, 0.5, 0.6))
# Servers before ASYNC_SCHEDULING whose figures were published read prompts with 27 to 57 % of the FLOP/s.
PRODUCTS_BEFORE_ASYNC = 0.62  # of the shares of later versions


@dataclass(frozen=True)
class Reach:
    """The largest factors from the middle to the ends of an interval."""

    below: float
    above: float


# No figure of a measured server was farther from the middle, so that no end is. A first token is later by what it
# waits for, and hardly earlier than the work that it needs: one server on two machines took 114 and 144 ms.
NEAR_RATES, NEAR_FIRST_TOKEN, ANY = Reach(1.41, 1.41), Reach(1.3, 1.5), Reach(math.inf, math.inf)

# By compute capability: A100, L40S, H100 and H200, B200, B300, RTX PRO 6000. T4 and A10G have no such table.
BY_CAPABILITY = {
    8.0: Shares(weights=0.72, half=0.80),
    8.9: Shares(weights=0.86, packed=0.72, half=0.62, eight=0.45),
    9.0: Shares(weights=0.88, packed=0.62, half=0.81, eight=0.59),
    10.0: Shares(weights=0.77, packed=0.50, half=0.70, eight=0.48),
    10.3: Shares(weights=0.77, packed=0.50, half=0.76, eight=0.50),
    12.0: Shares(weights=0.91, packed=0.74, half=0.80, eight=0.74),
}
# Of a PCIe link, by the number of GPUs: on PCIe 4 (L40S) sums go through the host's memory, which all share; on PCIe 5
# (RTX PRO 6000) from GPU to GPU. The smallest sum takes 4 microseconds per GPU.
PCIE_4, PCIE_5 = {2: 0.30, 4: 0.10, 8: 0.05}, {2: 0.28, 4: 0.21, 8: 0.19}
PCIE_ALL_REDUCE_PER_GPU = 4e-6
# The engine's own work before the V1 engine, and before it was hidden: 8 of 13 ms on the CPU before 0.6
# (blog.vllm.ai/2024/09/05/perf-update.html), then less (blog.vllm.ai/2025/01/27/v1-alpha-release.html).
HOST_BEFORE_ASYNC, HOST_BEFORE_V1 = (2.5e-3, 15e-6), (5e-3, 30e-6)


def paces(gpu: Gpu, gpus: int, version: Version) -> tuple[Pace, Pace, Pace]:
    """Slow, in the middle, fast."""
    middle = Pace(_shares(gpu, gpus, version), _seconds(gpu, gpus, version), version >= ASYNC_SCHEDULING)
    slow, fast = (_end(middle, each) for each in (NEAR if measured(gpu, version) else FAR))
    return slow, middle, fast


def reaches(gpu: Gpu, version: Version) -> tuple[Reach, Reach]:
    """Of rates and the time per token, and of the first token."""
    return (NEAR_RATES, NEAR_FIRST_TOKEN) if measured(gpu, version) else (ANY, ANY)


def measured(gpu: Gpu, version: Version) -> bool:
    return gpu.name in MEASURED_GPUS and version >= MEASURED_FROM


def _end(middle: Pace, end: End) -> Pace:
    shares, seconds = middle.shares.times(end.shares, end.link), middle.seconds.times(end.seconds, end.front)
    return Pace(shares, seconds, middle.hidden, end.whole, middle.gates * end.gates, end.choices)


def _shares(gpu: Gpu, gpus: int, version: Version) -> Shares:
    shares = BY_CAPABILITY.get(gpu.compute_capability or 0.0, Shares())
    if version < ASYNC_SCHEDULING:
        half, eight, experts = (PRODUCTS_BEFORE_ASYNC * each for each in (shares.half, shares.eight, shares.experts))
        shares = replace(shares, half=half, eight=eight, experts=experts)
    if _nvlink(gpu):
        return shares
    by_number = PCIE_5 if (gpu.link_gb_s or 0.0) >= PCIE_5_FROM_GB_S else PCIE_4
    return replace(shares, link=by_number[min((n for n in by_number if n >= gpus), default=max(by_number))])


def _seconds(gpu: Gpu, gpus: int, version: Version) -> Seconds:
    seconds = Seconds() if _nvlink(gpu) else replace(Seconds(), all_reduce=PCIE_ALL_REDUCE_PER_GPU * gpus)
    if version >= ASYNC_SCHEDULING:
        return seconds
    host, host_sequence = HOST_BEFORE_ASYNC if version >= V1 else HOST_BEFORE_V1
    return replace(seconds, host=host, host_sequence=host_sequence)


def _nvlink(gpu: Gpu) -> bool:
    return (gpu.link_gb_s or 0.0) >= NVLINK_FROM_GB_S
