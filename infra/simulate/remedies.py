"""Changes of a stack file that would help, or cost less at equal waits: each is planned, and played with the requests
of the first run."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Any

from infra.plan.notes import Write
from infra.plan.plan import Plan
from infra.simulate.arrivals import Arrivals
from infra.simulate.changes import Change, Seen, helping, saving, seen_of
from infra.simulate.hours import monday, zone
from infra.simulate.patterns import DAY
from infra.simulate.platform import Platform, Server, platform_of
from infra.simulate.run import Outcome, run
from infra.simulate.summary import percentile

SHOWN = 3
MAX_RUNS, MAX_PLAYED = 16, 1_200_000  # runs, and requests in all of them: the whole answer is to come within minutes
_GOOD = 2.0  # seconds: where 99 of 100 first tokens come within it and nothing is lost, nothing has to change
_SOONER = 0.9  # of the wait, at most: that helps
_EQUAL = 1.05  # of the wait, at most: that is as long
_SAVES = 0.98  # of the dollars, at most
Trial = Callable[[Write], tuple[Write, Plan] | None]  # what is written, and the plan; None: it breaks a rule


@dataclass(frozen=True)
class Figures:
    lost: int
    p95: float | None  # seconds to the first token
    p99: float | None
    usd: float | None  # per day, for the nodes of the model's pool

    def sooner_than(self, other: "Figures") -> bool:
        pairs = ((self.p95, other.p95), (self.p99, other.p99))
        ratios = [(mine or 0.0) / their for mine, their in pairs if their]
        return bool(ratios) and min(ratios) <= _SOONER and max(ratios) <= _EQUAL

    def waits_no_longer_than(self, other: "Figures") -> bool:
        pairs = ((self.p95, other.p95), (self.p99, other.p99))
        return all((mine or 0.0) <= max(_GOOD, _EQUAL * (their or 0.0)) for mine, their in pairs)


@dataclass(frozen=True)
class Remedy:
    """What to write below a model, and what it changes."""

    model: str
    settings: Mapping[str, Any]  # `replicas.max` -> its new value
    nodes: int | None  # the maximum that its pool needs for it; None: it is large enough
    old: Figures
    new: Figures

    @property
    def rank(self) -> tuple[float, float, float]:
        old, new = self.old, self.new
        return old.lost - new.lost, (old.p99 or 0.0) - (new.p99 or 0.0), -(new.usd or 0.0)

    @property
    def helps(self) -> bool:
        return self.new.lost < self.old.lost or (self.new.lost == self.old.lost and self.new.sooner_than(self.old))

    @property
    def saved(self) -> float:
        """Dollars per day, where callers lose nothing by it."""
        old, new = self.old, self.new
        if old.usd is None or new.usd is None or new.usd > _SAVES * old.usd or new.lost > old.lost:
            return 0.0
        return old.usd - new.usd if new.waits_no_longer_than(old) else 0.0


@dataclass(frozen=True)
class Advice:
    would_help: tuple[Remedy, ...]
    would_save: Remedy | None


NOTHING = Advice((), None)


def remedies(plan: Plan, platform: Platform, arrivals: Arrivals, first: Outcome, trial: Trial, days: str) -> Advice:
    """The changes that help callers who wait or get errors, the best first, and the change that saves the largest sum.
    `days`: on which a schedule is to open."""
    played = list(_played(plan, platform, arrivals, first, trial, days))
    help_ = sorted((each for each in played if each.helps), key=lambda each: each.rank, reverse=True)
    cheaper = max(played, key=lambda each: each.saved, default=None)
    return Advice(tuple(help_[:SHOWN]), cheaper if cheaper is not None and cheaper.saved else None)


def _played(
    plan: Plan, platform: Platform, arrivals: Arrivals, first: Outcome, trial: Trial, days: str
) -> Iterator[Remedy]:
    runs, requests = MAX_RUNS, MAX_PLAYED
    for server, change in _to_try(plan, platform, arrivals, first, days):
        path = plan.models[server.name].path
        tried = trial(change.write(path))
        if tried is None:
            continue
        written, then = tried
        only = alone(platform_of(then), server, platform)
        number = sum(first.models[each.name].arrived for each in only.servers if each.name in first.models)
        runs, requests = runs - 1, requests - number
        if runs < 0 or requests < 0:
            return
        pools = [value for where, value in written if where.startswith("gpuPools.")]
        old, new = _figures(platform, server, first), _figures(only, server, run(only, arrivals, 1))
        yield Remedy(server.name, change.settings, pools[0] if pools else None, old, new)


def _to_try(
    plan: Plan, platform: Platform, arrivals: Arrivals, first: Outcome, days: str
) -> Iterator[tuple[Server, Change]]:
    """The first of each model come first."""
    begins, timezone = monday(plan), zone(plan)
    by_model: list[Sequence[tuple[Server, Change]]] = []
    for server in platform.servers:
        if server.next_of is None:
            seen = seen_of(server, first.models[server.name], arrivals, begins, days, timezone)
            by_model.append([(server, each) for each in _of_model(server, seen, first)])
    for each in zip_longest(*by_model):
        yield from (one for one in each if one is not None)


def _of_model(server: Server, seen: Seen, first: Outcome) -> Iterator[Change]:
    if _waits(first, server.name):
        yield from helping(server, seen)
    yield from saving(server, seen)


def _waits(first: Outcome, name: str) -> bool:
    counted = first.models[name]
    return counted.lost > 0 or (percentile(sorted(counted.first_tokens), 0.99) or 0.0) > _GOOD


def alone(then: Platform, server: Server, before: Platform) -> Platform:
    """What the change concerns: the pool, with what runs on it. A model and its next version share requests, so with
    one of them all pools are played."""
    whole = replace(then, events=before.events)
    if any(each.next_of is not None for each in then.servers):
        return whole
    pool = next(each.pool for each in then.servers if each.name == server.name)
    return replace(
        whole,
        servers=tuple(each for each in then.servers if each.pool == pool),
        beside=tuple(each for each in then.beside if each.pool == pool),
        pools=tuple(each for each in then.pools if each.name == pool),
    )


def _figures(platform: Platform, server: Server, outcome: Outcome) -> Figures:
    counted, name = outcome.models[server.name], next(x.pool for x in platform.servers if x.name == server.name)
    usd, ascending = outcome.node_usd[name], sorted(counted.first_tokens)
    p95, p99 = percentile(ascending, 0.95), percentile(ascending, 0.99)
    return Figures(counted.lost, p95, p99, None if usd is None else usd * DAY / outcome.seconds)
