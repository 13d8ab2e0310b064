"""When a model gets another replica: by its promise, or as assumed where its speed isn't known."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from infra.plan.words import count
from infra.services.serving.placed import Placed
from infra.sizing.estimates import Throughput
from infra.sizing.load import Load, Replica, room

WAITING = 5  # requests in the queue of a replica: what a public production stack uses
KEPT_SHARE = 0.5  # of the threshold: a replica goes when the others can have its requests, and more
CACHE = 80  # percent
SOON = 2.0  # seconds to the first token in 95 of 100 cases, where nobody gave a promise
LONGER = 2.0  # times what it takes with one request in flight, where that is longer
BATCH_SHARE = 0.5  # of an engine's batch, where its speed isn't known


@dataclass(frozen=True)
class Signals:
    """Thresholds per replica, and why."""

    in_flight: int | None = None  # None: nobody knows its batch
    kept: int | None = None
    waiting: int | None = None  # None: nothing is measured
    cache: int | None = None
    reasons: tuple[str, ...] = ()


def signals_of(placed: Placed, made: Throughput) -> Signals:
    if placed.sized is None or not placed.served.question.engine.is_measured:
        return Signals()
    number, waiting, why = _thresholds(placed, made)
    kept = max(1, math.floor(KEPT_SHARE * number)) if number else None
    cache = CACHE if placed.sized.fit.kv_cache_gib is not None else None
    return Signals(number, kept, waiting, cache, tuple(_reasons(number, kept, waiting, cache, why)))


def in_flight(replica: Replica, places: float, promise: float) -> int:
    """The highest number of requests at which the promise is kept, and for which there nearly always is a place."""
    low, high = 1, max(1, math.floor(room(places)))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if replica.at(middle).first_token <= promise else (low, middle - 1)
    return low


def replica_of(made: Throughput, batch: int) -> Replica | None:
    return Replica(made.steps, made.request, batch) if made.steps is not None and batch else None


def usual_promise(alone: Load) -> float:
    return max(SOON, LONGER * alone.first_token)


def _thresholds(placed: Placed, made: Throughput) -> tuple[int | None, int, str]:
    """Requests in flight, requests that wait, and why."""
    given, arguments = placed.served.settings.scaling, placed.sized.arguments if placed.sized else None
    if given is not None and given.requests_per_replica is not None:
        return given.requests_per_replica, WAITING, "as the stack file says"
    replica = replica_of(made, arguments.max_num_batched_tokens if arguments else 0)
    if replica is not None and made.full is not None:
        promise = given.ttft_p95_seconds if given is not None else None
        return _by_speed(replica, made.full.concurrency, promise)
    batch = arguments.max_num_seqs if arguments else 0
    if not batch:
        return None, WAITING, ""
    return max(1, int(batch * BATCH_SHARE)), WAITING, "half of its batch, because its speed isn't known"


@cache
def _by_speed(replica: Replica, places: int, given: float | None) -> tuple[int, int, str]:
    """Searched once: the plans in which advice is tried ask the same for each model that a change leaves as it is."""
    promise = given if given is not None else usual_promise(replica.at(1))
    number = in_flight(replica, places, promise)
    load = replica.at(number)
    whose = "promised" if given is not None else "the aim"
    why = f"95 of 100 first tokens then come within {load.first_token:.1f} s, where {promise:.1f} s are {whose}"
    if load.first_token < promise and number == math.floor(room(places)):
        why = f"with more, not all have a place at once; 95 of 100 first tokens come within {load.first_token:.1f} s"
    return number, max(WAITING, round(load.rate * promise)), f"{why} (an estimate)"


def _reasons(number: int | None, kept: int | None, waiting: int, cache: int | None, why: str) -> Iterator[str]:
    others = f"{waiting} that wait"
    if cache is not None:
        others += f", or at {cache} % of its cache"
    if number is None:
        yield f"scaling: another replica for {others}"
        return
    yield f"scaling: another replica for {count(number, 'request')} in flight per replica: {why}; or for {others}"
    yield f"scaling: a replica is removed only when the others then have at most {kept} in flight each"
