"""Clients of the gateway, and their limits: a request above one of them is answered with 429 at once.

As `infra.services.gateway` has Envoy do it: first the limit at once, then a bucket that is full at first and fills with
the limit per minute, then the tokens of the minute of the clock. All Envoys together count as one here.
"""

import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from infra.plan.gateway import TrafficPlan
from infra.simulate.arrivals import Arrivals

AT_ONCE, PER_MINUTE, TOKENS = "concurrentRequests", "requestsPerMinute", "tokensPerMinute"
_MINUTE = 60


@dataclass(frozen=True)
class ClientLimits:
    name: str
    models: tuple[str, ...]  # that it may call
    at_once: int
    per_minute: int
    tokens: int | None = None  # per minute
    at_once_of: Mapping[str, int] = field(default_factory=dict[str, int])  # by model: how many may be for that one


@dataclass(frozen=True)
class ClientUse:
    """What a client asked for in a run."""

    asked: int
    refused: Mapping[str, int]  # by limit
    at_once: int  # the maximum of its requests that were inside at once
    tokens: int  # the maximum of answers that ended in one minute

    @property
    def limited(self) -> int:
        return sum(self.refused.values())


def clients_of(traffic: TrafficPlan) -> Iterator[ClientLimits]:
    """Envoys share a limit at once, each rounds its share up."""
    for name, each in sorted(traffic.clients.items()):
        models = tuple(model for model, upstream in traffic.upstreams.items() if set(upstream.names) & set(each.models))
        of = {model: _of_all(limit, traffic.replicas) for model, limit in each.at_once_of.items()}
        at_once = _of_all(each.concurrent_requests, traffic.replicas)
        yield ClientLimits(name, models, at_once, each.requests_per_minute, each.tokens_per_minute, of)


def _of_all(limit: int, envoys: int) -> int:
    return envoys * -(-limit // envoys)


def with_clients(arrivals: Arrivals, clients: Sequence[ClientLimits], seed: int) -> Arrivals:
    """Where the traffic doesn't say who asks, the clients of a model share its requests equally, by chance."""
    if arrivals.clients or not clients:
        return arrivals
    chance = random.Random(f"{seed} clients")
    callers = [[each for each, client in enumerate(clients) if name in client.models] for name in arrivals.names]
    drawn = [_one_of(callers[model], chance) for model in arrivals.models]
    return replace(arrivals, clients=drawn)


def _one_of(callers: Sequence[int], chance: random.Random) -> int:
    """A model that no client may call has one without limits."""
    if len(callers) == 1:
        return callers[0]
    return callers[int(chance.random() * len(callers))] if callers else -1


class Admission:
    """What the gateway counts of each client."""

    def __init__(self, clients: Sequence[ClientLimits], arrivals: Arrivals) -> None:
        self._clients, self._of, self._arrivals = clients, arrivals.clients, arrivals
        self._limited = bool(clients) and bool(self._of)
        self._inside = [0] * len(clients)
        self._inside_of: Counter[tuple[int, str]] = Counter()  # of each client, by model
        self._bucket = [(0.0, float(each.per_minute)) for each in clients]  # when, and what was in it
        self._used = [(0, 0)] * len(clients)  # the minute, and tokens of answers that ended in it
        self._asked = [0] * len(clients)
        self._refused: list[dict[str, int]] = [{} for _ in clients]  # by limit
        self._highest_inside = [0] * len(clients)
        self._highest_used = [0] * len(clients)

    def admits(self, request: int, now: float) -> bool:
        if not self._limited or (which := self._of[request]) < 0:
            return True
        self._asked[which] += 1
        model = self._arrivals.names[self._arrivals.models[request]]
        why = self._above(which, model, now)
        if why is None:
            self._inside_of[which, model] += 1
            inside = self._inside[which] = self._inside[which] + 1
            if inside > self._highest_inside[which]:
                self._highest_inside[which] = inside
            return True
        self._refused[which][why] = self._refused[which].get(why, 0) + 1
        return False

    def ended(self, request: int, now: float, *, answered: bool) -> None:
        if not self._limited or (which := self._of[request]) < 0:
            return
        self._inside[which] -= 1
        self._inside_of[which, self._arrivals.names[self._arrivals.models[request]]] -= 1
        if answered and self._clients[which].tokens is not None:
            minute, tokens = int(now // _MINUTE), self._arrivals.prompts[request] + self._arrivals.outputs[request]
            then, used = self._used[which]
            tokens += used if then == minute else 0
            self._used[which] = (minute, tokens)
            self._highest_used[which] = max(self._highest_used[which], tokens)

    def by_client(self) -> Mapping[str, ClientUse]:
        counted = zip(self._asked, self._refused, self._highest_inside, self._highest_used, strict=True)
        return {each.name: ClientUse(*one) for each, one in zip(self._clients, counted, strict=True)}

    def _above(self, which: int, model: str, now: float) -> str | None:
        limits = self._clients[which]
        if self._inside[which] >= limits.at_once:
            return AT_ONCE
        part = limits.at_once_of.get(model)
        if part is not None and self._inside_of[which, model] >= part:
            return AT_ONCE
        then, left = self._bucket[which]
        left = min(limits.per_minute, left + (now - then) * limits.per_minute / _MINUTE)
        self._bucket[which] = (now, left - 1 if left >= 1 else left)
        if left < 1:
            return PER_MINUTE
        minute, used = self._used[which]
        return TOKENS if limits.tokens is not None and minute == int(now // _MINUTE) and used > limits.tokens else None
