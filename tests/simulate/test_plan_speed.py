"""A simulated replica is as fast as its plan says, for the mean request that the plan is about."""

import math

import pytest

from infra.plan.models import ModelPlan
from infra.simulate.arrivals import Arrivals
from infra.simulate.clients import Admission
from infra.simulate.counted import Counted
from infra.simulate.platform import platform_of
from infra.simulate.replica import Replica
from infra.simulate.step_times import StepTimes
from tests.example_stacks import planned

PROD = planned("prod").plan
SERVERS = {each.name: each for each in platform_of(PROD).servers}
ROUNDS = 12  # requests of each client


def asked(model: ModelPlan, clients: int) -> tuple[float, Counted]:
    """Tokens per second of a replica while clients wait for each answer and then ask again."""
    server, mean = SERVERS[model.name], model.throughput.request
    count = clients * ROUNDS
    times = [0.0] * count
    all_ = Arrivals(times, [0] * count, [mean.prompt] * count, [mean.output] * count, (model.name,), 1.0)
    pace = StepTimes(server.steps, server.limits.seqs, prompt=mean.prompt, output=mean.output)
    limits = type(server.limits)(**{**vars(server.limits), "silence": math.inf, "total": math.inf})
    counted, given = Counted(), list(times)
    replica, now = Replica(pace, limits, all_, Admission((), all_), given, [0.0] * count, counted), 0.0
    sent = 0
    while sent < count or replica.load:
        while sent < count and replica.load < clients:
            times[sent] = given[sent] = now + 0.001 * (sent % clients)  # not all in one step
            replica.take(sent, times[sent])
            sent += 1
        now = replica.due
        replica.step()
    return count * mean.output / now, counted


@pytest.mark.parametrize("name", sorted(SERVERS))
@pytest.mark.parametrize("clients", [1, 8])
def test_tokens_per_second_are_within_the_plans_interval(name: str, clients: int) -> None:
    model = PROD.models[name]
    (said,) = [each for each in model.throughput.at if each.concurrency == clients]
    rate, counted = asked(model, clients)
    assert said.tokens_per_second.low <= rate <= said.tokens_per_second.high
    steps = sorted(counted.per_token)
    assert said.next_token.low <= steps[len(steps) // 2] <= said.next_token.high


@pytest.mark.parametrize("name", sorted(SERVERS))
def test_a_full_replica_makes_what_the_plan_says(name: str) -> None:
    model = PROD.models[name]
    full = model.throughput.full
    assert full is not None
    rate, _ = asked(model, full.concurrency)
    assert full.tokens_per_second.low <= rate <= full.tokens_per_second.high
    assert rate == pytest.approx(full.tokens_per_second.mid, rel=0.15)
