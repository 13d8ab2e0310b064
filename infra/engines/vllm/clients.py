"""What clients of a server see that wait for each answer and then ask again: from the time of its steps.

A request of P tokens in and O out takes part in the step that reads its prompt (in several where the prompt is larger
than a batch) and in O - 1 more. While it runs, each of the other clients has one prompt read.
"""

import math
from dataclasses import dataclass

from infra.engines.vllm.paces import Pace
from infra.engines.vllm.steps import Server, Step
from infra.sizing.requests import MeanRequest

BUSIEST = 0.95  # of the time is for prompts: above, waits would have no end
# Answers that are equally long and begin in one step end in one step, so that their clients ask again together: by
# this factor more than if each came by chance (two servers under 8 to 256 clients).
TOGETHER = 3
TO_MEDIAN = 1 / 3  # the median of what comes by chance is below its mean: where few come, a prompt is mostly alone


@dataclass(frozen=True)
class Seen:
    running: float  # requests
    tokens_per_second: float
    first_token: float  # seconds
    next_token: float


@dataclass(frozen=True)
class _Steps:
    """Of a server under steady load, in seconds."""

    mean: float
    prompt: float  # that a prompt makes a step longer
    prompts: float  # of the others, per step


def seen(server: Server, request: MeanRequest, batch: int, pace: Pace, clients: float, places: float) -> Seen:
    """By each of `clients`, of which `places` are served at once. `batch`: tokens of a step."""
    pieces = max(1.0, request.prompt / batch)
    steps = request.output - 1 + pieces
    running = min(clients, places, batch / (1 + request.prompt / steps))
    others = max(0.0, running - 1) * pieces / steps
    per_step = min(request.prompt, batch)
    found = _steps(server, pace, running, others, per_step, batch)
    first = _first_token(server, pace, running, found, per_step, batch, pieces)
    whole = first + (request.output - 1) * found.mean
    wait = (clients - running) / running * whole
    return Seen(running, running * request.output / whole, wait + first, found.mean)


def _steps(server: Server, pace: Pace, running: float, others: float, per_step: float, batch: int) -> _Steps:
    """Prompts come at random: some steps read none, and the others one or more."""
    decoding = server.seconds(Step(running), pace)
    reading = 1 - math.exp(-others)  # share of steps
    if not reading:
        return _Steps(decoding, 0.0, 0.0)
    prompts = others / reading
    mixed = server.seconds(Step(running, prompts, min(prompts * per_step, batch)), pace)
    return _Steps((1 - reading) * decoding + reading * mixed, (mixed - decoding) / prompts, others)


def _first_token(
    server: Server, pace: Pace, running: float, steps: _Steps, per_step: float, batch: int, pieces: float
) -> float:
    """The rest of the step that runs, those that are prepared, and its own, with the prompts that came meanwhile."""
    busy = min(BUSIEST, steps.prompts * steps.prompt / steps.mean)
    spread = steps.prompt**2 * steps.prompts / (1 - busy**2)  # variance of a step's length: long ones follow long ones
    met = steps.mean + spread / steps.mean  # a prompt rather comes during a long step
    beside = max(0.0, TOGETHER * steps.prompts / steps.mean * met - TO_MEDIAN)
    beside = min(beside, max(0.0, batch / per_step - 1))
    wait = met / 2 + pace.gates * steps.mean if steps.prompts else 0.0
    own = server.seconds(Step(running - 1, 1 + beside, min((1 + beside) * per_step, batch)), pace)
    earlier = (pieces - 1) * server.seconds(Step(running - 1, 1, per_step), pace)
    front = pace.seconds.front + running * pace.seconds.front_stream
    return front + wait + earlier + own
