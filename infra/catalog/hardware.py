"""GPUs, the parts that MIG cuts them into, and the instance types that have them. None means that nobody has seen the
value; it is never guessed. Memory is in GiB (2^30), prices are in US dollars."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Instance:
    """A type of GPU nodes that a cloud makes."""

    name: str
    gpu: str  # a row of the GPU table
    gpus: int  # 0: a slice of one
    vcpus: int
    memory_gib: float
    nvme_gb: int  # decimal; 0: none
    arch: Literal["x86_64", "arm64"]
    network_gbps: float | None  # baseline of the interface that a node has; None: not known
    pod_cpu: float  # cores and memory that a node leaves for pods, daemonsets already taken off
    pod_gib: float
    spot: bool
    usd_per_hour: float | None  # on demand, of `priced_by`
    priced_by: str | None  # the region of its price; None: a table of the user's own
    unusable: str | None = None  # why it can't serve, whatever its price
    # Dollars per hour on spot, in the region's cheapest and most expensive zone.
    spot_usd: tuple[float, float] | None = None

    @property
    def left_out(self) -> str | None:
        """Why the planner never chooses this type; None: it may."""
        return self.unusable or (None if self.usd_per_hour is not None else "no price seen")

    def hourly(self, capacity: Literal["on-demand", "spot"]) -> tuple[float, float]:
        """Dollars per hour, low and high. Spot is a range, never above the price on demand; where the spot price isn't
        known it is the price on demand."""
        on_demand = self.usd_per_hour or 0.0
        if capacity == "on-demand" or self.spot_usd is None:
            return on_demand, on_demand
        low, high = self.spot_usd
        return min(low, on_demand), min(high, on_demand)

    def hourly_of(self, kinds: Iterable[str]) -> tuple[float, float]:
        """The same over several kinds of nodes. A reservation costs what its type does on demand; a Capacity Block
        was paid before, so it counts only where there is nothing else, as 0."""
        prices = [self.hourly("spot" if kind == "spot" else "on-demand") for kind in kinds if kind != "block"]
        return min((low for low, _ in prices), default=0.0), max((high for _, high in prices), default=0.0)


@dataclass(frozen=True)
class Gpu:
    """A GPU."""

    name: str
    engine_gib: float | None  # what the engine sees, which is less than the card has
    bandwidth_gb_s: float | None
    bf16_tflops: float | None  # dense; in fp16 where there is no bf16
    fp8_tflops: float | None
    compute_capability: float | None
    bf16: bool
    fp8: bool  # in hardware; below, fp8 weights are widened as they are used
    source: str
    link_gb_s: float | None = None  # to another GPU of the node, each way
    slice: bool = False  # a part of a card: an engine runs on one, none spans two
    # Where servers share the memory of a card: all of it, which each engine sees, while `engine_gib` is what one may
    # use. None: an engine sees what it may use.
    seen_gib: float | None = None


@dataclass(frozen=True)
class MigProfile:
    """Equal slices that MIG cuts a card into."""

    gpu: str
    name: str
    slices: int  # of one card
    engine_gib: float  # what an engine sees of one
    source: str
