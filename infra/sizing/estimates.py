"""What is estimated of a model on a GPU, and how sure that is. Memory in GiB (2^30 bytes)."""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Estimate:
    """A number that is not known exactly: low <= mid <= high."""

    low: float
    mid: float
    high: float


def span(low: str, high: str, to: str = " to ") -> str:
    """One figure where both print the same."""
    return low if low == high else f"{low}{to}{high}"


@dataclass(frozen=True)
class Term:
    """One summand of the GPU's memory, with the formula and numbers that it came from."""

    name: str
    gib: float
    reason: str


@dataclass(frozen=True)
class Fit:
    """Whether a model fits its GPUs. Every figure is per GPU."""

    usable_gib: float  # utilisation x memory that the engine sees
    weights_gib: float
    terms: tuple[Term, ...]  # weights, activations, CUDA graphs, other
    kv_cache_gib: Estimate | None  # negative when the weights are too large; None: an encoder keeps none
    kv_bytes_per_token: float | None
    kv_cache_tokens: int | None
    max_concurrency: (
        float | None
    )  # kv_cache_tokens / max_model_len; of an engine without a batch no more than it answers at once
    fits: bool  # at the middle of the interval
    certain: bool  # at its low end
    reasons: tuple[str, ...]
    estimated: bool = True  # False: the engine has no memory model, and the weights alone were judged

    @property
    def judged(self) -> bool | None:
        """Whether it fits; None: the GPUs hold the weights, and whether they hold more isn't known."""
        return self.fits if self.estimated or not self.fits else None


@dataclass(frozen=True)
class Throughput:
    """What a replica puts out at full load."""

    tokens_per_second: Estimate | None  # None: no estimate, and the reason says why
    reason: str


def requests(held: float) -> str:
    """Rounded down: a replica never holds more than is said."""
    return f"{math.floor(held * 10) / 10:g}" if held < 10 else f"{math.floor(held):,}"


def held(amount: float, what: str = "request") -> str:
    """`1 request`, `6.6 requests`."""
    return f"{requests(amount)} {what}{'' if requests(amount) == '1' else 's'}"
