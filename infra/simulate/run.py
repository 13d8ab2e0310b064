"""One run: requests, replicas, scalers and nodes on one clock."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Any

from infra.simulate.arrivals import Arrivals
from infra.simulate.autoscaler import SYNC_SECONDS
from infra.simulate.clients import Admission, ClientUse
from infra.simulate.counted import Counted
from infra.simulate.interruptions import Interruptions
from infra.simulate.neighbours import Neighbour
from infra.simulate.nodes import SCAN_SECONDS, Pool
from infra.simulate.platform import Platform
from infra.simulate.served import Next, Served
from infra.simulate.step_times import StepTimes

SCRAPE_SECONDS = 15  # of the ServiceMonitors
Event = tuple[float, int, Callable[[float, Any], None], Any]


@dataclass(frozen=True)
class Outcome:
    """What one run counted."""

    seconds: float
    models: Mapping[str, Counted]
    node_hours: Mapping[str, float]  # by pool
    node_usd: Mapping[str, float | None]  # by pool; None: its nodes have no price
    nodes: Mapping[str, list[tuple[float, int]]]  # from a time on, by pool
    taken: Mapping[str, int]  # spot nodes that the cloud took back, by pool
    clients: Mapping[str, ClientUse]


class Clock:
    """What happens, in the order of time."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._order = 0

    def at(self, time: float, what: Callable[[float, Any], None], which: Any) -> None:
        self._order += 1
        heappush(self.events, (time, self._order, what, which))

    def every(self, seconds: float, first: float, what: Callable[[float], None]) -> None:
        def again(now: float, _: None) -> None:
            what(now)
            self.at(now + seconds, again, None)

        self.at(first, again, None)


def run(platform: Platform, arrivals: Arrivals, seed: int) -> Outcome:
    chance, clock = random.Random(seed), Clock()
    pools = {each.name: Pool(each, chance) for each in platform.pools}
    for pool in pools.values():
        pool.start()
        clock.every(SCAN_SECONDS, chance.uniform(0, SCAN_SECONDS), pool.scan)
    spot = _interruptions(platform, pools, seed, clock)
    for each in platform.beside:
        neighbour = Neighbour(each, pools[each.pool], arrivals.begins)
        neighbour.begin()
        clock.every(SYNC_SECONDS, SYNC_SECONDS, neighbour.follow)
    admission = Admission(platform.clients, arrivals)
    served = _served(platform, pools, arrivals, admission, chance, clock)
    for pool in pools.values():
        pool.keep_spare()
    _play(clock, arrivals, [served.get(name) for name in arrivals.names])
    for each in served.values():
        each.deployment.end(arrivals.seconds)
    return Outcome(
        arrivals.seconds,
        {name: each.counted for name, each in served.items()},
        {name: pool.hours(arrivals.seconds) for name, pool in pools.items()},
        {name: pool.usd(arrivals.seconds) for name, pool in pools.items()},
        {name: pool.changes for name, pool in pools.items()},
        {name: each.taken for name, each in spot.items()},
        admission.by_client(),
    )


def _interruptions(
    platform: Platform, pools: Mapping[str, Pool], seed: int, clock: Clock
) -> Mapping[str, Interruptions]:
    """Of pools with spot nodes. What is drawn doesn't depend on anything else in the run."""
    found: dict[str, Interruptions] = {}
    for each in platform.pools:
        if each.notice is not None:
            chance = random.Random(f"{seed} {each.name}")
            found[each.name] = Interruptions(pools[each.name], each.notice, chance, clock.at)
            clock.every(SCAN_SECONDS, chance.uniform(0, SCAN_SECONDS), found[each.name].scan)
    for pool, second in platform.events.interruptions:
        if pool in found:
            clock.at(second, found[pool].one, None)
    return found


def _served(
    platform: Platform,
    pools: Mapping[str, Pool],
    arrivals: Arrivals,
    admission: Admission,
    chance: random.Random,
    clock: Clock,
) -> dict[str, Served]:
    asked, first = list(arrivals.times), [0.0] * len(arrivals.times)
    found: dict[str, Served] = {}
    for server in platform.servers:
        prompt, output = arrivals.mean(server.sent_as) if server.sent_as in arrivals.names else (1.0, 1.0)
        times = StepTimes(server.steps, server.limits.seqs, prompt=prompt, output=output)
        each = Served(
            server, platform.gateway, pools[server.pool], arrivals, admission, times, asked, first, chance, clock.at
        )
        each.begin()
        clock.every(SCRAPE_SECONDS, chance.uniform(0, SCRAPE_SECONDS), each.scrape)
        if server.scaling is not None:
            clock.every(SYNC_SECONDS, chance.uniform(0, SYNC_SECONDS), each.sync)
            polling = server.scaling.polling_seconds
            clock.every(polling, chance.uniform(0, polling), each.poll)
        found[server.name] = each
    for each in found.values():
        if each.server.next_of is not None:
            found[each.server.sent_as].next = Next(each, platform.clients)
    for name, second in platform.events.rollouts:
        if name in found:
            clock.at(second, found[name].roll, None)
    return found


def _play(clock: Clock, arrivals: Arrivals, served: list[Served | None]) -> None:
    """Until the end of the run; requests of models that aren't simulated are none."""
    events, times, models = clock.events, arrivals.times, arrivals.models
    number, count, end = 0, len(arrivals.times), arrivals.seconds
    next_one = times[0] if count else end
    while True:
        if events and events[0][0] < next_one:
            now, _, what, which = heappop(events)
            if now >= end:
                return
            what(now, which)
        elif number >= count or next_one >= end:
            if not events or events[0][0] >= end:
                return
            now, _, what, which = heappop(events)
            what(now, which)
        else:
            each = served[models[number]]
            if each is not None:
                each.arrive(number, next_one)
            number += 1
            next_one = times[number] if number < count else end
