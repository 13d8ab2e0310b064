"""Changes of a stack file that would help, each played with the requests of the first run."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from infra.simulate.arrivals import Arrivals
from infra.simulate.nodes import PoolShape
from infra.simulate.patterns import DAY
from infra.simulate.platform import Platform, Server
from infra.simulate.run import Outcome, run
from infra.simulate.summary import percentile

SHOWN = 3
_GOOD = 2.0  # seconds: where 99 of 100 first tokens come within it and nothing is lost, nothing has to change
_HELPS = 0.9  # of the wait, at most, where nothing is lost


@dataclass(frozen=True)
class Figures:
    lost: int
    p95: float | None  # seconds to the first token
    usd: float | None  # per day, for the nodes of the model's pool


@dataclass(frozen=True)
class Remedy:
    """What to write below a model, and what it changes."""

    model: str
    settings: Mapping[str, int]  # `replicas.max` -> its new value
    nodes: int | None  # the maximum that its pool needs for it; None: it is large enough
    old: Figures
    new: Figures

    @property
    def rank(self) -> tuple[float, float]:
        return self.old.lost - self.new.lost, (self.old.p95 or 0.0) - (self.new.p95 or 0.0)

    @property
    def helps(self) -> bool:
        fewer = self.new.lost < self.old.lost
        sooner = (self.new.p95 or 0.0) <= _HELPS * (self.old.p95 or 0.0)
        return fewer or (sooner and self.new.lost == self.old.lost)


def remedies(platform: Platform, arrivals: Arrivals, first: Outcome) -> tuple[Remedy, ...]:
    """Those that would help the callers of models who wait or get errors, the best first."""
    found = (
        _tried(platform, server, arrivals, first)
        for server in platform.servers
        if _waits(first, server.name) and server.next_of is None
    )
    helping = (each for tried in found for each in tried if each.helps)
    return tuple(sorted(helping, key=lambda each: each.rank, reverse=True)[:SHOWN])


def _waits(first: Outcome, name: str) -> bool:
    counted = first.models[name]
    return counted.lost > 0 or (percentile(sorted(counted.first_tokens), 0.99) or 0.0) > _GOOD


def _tried(platform: Platform, server: Server, arrivals: Arrivals, first: Outcome) -> Iterator[Remedy]:
    for settings, changed in changes(server):
        pool = next(each for each in platform.pools if each.name == server.pool)
        alone, nodes = _with(platform, changed, pool)
        if nodes is not None and not pool.made:
            continue  # somebody else's nodes are as many as they are
        outcome = run(alone, arrivals, 1)
        yield Remedy(server.name, settings, nodes, _figures(pool, server, first), _figures(pool, server, outcome))


def changes(server: Server) -> Iterator[tuple[Mapping[str, int], Server]]:
    """A model whose number of replicas is fixed gets one replica more for good."""
    low, high = server.min, server.max
    if server.scaling is None:
        yield {"replicas.min": low + 1, "replicas.max": high + 1}, replace(server, min=low + 1, max=high + 1)
        return
    yield {"replicas.max": high + 1}, replace(server, max=high + 1)
    if low < high:
        awake = replace(server.scaling, held=None, held_seconds=0)
        scaling = awake if low + 1 < high else None  # else nothing is left to scale
        yield {"replicas.min": low + 1}, replace(server, min=low + 1, scaling=scaling)


def _with(platform: Platform, changed: Server, pool: PoolShape) -> tuple[Platform, int | None]:
    """The pool with the changed model, and its maximum of nodes where that has to grow."""
    on = tuple(changed if each.name == changed.name else each for each in platform.servers if each.pool == pool.name)
    beside = tuple(each for each in platform.beside if each.pool == pool.name)
    per_node = [each.gpus * each.max for each in on] + [each.gpus * each.replicas for each in beside]
    needed = -(-sum(per_node) // pool.gpus_per_node)
    nodes = needed if needed > pool.max else None
    larger = replace(pool, max=max(pool.max, needed))
    if any(each.next_of is not None for each in platform.servers):  # a model and its next version share requests
        servers = tuple(changed if each.name == changed.name else each for each in platform.servers)
        pools = tuple(larger if each.name == pool.name else each for each in platform.pools)
        return replace(platform, servers=servers, pools=pools), nodes
    return replace(platform, servers=on, beside=beside, pools=(larger,)), nodes


def _figures(pool: PoolShape, server: Server, outcome: Outcome) -> Figures:
    counted, price = outcome.models[server.name], pool.usd_per_node_hour
    hours = outcome.node_hours[pool.name] * DAY / outcome.seconds
    p95 = percentile(sorted(counted.first_tokens), 0.95)
    return Figures(counted.lost, p95, None if price is None else hours * price)
