"""Changes of a model's settings that may help its callers, or cost less: which to try, by what a run has shown."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from infra.plan.notes import Write
from infra.simulate.arrivals import Arrivals
from infra.simulate.counted import Counted
from infra.simulate.patterns import DAY, HOUR
from infra.simulate.platform import Server
from infra.simulate.summary import line_of

_SOONER, _LATER = 0.7, 1.4  # of the requests at which another replica starts
_BUSY = 0.2  # of the requests of the busiest hour: hours with fewer are quiet
_MORE = 0.25  # replicas above the minimum, in the hourly mean, from which on a schedule may have them ready
_LONGEST = 20  # hours of a window: beyond it a schedule is the same as a minimum


@dataclass(frozen=True)
class Change:
    settings: Mapping[str, Any]  # below the model: `replicas.max` -> its new value

    def write(self, path: str) -> Write:
        return tuple((f"{path}.{key}", value) for key, value in self.settings.items())


@dataclass(frozen=True)
class Seen:
    """What a run showed of a model."""

    replicas: Sequence[float]  # ready in the mean of each hour of the day; (): it was no whole day
    requests: Sequence[int]  # by hour of the day
    at_maximum: bool  # it had all replicas that it may have
    days: str  # on which a schedule is to open
    timezone: str


def seen_of(server: Server, counted: Counted, arrivals: Arrivals, monday: float, days: str, timezone: str) -> Seen:
    """`monday`: the second of the week in UTC at which Monday begins in the time zone."""
    whole, at_maximum = arrivals.seconds >= DAY, any(number >= server.max for _, number in counted.replicas)
    if not whole:
        return Seen((), (), at_maximum, days, timezone)
    first, hours = (arrivals.begins - monday) % DAY / HOUR, int(arrivals.seconds // HOUR)
    by_hour: list[list[float]] = [[] for _ in range(24)]
    for number, mean in enumerate(line_of(counted, hours * HOUR, hours)):
        by_hour[int(first + number) % 24].append(mean)
    requests, which = [0] * 24, arrivals.names.index(server.sent_as) if server.sent_as in arrivals.names else -1
    for time, model in zip(arrivals.times, arrivals.models, strict=True):
        if model == which:
            requests[int(first + time / HOUR) % 24] += 1
    return Seen([sum(each) / len(each) for each in by_hour], requests, at_maximum, days, timezone)


def helping(server: Server, seen: Seen) -> Iterator[Change]:
    """More replicas, sooner, or before they are needed."""
    low, high, at = server.min, server.max, server.scaling.in_flight if server.scaling is not None else None
    if low == high:
        yield Change({"replicas": high + 1})
        yield Change({"replicas": {"min": low, "max": high + 1}})
        return
    yield Change({"replicas.min": low + 1})
    if seen.at_maximum:
        yield Change({"replicas.max": high + 1})
    if at is not None and (sooner := max(1, round(_SOONER * at))) < at:
        yield Change({"scaling": {"requestsPerReplica": sooner}})
    window = _window([mean > low + _MORE for mean in seen.replicas])
    if server.hours is None and window is not None:
        inside = sorted(seen.replicas[hour % 24] for hour in range(*window))
        yield Change({"schedule": _schedule(window, seen, min(high, max(low + 1, round(inside[len(inside) // 2]))))})


def saving(server: Server, seen: Seen) -> Iterator[Change]:
    """Fewer replicas, later, or none at night."""
    low, high, at = server.min, server.max, server.scaling.in_flight if server.scaling is not None else None
    if low == high and low > 1:
        yield Change({"replicas": {"min": low - 1, "max": high}})
        yield Change({"replicas": low - 1})
    if low == high:
        return
    if low > 1:
        yield Change({"replicas.min": low - 1})
    busiest = max(seen.requests, default=0)
    window = _window([number >= max(1, _BUSY * busiest) for number in seen.requests])
    if low and server.hours is None and window is not None:
        yield Change({"replicas.min": low - 1, "schedule": _schedule(window, seen, low)})
    if at is not None:
        yield Change({"scaling": {"requestsPerReplica": math.ceil(_LATER * at)}})


def _window(hours: Sequence[bool]) -> tuple[int, int] | None:
    """From which hour to which hour of the day, the second beyond 24 where it is on the next day, so that all that are
    asked for are in it, and as few others as may be; None: none is asked for, or nearly all."""
    if not any(hours):
        return None
    spans = [_until_the_last(hours, start) for start in range(24) if hours[start]]
    start, end = min(spans, key=lambda span: span[1] - span[0])
    return (start, end) if end - start <= _LONGEST else None


def _until_the_last(hours: Sequence[bool], start: int) -> tuple[int, int]:
    return start, 1 + max(hour for hour in range(start, start + 24) if hours[hour % 24])


def _schedule(window: tuple[int, int], seen: Seen, replicas: int) -> list[dict[str, Any]]:
    start, end = window
    to = f"{end % 24:02}:00" if end != 24 else "24:00"
    return [{"days": seen.days, "from": f"{start:02}:00", "to": to, "timezone": seen.timezone, "min": replicas}]
