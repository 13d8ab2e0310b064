"""The figures of several runs: of each the mean, the lowest and the highest."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from infra.simulate.counted import Counted, Rolled
from infra.simulate.nodes import PoolShape
from infra.simulate.patterns import DAY
from infra.simulate.platform import Platform
from infra.simulate.run import Outcome

SIGNS = 48  # of a line of replicas: one per half-hour of 24 hours


@dataclass(frozen=True)
class Spread:
    mean: float
    low: float
    high: float

    @property
    def half(self) -> float:
        return (self.high - self.low) / 2


@dataclass(frozen=True)
class Replicas:
    """That were ready."""

    min: float
    mean: float
    max: float
    hours_at_max: float  # per 24 hours, with as many as the model may have
    line: tuple[float, ...]  # the mean in each part of the first run


@dataclass(frozen=True)
class ModelSummary:
    """Figures are means over the runs, where they aren't a spread; None: no request got that far."""

    name: str
    requests: float
    answered: float
    limited: float  # 429, above a limit of its client; it isn't lost
    lost: float  # the sum of the next four
    refused: float
    silent: float
    cut: float
    broken: float
    too_long: float
    elsewhere: float
    in_system: float  # at the end
    held: float
    preempted: float
    replicas: Replicas
    first_token: Mapping[str, Spread | None]  # seconds: p50, p95, p99
    per_token: Mapping[str, Spread | None]  # seconds: p50, p95
    queue_mean: Spread
    queue_max: Spread
    gpu_hours: Spread  # per day
    usd: float | None  # per day: its GPU-hours at the price of its pool's nodes
    rollouts: tuple[Rolled, ...]  # of the first run


@dataclass(frozen=True)
class PoolSummary:
    name: str
    node_hours: Spread  # per day
    usd: Spread | None  # per day; None: its nodes have no price
    taken: float | None  # spot nodes that the cloud took back, per run; None: it has none


@dataclass(frozen=True)
class ClientSummary:
    """Means over the runs."""

    name: str
    requests: float
    refused: Mapping[str, float]  # by limit

    @property
    def limited(self) -> float:
        return sum(self.refused.values())


@dataclass(frozen=True)
class Summary:
    seconds: float
    models: tuple[ModelSummary, ...]
    pools: tuple[PoolSummary, ...]
    clients: tuple[ClientSummary, ...]

    @property
    def usd(self) -> float | None:
        """Per day, for the nodes of all pools; None: one of them has no price."""
        found = [each.usd.mean if each.usd is not None else None for each in self.pools]
        known = [each for each in found if each is not None]
        return sum(known) if len(known) == len(found) else None


def summary(platform: Platform, outcomes: Sequence[Outcome]) -> Summary:
    per_day = DAY / outcomes[0].seconds
    return Summary(
        outcomes[0].seconds,
        tuple(_model(platform, each.name, outcomes, per_day) for each in platform.servers),
        tuple(_pools(platform, outcomes, per_day)),
        tuple(_client(each.name, outcomes) for each in platform.clients),
    )


def percentile(ascending: Sequence[float], share: float) -> float | None:
    """The smallest value that at least this share of them doesn't exceed; None where there are none."""
    if not ascending:
        return None
    return ascending[max(0, -int(-share * len(ascending) // 1) - 1)]


def _model(platform: Platform, name: str, outcomes: Sequence[Outcome], per_day: float) -> ModelSummary:
    runs, seconds = [each.models[name] for each in outcomes], outcomes[0].seconds
    server = next(each for each in platform.servers if each.name == name)
    pool = next(each for each in platform.pools if each.name == server.pool)
    firsts, tokens = [sorted(each.first_tokens) for each in runs], [sorted(each.per_token) for each in runs]
    hours = _spread([each.gpu_seconds / 3600 * per_day for each in runs])
    price = _price(pool, outcomes)
    return ModelSummary(
        name=name,
        requests=_mean(runs, lambda each: each.arrived),
        answered=_mean(runs, lambda each: each.answered),
        limited=_mean(runs, lambda each: each.limited),
        lost=_mean(runs, lambda each: each.lost),
        refused=_mean(runs, lambda each: each.refused),
        silent=_mean(runs, lambda each: each.silent),
        cut=_mean(runs, lambda each: each.cut),
        broken=_mean(runs, lambda each: each.broken),
        too_long=_mean(runs, lambda each: each.too_long),
        elsewhere=_mean(runs, lambda each: each.elsewhere),
        in_system=_mean(runs, lambda each: each.arrived - each.left),
        held=_mean(runs, lambda each: each.held),
        preempted=_mean(runs, lambda each: each.preempted),
        replicas=_replicas(runs, server.max, seconds),
        first_token={f"p{share}": _percentiles(firsts, share) for share in (50, 95, 99)},
        per_token={f"p{share}": _percentiles(tokens, share) for share in (50, 95)},
        queue_mean=_spread([sum(each.queue) / max(1, len(each.queue)) for each in runs]),
        queue_max=_spread([max(each.queue, default=0) for each in runs]),
        gpu_hours=hours,
        usd=None if price is None else hours.mean * price / pool.gpus_per_node,
        rollouts=tuple(runs[0].rollouts),
    )


def _price(pool: PoolShape, outcomes: Sequence[Outcome]) -> float | None:
    """Per node and hour; of a pool with several kinds of nodes, what those that ran cost in the mean."""
    if len(pool.steps) == 1 or pool.steps[0].usd_per_hour is None:
        return pool.steps[0].usd_per_hour
    hours = sum(each.node_hours[pool.name] for each in outcomes)
    return sum(each.node_usd[pool.name] or 0.0 for each in outcomes) / hours if hours else 0.0


def _pools(platform: Platform, outcomes: Sequence[Outcome], per_day: float) -> Iterator[PoolSummary]:
    for pool in platform.pools:
        hours = [each.node_hours[pool.name] * per_day for each in outcomes]
        dollars = [usd * per_day for each in outcomes if (usd := each.node_usd[pool.name]) is not None]
        usd = _spread(dollars) if dollars else None
        taken = [each.taken[pool.name] for each in outcomes] if pool.notice is not None else None
        yield PoolSummary(pool.name, _spread(hours), usd, sum(taken) / len(taken) if taken is not None else None)


def _client(name: str, outcomes: Sequence[Outcome]) -> ClientSummary:
    found = [each.clients[name] for each in outcomes]
    limits = sorted({limit for each in found for limit in each.refused})
    means = {limit: sum(each.refused.get(limit, 0) for each in found) / len(found) for limit in limits}
    return ClientSummary(name, sum(each.asked for each in found) / len(found), means)


def _percentiles(runs: Sequence[Sequence[float]], share: int) -> Spread | None:
    found = [value for each in runs if (value := percentile(each, share / 100)) is not None]
    return _spread(found) if found else None


def _spread(values: Sequence[float]) -> Spread:
    return Spread(sum(values) / len(values), min(values), max(values))


def _mean(runs: Sequence[Counted], figure: Callable[[Counted], float]) -> float:
    return sum(map(figure, runs)) / len(runs)


def _replicas(runs: Sequence[Counted], maximum: int, seconds: float) -> Replicas:
    counts = [[number for _, number in each.replicas] for each in runs]
    means = [sum(line_of(each, seconds, 1)) for each in runs]
    line = tuple(line_of(runs[0], seconds, SIGNS))
    full = [_seconds_with(each, maximum, seconds) for each in runs]
    hours = sum(full) / len(full) / seconds * 24
    return Replicas(min(map(min, counts)), sum(means) / len(means), max(map(max, counts)), hours, line)


def _seconds_with(counted: Counted, replicas: int, seconds: float) -> float:
    changes = counted.replicas
    ends = [*(time for time, _ in changes[1:]), seconds]
    return sum(end - start for (start, number), end in zip(changes, ends, strict=True) if number == replicas)


def line_of(counted: Counted, seconds: float, parts: int) -> list[float]:
    """The mean number of replicas in each of `parts` equal parts of the run."""
    return mean_line(counted.replicas, seconds, parts)


def mean_line(changes: Sequence[tuple[float, int]], seconds: float, parts: int) -> list[float]:
    """The mean of a number in equal parts of a run; `changes`: from when on it is which."""
    width, found = seconds / parts, [0.0] * parts
    ends = [*(time for time, _ in changes[1:]), seconds]
    for (start, number), end in zip(changes, ends, strict=True):
        for part in range(int(start / width), min(parts - 1, int(end / width)) + 1):
            overlap = min(end, (part + 1) * width) - max(start, part * width)
            found[part] += number * max(0.0, overlap) / width
    return found
