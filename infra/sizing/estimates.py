"""Estimates for a model on a GPU, each with its interval. Memory is in GiB (2^30 bytes)."""

import math
from dataclasses import dataclass, field
from typing import Protocol

from infra.sizing.requests import MEAN_REQUEST, MeanRequest


@dataclass(frozen=True)
class Estimate:
    """A number that isn't known exactly: low <= mid <= high."""

    low: float
    mid: float
    high: float


def span(low: str, high: str, to: str = " to ") -> str:
    """An interval in words; one figure where both ends print the same."""
    return low if low == high else f"{low}{to}{high}"


@dataclass(frozen=True)
class Term:
    """One part of the GPU's memory, with the formula and the numbers from which it follows."""

    name: str
    gib: float
    reason: str


@dataclass(frozen=True)
class Fit:
    """Whether a model fits its GPUs. All figures are per GPU."""

    usable_gib: float  # utilisation x memory that the engine sees
    weights_gib: float
    terms: tuple[Term, ...]  # weights, activations, CUDA graphs, other
    kv_cache_gib: Estimate | None  # negative when the weights are too large; None: an encoder keeps no cache
    kv_bytes_per_token: float | None
    kv_cache_tokens: int | None
    # kv_cache_tokens / max_model_len, but at most the requests that the engine takes at once.
    max_concurrency: float | None
    fits: bool  # in the middle of the interval
    certain: bool  # it fits at the low end of the interval too
    reasons: tuple[str, ...]
    estimated: bool = True  # False: the engine has no memory model, so only the weights were judged

    @property
    def judged(self) -> bool | None:
        """Whether it fits; None: the GPUs hold the weights, and it isn't known whether they hold more."""
        return self.fits if self.estimated or not self.fits else None


@dataclass(frozen=True)
class Speed:
    """What a replica does while a number of clients ask: each waits for its answer, and then asks again."""

    concurrency: int  # clients
    running: float  # requests of them that run, in the middle; the others wait for a place in the cache or the batch
    tokens_per_second: Estimate  # of all together
    first_token: Estimate  # seconds from the request to the first token, the wait for a place included
    next_token: Estimate  # seconds from a token to the next

    @property
    def waits(self) -> bool:
        return self.running < self.concurrency


class Steps(Protocol):
    """How long an engine works on each of its steps, in the middle of the interval: what a simulation asks."""

    def step_seconds(self, decoding: int, prompts: int, tokens: int, *, length: float, prompt: float) -> float:
        """Of a step in which `decoding` requests of the mean `length` get a token each, and `tokens` of `prompts` are
        read. `prompt`: the tokens of a mean prompt."""
        ...

    def beside_steps(self, running: int, step: float) -> float:
        """What a first token waits for beside steps, where a step takes `step` seconds."""
        ...


@dataclass(frozen=True)
class Throughput:
    """How fast a replica is."""

    full: Speed | None  # with as many requests as it takes at once; None: no estimate, and the reason says why
    reason: str
    at: tuple[Speed, ...] = ()  # with 1, 8, 32 and 128 requests
    request: MeanRequest = MEAN_REQUEST  # for which it is estimated
    leaves_out: str = ""
    steps: Steps | None = field(default=None, compare=False, repr=False)  # None: no estimate

    @property
    def tokens_per_second(self) -> Estimate | None:
        """The output at full load."""
        return self.full.tokens_per_second if self.full is not None else None


def requests(held: float) -> str:
    """A number of requests, rounded down so that a replica never holds less than the number says."""
    return f"{rounded_down(held, 1):g}" if held < 10 else f"{math.floor(held):,}"


def rounded_down(amount: float, decimals: int) -> float:
    """For promises: the number is never more than what is there."""
    return math.floor(amount * 10**decimals) / 10**decimals


def held(amount: float, what: str = "request") -> str:
    """`1 request`, `6.6 requests`."""
    return f"{requests(amount)} {what}{'' if requests(amount) == '1' else 's'}"
