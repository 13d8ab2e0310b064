"""A plan under traffic, run several times with other chances."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from infra.plan.notes import Write
from infra.plan.plan import Plan
from infra.simulate.arrivals import Arrivals
from infra.simulate.clients import with_clients
from infra.simulate.higher_limits import HigherLimits, higher_limits
from infra.simulate.hours import monday
from infra.simulate.patterns import by_pattern
from infra.simulate.platform import NO_EVENTS, Events, Platform, platform_of
from infra.simulate.remedies import NOTHING, Advice, Trial, remedies
from infra.simulate.run import run
from infra.simulate.summary import Summary, summary
from infra.simulate.timeline import Timeline, timeline


def _no_change(_: Write) -> None: ...


@dataclass(frozen=True)
class Pattern:
    name: str
    rate: float  # requests per second in the peak hour
    days: int


@dataclass(frozen=True)
class Simulation:
    platform: Platform
    summary: Summary | None  # None: no model of the plan can be simulated
    advice: Advice = NOTHING
    higher_limits: tuple[HigherLimits, ...] = ()
    timeline: Timeline | None = None


def simulate(
    plan: Plan, traffic: Pattern | Arrivals, seeds: int, events: Events = NO_EVENTS, trial: Trial = _no_change
) -> Simulation:
    """Each run draws other requests of a pattern; those of a file are the same. `trial` plans a change of the stack
    file."""
    platform = replace(platform_of(plan), events=events)
    if not platform.servers:
        return Simulation(platform, None)
    drawn = _drawn(plan, platform, traffic) if isinstance(traffic, Pattern) else lambda _seed: traffic

    def arrivals(seed: int) -> Arrivals:
        return with_clients(drawn(seed), platform.clients, seed)

    first = arrivals(1)
    outcomes = [run(platform, first, 1), *(run(platform, arrivals(seed), seed) for seed in range(2, seeds + 1))]
    days = "mon-fri" if isinstance(traffic, Pattern) else "daily"
    advice = remedies(plan, platform, first, outcomes[0], trial, days)
    higher = higher_limits(platform, first, outcomes[0], trial)
    return Simulation(platform, summary(platform, outcomes), advice, higher, timeline(platform, first, outcomes[0]))


def _drawn(plan: Plan, platform: Platform, pattern: Pattern) -> Callable[[int], Arrivals]:
    requests = {
        each.name: (plan.models[each.name].throughput.request, each.context)
        for each in platform.servers
        if each.next_of is None
    }
    begins = monday(plan)
    return lambda seed: by_pattern(pattern.name, pattern.rate, pattern.days, requests, seed, begins)
