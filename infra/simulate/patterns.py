"""Traffic by a pattern: requests that come by chance, at a rate that changes with the time of day."""

import math
import random
from collections.abc import Iterator, Mapping

from infra.simulate.arrivals import Arrivals
from infra.sizing.requests import SPREAD_OUTPUT, SPREAD_PROMPT, MeanRequest

DAY, HOUR = 86_400, 3_600
_SLOT = 600  # seconds in which a rate is the same

# Of the rate of the peak hour, by hour: a weekday of one time zone, with a break at noon.
DAILY = (
    0.08, 0.06, 0.05, 0.05, 0.06, 0.10, 0.18, 0.35, 0.65, 0.90, 1.00, 0.95,
    0.80, 0.85, 0.95, 0.95, 0.85, 0.65, 0.45, 0.35, 0.30, 0.25, 0.18, 0.12,
)  # fmt: skip
# Of each hour: ten minutes at 3.5 times the rate, fifty at half of it.
BURST = (0.5, 0.5, 0.5, 3.5, 0.5, 0.5)
SAID = {
    "steady": "the same rate all day",
    "daily": "a weekday of one time zone, with its peak at 10:00",
    "burst": "in each hour ten minutes at 3.5 times the rate, the rest at half of it",
}


def share_at(pattern: str, second: float) -> float:
    """Of the rate of the peak hour."""
    if pattern == "daily":
        return DAILY[int(second % DAY // HOUR)]
    if pattern == "burst":
        return BURST[int(second % HOUR // _SLOT)]
    return 1.0


def by_pattern(
    pattern: str,
    rate: float,
    days: float,
    requests: Mapping[str, tuple[MeanRequest, int]],
    seed: int,
    begins: float = 0.0,
) -> Arrivals:
    """`rate`: requests per second in the peak hour, which all models share equally. `requests`: the mean request of
    each model, and the tokens that it takes at most. `begins`: as Arrivals have it."""
    chance, seconds = random.Random(f"{seed} {pattern}"), days * DAY
    times = list(_times(pattern, rate, seconds, chance))
    names = tuple(requests)
    models = [int(chance.random() * len(names)) for _ in times]
    lengths = [_Lengths(mean, longest, chance) for mean, longest in requests.values()]
    drawn = [lengths[model].draw() for model in models]
    return Arrivals(times, models, [each[0] for each in drawn], [each[1] for each in drawn], names, seconds, begins)


def requests_of(pattern: str, rate: float, days: float) -> float:
    """That are expected."""
    return rate * days * _SLOT * sum(share_at(pattern, second) for second in range(0, DAY, _SLOT))


def _times(pattern: str, rate: float, seconds: float, chance: random.Random) -> Iterator[float]:
    start = 0.0
    while start < seconds:
        end, here = min(seconds, start + _SLOT), rate * share_at(pattern, start)
        time = start + chance.expovariate(here)
        while time < end:
            yield time
            time += chance.expovariate(here)
        start += _SLOT


class _Lengths:
    """Of requests of a model."""

    def __init__(self, mean: MeanRequest, longest: int, chance: random.Random) -> None:
        self._draw, self._longest = chance.lognormvariate, longest
        self._prompt, self._output = _middle(mean.prompt, SPREAD_PROMPT), _middle(mean.output, SPREAD_OUTPUT)

    def draw(self) -> tuple[int, int]:
        """A prompt leaves at least one token for the answer, as callers that know the context do."""
        prompt = min(self._longest - 1, int(self._draw(self._prompt, SPREAD_PROMPT)) + 1)
        return prompt, min(self._longest - prompt, int(self._draw(self._output, SPREAD_OUTPUT)) + 1)


def _middle(mean: float, spread: float) -> float:
    """Of the logarithm, so that the mean is right."""
    return math.log(mean) - spread * spread / 2
