"""The first run over time, in equal parts: what a picture of it shows."""

from collections.abc import Sequence
from dataclasses import dataclass

from infra.simulate.arrivals import Arrivals
from infra.simulate.counted import Counted
from infra.simulate.platform import Platform
from infra.simulate.run import SCRAPE_SECONDS, Outcome
from infra.simulate.summary import mean_line, percentile

PARTS = 144  # of ten minutes where the run takes 24 hours
Line = tuple[float | None, ...]  # one value per part; None: nothing was measured in it


@dataclass(frozen=True)
class ModelLines:
    name: str
    max: int  # replicas
    requests: Line  # per second
    replicas: Line  # that were ready, in the mean
    waiting: Line  # requests in a queue, at most
    first_token: Line  # seconds: 95 of 100 came sooner
    rollouts: tuple[float, ...]  # when each began


@dataclass(frozen=True)
class Timeline:
    seconds: float
    models: tuple[ModelLines, ...]
    nodes: tuple[tuple[str, Line], ...]  # by pool


def timeline(platform: Platform, arrivals: Arrivals, first: Outcome) -> Timeline:
    seconds = first.seconds
    models = tuple(
        ModelLines(
            each.name,
            each.max,
            _requests(arrivals, each.sent_as),
            tuple(mean_line(first.models[each.name].replicas, seconds, PARTS)),
            _waiting(first.models[each.name], seconds),
            _first_tokens(first.models[each.name], seconds),
            tuple(one.begun for one in first.models[each.name].rollouts),
        )
        for each in platform.servers
    )
    return Timeline(seconds, models, tuple((name, _nodes(each, seconds)) for name, each in first.nodes.items()))


def _nodes(changes: Sequence[tuple[float, int]], seconds: float) -> Line:
    return tuple(mean_line(changes or [(0.0, 0)], seconds, PARTS))


def _requests(arrivals: Arrivals, name: str) -> Line:
    width, found = arrivals.seconds / PARTS, [0] * PARTS
    which = arrivals.names.index(name) if name in arrivals.names else -1
    for time, model in zip(arrivals.times, arrivals.models, strict=True):
        if model == which:
            found[min(PARTS - 1, int(time / width))] += 1
    return tuple(each / width for each in found)


def _waiting(counted: Counted, seconds: float) -> Line:
    found = [0.0] * PARTS
    for number, waiting in enumerate(counted.queue):
        part = min(PARTS - 1, int(number * SCRAPE_SECONDS / seconds * PARTS))
        found[part] = max(found[part], waiting)
    return tuple(found)


def _first_tokens(counted: Counted, seconds: float) -> Line:
    found: list[list[float]] = [[] for _ in range(PARTS)]
    for time, wait in zip(counted.first_at, counted.first_tokens, strict=True):
        found[min(PARTS - 1, int(time / seconds * PARTS))].append(wait)
    return tuple(percentile(sorted(each), 0.95) for each in found)
