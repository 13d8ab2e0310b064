"""Higher limits of clients that got 429: what they would have needed, and what that does to everybody's waits. Each is
planned, and played with the requests of the first run."""

import math
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from infra.plan.notes import Write
from infra.plan.plan import Plan
from infra.simulate.arrivals import Arrivals
from infra.simulate.clients import AT_ONCE, PER_MINUTE, TOKENS, ClientLimits, ClientUse
from infra.simulate.patterns import DAY
from infra.simulate.platform import Platform, platform_of
from infra.simulate.remedies import Trial
from infra.simulate.run import Outcome, run
from infra.simulate.summary import percentile

MAX_CLIENTS, MAX_PLAYED = 3, 1_000_000  # that are tried, and requests in all runs together
_NO_LIMIT = 10**12
_MINUTE = 60
_DIGITS = 2  # of a proposed limit: a number that somebody would write


@dataclass(frozen=True)
class Effect:
    limited: int  # of the client
    lost: int  # of all clients
    p99: float | None  # seconds to the first token, of the model that it may call whose callers wait the longest
    usd: float | None  # per day, for the nodes of all pools


@dataclass(frozen=True)
class HigherLimits:
    """What to write below a client, and what it changes."""

    client: str
    settings: Mapping[str, int]  # `requestsPerMinute` -> its new value
    old: Effect
    new: Effect


def higher_limits(platform: Platform, arrivals: Arrivals, first: Outcome, trial: Trial) -> tuple[HigherLimits, ...]:
    """Of the clients with the largest numbers of 429: limits that refuse none of their requests."""
    limited = sorted(platform.clients, key=lambda each: -first.clients[each.name].limited)[:MAX_CLIENTS]
    tried = [each for each in limited if first.clients[each.name].limited]
    tried = tried[: max(0, MAX_PLAYED // max(1, len(arrivals.times)) - 1)]
    if not tried:
        return ()
    free = run(replace(platform, clients=_without_limits(platform.clients, tried)), arrivals, 1)
    played = (_played(platform, arrivals, first, each, free.clients[each.name], trial) for each in tried)
    return tuple(each for each in played if each is not None)


def _without_limits(clients: Sequence[ClientLimits], names: Sequence[ClientLimits]) -> tuple[ClientLimits, ...]:
    free = {"at_once": _NO_LIMIT, "per_minute": _NO_LIMIT, "tokens": _NO_LIMIT, "at_once_of": {}}
    return tuple(replace(each, **free) if each in names else each for each in clients)


def _played(
    platform: Platform, arrivals: Arrivals, first: Outcome, client: ClientLimits, free: ClientUse, trial: Trial
) -> HigherLimits | None:
    place = platform.clients.index(client)
    times = [at for at, asks in zip(arrivals.times, arrivals.clients, strict=True) if asks == place]
    settings = dict(_settings(client, first.clients[client.name], free, times))
    write: Write = tuple((f"gateway.clients.{client.name}.{key}", value) for key, value in settings.items())
    planned = trial(write) if write else None
    if planned is None:
        return None
    then = _as_planned(planned[1], platform)
    return HigherLimits(
        client.name, settings, _effect(platform, client, first), _effect(then, client, run(then, arrivals, 1))
    )


def _as_planned(plan: Plan, before: Platform) -> Platform:
    return replace(platform_of(plan), events=before.events)


def _settings(
    client: ClientLimits, was: ClientUse, free: ClientUse, times: Sequence[float]
) -> Iterator[tuple[str, int]]:
    """The limits that were too low for what it asked for. A limit at once that is written has no parts by model."""
    if free.at_once > client.at_once or AT_ONCE in was.refused:
        yield AT_ONCE, _round_up(free.at_once)
    if (busiest := busiest_minute(times)) > client.per_minute:
        yield PER_MINUTE, _round_up(busiest)
    if client.tokens is not None and free.tokens > client.tokens:
        yield TOKENS, _round_up(free.tokens)


def busiest_minute(times: Sequence[float]) -> int:
    """The maximum of requests in any 60 seconds: a bucket of this size, filled as often per minute, is never empty."""
    highest, window = 0, deque[float]()
    for each in times:
        window.append(each)
        while window[0] <= each - _MINUTE:
            window.popleft()
        highest = max(highest, len(window))
    return highest


def _round_up(number: int) -> int:
    unit = 10 ** max(0, len(str(number)) - _DIGITS)
    return math.ceil(number / unit) * unit


def _effect(platform: Platform, client: ClientLimits, outcome: Outcome) -> Effect:
    models = outcome.models
    waits = [percentile(sorted(models[name].first_tokens), 0.99) for name in client.models if name in models]
    return Effect(
        outcome.clients[client.name].limited,
        sum(each.lost for each in models.values()),
        max((each for each in waits if each is not None), default=None),
        _usd(platform, outcome),
    )


def _usd(platform: Platform, outcome: Outcome) -> float | None:
    known = [usd for each in platform.pools if (usd := outcome.node_usd[each.name]) is not None]
    return sum(known) * DAY / outcome.seconds if len(known) == len(platform.pools) else None
