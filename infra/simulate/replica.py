"""One replica, step by step: a batch in which each request gets a token per step, and prompts that are read in pieces.

Between two events of a replica its batch is the same, so any number of steps is one sum. A step first has the
requests that run, then prompts in their order, both within the tokens of a batch; where the cache is full, the request
that came last gives its place back and is read again.
"""

import math
from collections import deque
from dataclasses import dataclass
from heapq import heapify, heappop, heappush

from infra.simulate.arrivals import Arrivals
from infra.simulate.clients import Admission
from infra.simulate.counted import Counted
from infra.simulate.step_times import StepTimes

IDLE, DECODING, READING = range(3)


@dataclass(frozen=True)
class Limits:
    seqs: int  # requests in a batch
    batch: int  # tokens of a step
    cache: int  # tokens
    silence: float  # seconds after which the gateway gives up on a request that got no byte
    total: float  # seconds of the longest answer


class Replica:
    """Its next event is at `due`; whoever changes that says so by returning True."""

    __slots__ = (
        "_admission",
        "_again",
        "_counted",
        "_first",
        "_kept",
        "_limits",
        "_mode",
        "_outputs",
        "_pace",
        "_prompts",
        "_reading",
        "_running",
        "_since",
        "_steps",
        "_times",
        "_todo",
        "_waiting",
        "asked",
        "due",
        "ends",
        "load",
    )  # fmt: skip

    def __init__(
        self,
        step_times: StepTimes,
        limits: Limits,
        arrivals: Arrivals,
        admission: Admission,
        asked: list[float],
        first: list[float],
        to: Counted,
    ) -> None:
        self._pace, self._limits, self._counted, self._admission = step_times, limits, to, admission
        self._times, self._prompts, self._outputs = arrivals.times, arrivals.prompts, arrivals.outputs
        self.asked, self._first = asked, first
        self._waiting: deque[int] = deque()
        self._reading: list[list[int]] = []  # request, tokens of its prompt, and those that aren't read
        self._running: list[tuple[int, int, int, int]] = []  # its last step, request, its first step, tokens before it
        self._again: dict[int, tuple[int, int]] = {}  # request that lost its place -> tokens to read, tokens to make
        self._steps = 0
        self._kept = 0  # tokens in the cache, places for prompts that are being read included
        self._mode, self._since, self._todo = IDLE, 0.0, 0
        self.due = math.inf
        self.load = 0  # requests
        self.ends = False  # it takes no more

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    @property
    def running(self) -> int:
        return len(self._running) + len(self._reading)

    @property
    def cache(self) -> float:
        """The share of the cache that is in use."""
        return self._kept / self._limits.cache

    def take(self, request: int, now: float) -> bool:
        self.load += 1
        self._waiting.append(request)
        if self._mode == IDLE:
            self._go(now)
            return True
        return self._mode == DECODING and len(self._waiting) == 1 and self._has_room(request) and self._cut(now)

    def step(self) -> None:
        """What the steps until `due` did, and what comes next."""
        now = self.due
        self._steps += self._todo
        self._kept += len(self._running) * self._todo
        if self._mode == READING:
            self._read(now)
        self._end(now)
        self._go(now)

    def lose(self, now: float) -> None:
        """Its node is gone. Callers stream, and a server begins a stream before it has a token: each of them is
        cut, and nothing is sent again."""
        inside = [*self._waiting, *(each[0] for each in self._reading), *(each[1] for each in self._running)]
        for request in inside:
            self._counted.broken += 1
            self._leave(request, now, answered=False)
        self._waiting.clear()
        self._reading.clear()
        self._running.clear()
        self._mode, self.due = IDLE, math.inf

    def _tokens(self, request: int) -> int:
        return self._again[request][0] if request in self._again else self._prompts[request]

    def _has_room(self, request: int) -> bool:
        active = len(self._running) + len(self._reading)
        if active >= self._limits.seqs:
            return False
        return not active or self._kept + active + self._tokens(request) <= self._limits.cache

    def _cut(self, now: float) -> bool:
        """A prompt came: the steps end with that under way."""
        number = len(self._running)
        one = self._pace.base[number] + self._pace.slope[number] * self._kept
        grows = self._pace.slope[number] * number
        elapsed = now - self._since
        steps = elapsed / one
        if grows * steps > 1e-3 * one:
            half = one - grows / 2
            steps = (math.sqrt(half * half + 2 * grows * elapsed) - half) / grows
        whole = max(1, math.ceil(steps - 1e-9))
        if whole >= self._todo:
            return False
        self._todo = whole
        self.due = max(now, self._since + whole * one + grows * whole * (whole - 1) / 2)
        return True

    def _go(self, now: float) -> None:
        while self._waiting:
            request = self._waiting[0]
            if now - self.asked[request] > self._limits.silence and request not in self._again:
                self._waiting.popleft()
                self._counted.silent += 1
                self._leave(request, now, answered=False)
            elif self._has_room(request):
                self._waiting.popleft()
                tokens = self._tokens(request)
                self._kept += tokens
                self._reading.append([request, tokens, tokens])
            else:
                break
        number = len(self._running)
        while number > 1 and self._kept + number > self._limits.cache:
            self._preempt()
            number -= 1
        self._since = now
        if self._reading:
            self._mode, self._todo = READING, 1
            prompts, tokens = self._pieces(number)
            kept = self._kept - sum(each[1] for each in self._reading)
            self.due = now + self._pace.mixed(number, prompts, tokens) + self._pace.slope[number] * kept
        elif number:
            self._mode = DECODING
            self._todo = steps = max(1, min(self._running[0][0] - self._steps, self._room(number)))
            slope = self._pace.slope[number]
            one = self._pace.base[number] + slope * self._kept
            self.due = now + steps * one + slope * number * steps * (steps - 1) / 2
        else:
            self._mode, self._todo, self.due = IDLE, 0, math.inf

    def _room(self, number: int) -> int:
        """Steps until the cache is full. The only request of a server always goes on."""
        return (self._limits.cache - self._kept) // number if number > 1 else self._running[0][0]

    def _pieces(self, number: int) -> tuple[int, int]:
        """Prompts and tokens of them that the next step reads; it takes them off what is left to read."""
        left = max(1, self._limits.batch - number)
        prompts, tokens = 0, 0
        for each in self._reading:
            take = min(each[2], left)
            if not take:
                break
            each[2] -= take
            left -= take
            prompts, tokens = prompts + 1, tokens + take
        return prompts, tokens

    def _read(self, now: float) -> None:
        """Prompts that are read to their end get their first token."""
        while self._reading and not self._reading[0][2]:
            request, tokens, _ = self._reading.pop(0)
            again = self._again.pop(request, None)
            if again is None:
                self._first[request] = now
                wait = now - self._times[request] + self._pace.beside[len(self._running)]
                self._counted.first_tokens.append(wait)
                self._counted.first_at.append(now)
            left = self._outputs[request] - 1 if again is None else again[1] - 1
            heappush(self._running, (self._steps + left, request, self._steps, tokens))

    def _end(self, now: float) -> None:
        running, steps = self._running, self._steps
        while running and running[0][0] <= steps:
            _, request, begun, tokens = heappop(running)
            self._kept -= tokens + steps - begun
            more = self._outputs[request] - 1
            if more:
                self._counted.per_token.append((now - self._first[request]) / more)
            whole = now - self.asked[request] <= self._limits.total
            if whole:
                self._counted.answered += 1
            else:
                self._counted.cut += 1
            self._leave(request, now, answered=whole)

    def _leave(self, request: int, now: float, *, answered: bool) -> None:
        self.load -= 1
        self._admission.ended(request, now, answered=answered)
        self._counted.stayed += now - self._times[request]

    def _preempt(self) -> None:
        """The request that came last waits first in the queue, and is read again with what it has so far."""
        last = max(self._running, key=lambda each: (self.asked[each[1]], each[1]))
        self._running.remove(last)
        heapify(self._running)
        end, request, begun, tokens = last
        made = self._steps - begun
        self._kept -= tokens + made
        self._again[request] = (tokens + made, max(1, end - self._steps))
        self._waiting.appendleft(request)
        self._counted.preempted += 1
