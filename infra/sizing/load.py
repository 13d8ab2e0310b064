"""What a replica does at a number of requests in flight, where they come by chance: the rate at which they come, and
how long they wait for their first token. It is arithmetic on the time of its steps; `simulate` plays them one by one.

Prompts are read one after the other, so that they wait as in a queue with one server (M/G/1, Pollaczek and Khinchine);
the steps between their tokens are longer by the prompts of others.
"""

import math
from dataclasses import dataclass

from infra.sizing.estimates import Steps
from infra.sizing.requests import SPREAD_OUTPUT, SPREAD_PROMPT, MeanRequest

_P95 = 1.645  # deviations of a normal distribution
_TAIL = 2.0  # times the mean wait, which a long prompt waits in 95 of 100 cases (by runs of `simulate`)
_DEVIATIONS = 3.0  # by which a cache is larger than what is in it, so that it is rarely full
_HALVINGS = 30


@dataclass(frozen=True)
class Load:
    in_flight: float  # requests
    rate: float  # requests per second
    first_token: float  # seconds, which 95 of 100 don't exceed
    next_token: float  # seconds, mean


@dataclass(frozen=True)
class Replica:
    steps: Steps
    request: MeanRequest
    batch: int  # tokens of a step

    def at(self, in_flight: float) -> Load:
        """The rate at which this number is in flight: the higher the rate, the longer each waits."""
        number = max(1, round(in_flight))
        decode = self._step(number, 0.0)
        mean, long = self._read(number, self.request.prompt), self._read(number, self._long_prompt)
        low, high = 0.0, 1 / mean
        for _ in range(_HALVINGS):
            rate = (low + high) / 2
            low, high = (rate, high) if self._seen(rate, decode, mean, long)[0] < in_flight else (low, rate)
        rate = (low + high) / 2
        _, first, following = self._seen(rate, decode, mean, long)
        return Load(in_flight, rate, first, following)

    def _seen(self, rate: float, decode: float, mean: float, long: float) -> tuple[float, float, float]:
        """Requests in flight, the first token's 95 of 100, the mean next token."""
        busy = min(0.999, rate * mean)  # share of the time in which prompts are read
        uneven = math.exp(SPREAD_PROMPT**2)
        wait = rate * mean * mean * uneven / (2 * (1 - busy)) + decode / 2
        following = decode / max(1e-3, 1 - rate * max(0.0, mean - decode))
        in_flight = rate * (wait + mean + (self.request.output - 1) * following)
        return in_flight, long + _TAIL * wait, following

    @property
    def _long_prompt(self) -> float:
        """Tokens that 95 of 100 prompts don't exceed."""
        return self.request.prompt * math.exp(_P95 * SPREAD_PROMPT - SPREAD_PROMPT**2 / 2)

    def _read(self, number: int, tokens: float) -> float:
        """Seconds for a prompt, in as many steps as it needs."""
        piece = max(1, self.batch - number)
        whole, rest = divmod(tokens, piece)
        return whole * self._step(number, piece) + (self._step(number, rest) if rest else 0.0)

    def _step(self, number: int, tokens: float) -> float:
        prompt = self.request.prompt
        prompts = 1 if tokens else 0
        return self.steps.step_seconds(number, prompts, round(tokens), length=self.request.mean_held, prompt=prompt)


def room(places: float) -> float:
    """Requests in flight for which a replica with a number of places for mean requests nearly always has one: how many
    are there, and what each keeps, come by chance."""
    uneven = 1 + (math.exp(SPREAD_OUTPUT**2) - 1) / 2
    half = _DEVIATIONS * math.sqrt(uneven) / 2
    return (math.sqrt(half * half + places) - half) ** 2
