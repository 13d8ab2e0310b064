"""What clients of a server see that wait for each answer and then ask again: from the time of its steps.

A request of P tokens in and O out takes part in the step that reads its prompt (in several where the prompt is larger
than a batch) and in O - 1 more. While it runs, each of the other clients has one prompt read.
"""

import math
from dataclasses import dataclass

from infra.engines.vllm.paces import Pace
from infra.engines.vllm.steps import Server, Step
from infra.sizing.requests import MeanRequest

# Answers that are equally long and begin in one step end in one step, so that their clients ask again together: by
# this factor more than if each came by chance (two servers under 8 to 256 clients).
TOGETHER = 2.6
TO_MEDIAN = 1 / 3  # the median of what comes by chance is below its mean: where few come, a prompt is mostly alone


@dataclass(frozen=True)
class Seen:
    running: float  # requests
    tokens_per_second: float
    first_token: float  # seconds
    next_token: float


@dataclass(frozen=True)
class _Load:
    """A server with a number of requests under way."""

    server: Server
    pace: Pace
    running: float
    prompts: float  # of other requests, per step
    per_step: float  # tokens of a prompt that a step reads
    batch: int

    def step(self, decoding: float, prompts: float) -> float:
        return self.server.seconds(Step(decoding, prompts, min(prompts * self.per_step, self.batch)), self.pace)


@dataclass(frozen=True)
class _Steps:
    """Of a server under steady load, in seconds."""

    mean: float
    prompt: float  # that a prompt makes a step longer
    met: float  # mean number of prompts that come during the step in which a prompt comes


def seen(server: Server, request: MeanRequest, batch: int, pace: Pace, clients: float, places: float) -> Seen:
    """By each of `clients`, of which `places` are served at once. `batch`: tokens of a step."""
    pieces = max(1.0, request.prompt / batch)
    steps = request.output - 1 + pieces
    running = min(clients, places, batch / (1 + request.prompt / steps))
    others = max(0.0, running - 1) * pieces / steps
    load = _Load(server, pace, running, others, min(request.prompt, batch), batch)
    found = _steps(load)
    first = _first_token(load, found, pieces)
    whole = first + (request.output - 1) * found.mean
    wait = (clients - running) / running * whole
    return Seen(running, running * request.output / whole, wait + first, found.mean)


def _steps(load: _Load) -> _Steps:
    """Prompts come at random, so that some steps read none; those that came during one step are read in one."""
    decoding = load.step(load.running, 0)
    if not load.prompts:
        return _Steps(decoding, 0.0, 0.0)
    found = _with_prompts(load, decoding, load.prompts / (1 - math.exp(-load.prompts)))
    return _with_prompts(load, decoding, 1 + TOGETHER * found.met)


def _with_prompts(load: _Load, decoding: float, together: float) -> _Steps:
    """Where a step that reads prompts reads this number of them."""
    together = max(load.prompts, min(together, max(1.0, load.batch / load.per_step)))
    mixed = load.step(load.running, together)
    reading = load.prompts / together  # share of steps
    mean = (1 - reading) * decoding + reading * mixed
    spread = reading * (1 - reading) * (mixed - decoding) ** 2  # variance of a step's length
    return _Steps(mean, (mixed - decoding) / together, load.prompts * (1 + spread / mean**2))


def _first_token(load: _Load, steps: _Steps, pieces: float) -> float:
    """The rest of the step that runs, those that are prepared, and its own, with the prompts that came meanwhile."""
    beside = min(max(0.0, TOGETHER * steps.met - TO_MEDIAN), max(0.0, load.batch / load.per_step - 1))
    wait = 0.0
    if load.prompts:
        wait = steps.mean * (steps.met / load.prompts / 2 + load.pace.gates)
    own = load.step(load.running - 1, 1 + beside)
    earlier = (pieces - 1) * load.step(load.running - 1, 1)
    front = load.pace.seconds.front + load.running * load.pace.seconds.front_stream
    return front + wait + earlier + own
