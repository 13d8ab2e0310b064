"""Compares the plan's scaler with others, each with the settings that it publishes (data/contenders.toml), on three
kinds of traffic: hours of GPUs, and how long 95 of 100 requests wait for their first token.

make benchmark-contenders writes data/contenders.csv, from which the documentation draws.
"""

import csv
import math
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

from infra.plan.models import ModelPlan, Scaling
from infra.plan.plan import Plan
from infra.program import plan_of
from infra.simulate.arrivals import Arrivals
from infra.simulate.counted import Counted
from infra.simulate.hours import Hours
from infra.simulate.patterns import DAY, by_pattern, share_at
from infra.simulate.platform import Platform, Server, platform_of
from infra.simulate.replica import Replica
from infra.simulate.run import run
from infra.simulate.summary import line_of, percentile
from infra.sizing import load
from infra.stack_file import load_file

ROOT = Path(__file__).parent.parent
DATA = ROOT / "benchmarks" / "data"
FILE = DATA / "contenders.csv"
STACK, MODEL, LARGEST, SEEDS = "prod", "llama-8b", 12, (1, 2)
TRACES: Mapping[str, float] = {"daily": 3.0, "burst": 0.6, "steady": 1.5}  # requests per second in the peak hour
SOON = 2.0  # seconds to the first token that the fixed number of replicas keeps
DEFAULT, FIXED, ORACLE = "this plan's default", "a fixed number", "who knows the traffic"
_SLOT = 600  # seconds
# Of an engine's pod, with the CPU that vLLM asks for at least: two cores and one per GPU. While a step runs, the engine
# and each of its workers keep one busy (vLLM's documentation, "CPU resources for GPU deployments"); assumed.
_BUSY, _IDLE, _CORES = 2, 0.1, 3
_KNATIVE_TARGET, _PANIC = 70.0, 2.0


@dataclass(frozen=True)
class Contender(Server):
    """A server whose scaler reads other figures than the plan's."""

    triggers: Mapping[str, float] = field(default_factory=dict[str, float])
    figures: Callable[[Sequence[Replica]], Mapping[str, float]] = lambda _: {}

    @cached_property
    def signals(self) -> Mapping[str, float]:
        return self.triggers

    def measure(self, replicas: Sequence[Replica]) -> Mapping[str, float]:
        return {**super().measure(replicas), **(self.figures(replicas) if replicas else {})}


@dataclass(frozen=True)
class Row:
    """What one scaler did with one kind of traffic, over all runs."""

    traffic: str
    scaler: str
    gpu_hours: float  # per day
    first_token_p95: float  # seconds; infinite where more than 5 of 100 requests are lost
    lost_percent: float
    turns: int  # of the number of replicas, each within a cooldown after the one before
    replicas_mean: float
    replicas_max: int


def main() -> None:
    rates = ", ".join(f"{name} {rate:g}" for name, rate in TRACES.items())
    with FILE.open("w", newline="", encoding="utf-8") as file:
        file.write(
            f"# {MODEL} of stacks/Pulumi.{STACK}.yaml, 1 to {LARGEST} replicas, {len(SEEDS)} runs of 24 hours; requests"
            f" per second in the peak hour: {rates}.\n# make benchmark-contenders, {datetime.now(UTC):%Y-%m-%d}\n"
        )
        writer = csv.writer(file)
        writer.writerow([each.name for each in fields(Row)])
        for row in rows():
            writer.writerow([round(each, 3) if isinstance(each, float) else each for each in vars(row).values()])
            file.flush()
            print(row, flush=True)


def read() -> list[Row]:
    """What the last run wrote."""
    lines = [line for line in FILE.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    return [
        Row(
            each["traffic"],
            each["scaler"],
            float(each["gpu_hours"]),
            float(each["first_token_p95"]),
            float(each["lost_percent"]),
            int(each["turns"]),
            float(each["replicas_mean"]),
            int(each["replicas_max"]),
        )
        for each in csv.DictReader(lines)
    ]


def on_front(row: Row, rows: Sequence[Row]) -> bool:
    """Whether no other scaler has fewer hours and shorter waits for the same traffic."""
    return not any(beats(each, row) for each in rows)


def beats(one: Row, row: Row) -> bool:
    """With the same traffic, fewer hours, and a shorter wait. Who knows the traffic is a bound, and no scaler."""
    if one.traffic != row.traffic or one.scaler in (row.scaler, ORACLE):
        return False
    return one.gpu_hours <= row.gpu_hours and one.first_token_p95 <= row.first_token_p95


def rows() -> Iterator[Row]:
    plan = plan_of(load_file(ROOT / "stacks" / f"Pulumi.{STACK}.yaml"))
    for traffic, rate in TRACES.items():
        yield from rows_of(plan, traffic, rate)


def rows_of(plan: Plan, traffic: str, rate: float) -> Iterator[Row]:
    requests = {MODEL: (plan.models[MODEL].throughput.request, plan.models[MODEL].max_model_len)}
    drawn = [by_pattern(traffic, rate, 1, requests, seed) for seed in SEEDS]
    yield _row(traffic, DEFAULT, of_plan(plan), drawn)
    for name, made in contenders(plan).items():
        yield _row(traffic, name, made, drawn)
    yield _smallest(plan, traffic, rate, drawn)
    yield _row(traffic, ORACLE, oracle(plan, traffic, rate), drawn)


def _smallest(plan: Plan, traffic: str, rate: float, drawn: Sequence[Arrivals]) -> Row:
    """The smallest number of replicas that keeps a short wait all the time."""
    busiest = max(share_at(traffic, at) for at in range(0, DAY, _SLOT))
    for number in range(math.ceil(rate * busiest / _rate_of_one(plan.models[MODEL])), LARGEST):
        row = _row(traffic, FIXED, fixed(plan, number), drawn)
        if row.first_token_p95 <= SOON:
            return row
    return _row(traffic, FIXED, fixed(plan, LARGEST), drawn)


def of_plan(plan: Plan) -> Platform:
    whole = platform_of(plan)
    (server,) = (each for each in whole.servers if each.name == MODEL)
    pools = tuple(replace(each, max=LARGEST) for each in whole.pools if each.name == server.pool)
    return replace(whole, servers=(replace(server, min=1, max=LARGEST),), beside=(), pools=pools)


def contenders(plan: Plan) -> dict[str, Platform]:
    """By title."""
    given = tomllib.loads((DATA / "contenders.toml").read_text(encoding="utf-8"))
    return {each["title"]: _contender(plan, {**given["defaults"], **each}) for each in given["contenders"].values()}


def _contender(plan: Plan, given: Mapping[str, Any]) -> Platform:
    behavior = {
        "scaleUp": {"policies": _policies(given["up"])},
        "scaleDown": {"policies": _policies(given["down"]), "stabilizationWindowSeconds": given["down_window"]},
    }
    return _as(plan, given["triggers"], behavior, _figures())


def _as(
    plan: Plan,
    triggers: Mapping[str, float],
    behavior: Mapping[str, Any],
    figures: Callable[[Sequence[Replica]], Mapping[str, float]] = lambda _: {},
) -> Platform:
    whole = of_plan(plan)
    (server,) = whole.servers
    own = {each.name: getattr(server, each.name) for each in fields(Server)}
    made = Contender(**{**own, "behavior": behavior}, triggers=triggers, figures=figures)
    return replace(whole, servers=(made,))


def _policies(given: Sequence[Sequence[Any]]) -> list[dict[str, Any]]:
    return [{"type": each[0], "value": each[1], "periodSeconds": each[2]} for each in given]


def fixed(plan: Plan, replicas: int) -> Platform:
    whole = of_plan(plan)
    (server,) = whole.servers
    return replace(whole, servers=(replace(server, min=replicas, max=replicas, scaling=None),))


def oracle(plan: Plan, traffic: str, rate: float) -> Platform:
    """As many replicas as the rate of each ten minutes needs, started in time: by a schedule."""
    model = plan.models[MODEL]
    ahead = math.ceil(model.cold_start.high) + 60
    per_replica = _rate_of_one(model)
    slots = {at: max(1, math.ceil(rate * share_at(traffic, at) / per_replica)) for at in range(0, DAY, _SLOT)}
    spans = tuple((at - ahead, at + _SLOT, number) for at, number in slots.items())
    policies = _policies([["Pods", LARGEST, 15]])
    made = _as(plan, {"waiting": math.inf}, {"scaleUp": {"policies": policies}, "scaleDown": {"policies": policies}})
    (server,) = made.servers
    return replace(made, servers=(replace(server, hours=Hours(spans)),))


def _rate_of_one(model: ModelPlan) -> float:
    scaling, steps = model.scaling, model.throughput.steps
    assert isinstance(scaling, Scaling)
    assert steps is not None
    of = load.Replica(steps, model.throughput.request, model.max_num_batched_tokens or 0)
    return of.at(scaling.in_flight or 1).rate


def _figures() -> Callable[[Sequence[Replica]], Mapping[str, float]]:
    """What the others measure. Knative decides by a mean of 60 seconds, and by what is there now where that is twice as
    many."""
    lately: list[float] = []
    panic = [0, 0]  # readings for which it goes on, and replicas that it has asked for

    def read(replicas: Sequence[Replica]) -> Mapping[str, float]:
        in_flight = [each.waiting + each.running for each in replicas]
        lately.append(sum(in_flight))
        del lately[:-4]
        wanted, now = sum(lately) / len(lately) / _KNATIVE_TARGET, lately[-1] / _KNATIVE_TARGET
        if now >= _PANIC * len(replicas):
            panic[:] = [4, max(panic[1], math.ceil(now))]
        panic[0] = max(0, panic[0] - 1)
        panic[1] = panic[1] if panic[0] else 0
        full = [max(each.waiting / 5, each.cache / 0.8) for each in replicas]
        return {
            "cpu": sum(100 * (_BUSY if each else _IDLE) / _CORES for each in in_flight),
            "saturation": sum(full) / len(full),
            "concurrency": max(math.ceil(wanted), panic[1]),
        }

    return read


def _row(traffic: str, scaler: str, platform: Platform, drawn: Sequence[Arrivals]) -> Row:
    runs = [run(platform, arrivals, seed).models[MODEL] for seed, arrivals in zip(SEEDS, drawn, strict=True)]
    firsts = sorted(each for counted in runs for each in counted.first_tokens)
    arrived, lost = sum(each.arrived for each in runs), sum(each.lost for each in runs)
    whole = [*firsts, *[math.inf] * (arrived - len(firsts))]
    scaling = platform.servers[0].scaling
    cooldown = scaling.cooldown_seconds if scaling else 0
    return Row(
        traffic,
        scaler,
        sum(each.gpu_seconds for each in runs) / 3600 / len(runs),
        percentile(whole, 0.95) or 0.0,
        100 * lost / arrived,
        sum(turns(each, cooldown) for each in runs),
        sum(line_of(each, DAY, 1)[0] for each in runs) / len(runs),
        max(number for each in runs for _, number in each.replicas),
    )


def turns(counted: Counted, cooldown: float) -> int:
    """Changes of direction of the number of replicas, each within a cooldown after the one before."""
    changes = [(time, number > before) for (_, before), (time, number) in pairwise(counted.replicas)]
    turned = [time for (_, was), (time, up) in pairwise(changes) if up != was]
    return sum(second - first < cooldown for first, second in pairwise(turned))


if __name__ == "__main__":
    main()
