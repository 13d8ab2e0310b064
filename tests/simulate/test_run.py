"""Whole runs: what arrives is accounted for, sleeping models wake, replicas follow the traffic."""

import random
from dataclasses import replace
from itertools import accumulate, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.simulate.counted import Counted
from infra.simulate.nodes import UNNEEDED_SECONDS
from infra.simulate.run import Outcome, run
from infra.simulate.served import LATELY
from infra.simulate.summary import line_of
from tests.simulate.platforms import SCALING, SLEEPING, arrivals, platform, server


def by_chance(rate: float, seconds: float, seed: int = 1) -> list[float]:
    chance = random.Random(seed)
    gaps = (chance.expovariate(rate) for _ in range(int(rate * seconds * 2)))
    return [time for time in accumulate(gaps) if time < seconds]


def simulated(rate: float, seconds: float = 7_200, seed: int = 1, most: int = 6) -> Outcome:
    times = by_chance(rate, seconds, seed)
    return run(platform(server(1, most, scaling=SCALING)), arrivals(times, output=100, seconds=seconds), seed)


def is_accounted(counted: Counted) -> bool:
    inside = counted.arrived - counted.left
    return inside >= 0 and counted.left == (
        counted.answered + counted.limited + counted.lost + counted.too_long + counted.elsewhere
    )


@settings(max_examples=15, deadline=None)
@given(rate=st.floats(0.05, 8), seed=st.integers(0, 1_000), least=st.integers(0, 2))
def test_no_request_is_lost_that_is_not_counted(rate: float, seed: int, least: int) -> None:
    times = by_chance(rate, 1_200, seed)
    one = server(least, 3, scaling=SLEEPING if least == 0 else SCALING)
    counted = run(platform(one), arrivals(times, output=60, seconds=6_000), seed).models["chat"]
    assert counted.arrived == len(times)
    assert is_accounted(counted)
    assert counted.arrived == counted.left  # long after the last request nobody is left
    assert len(counted.first_tokens) == counted.answered + counted.cut


@settings(max_examples=6, deadline=None)
@given(rate=st.floats(0.3, 3), seed=st.integers(0, 1_000))
def test_littles_law_holds(rate: float, seed: int) -> None:
    """Requests in the system = their rate times their stay: the first is sampled, the others are counted."""
    seconds = 14_400
    times = by_chance(rate, seconds - 600, seed)
    one = server(2, 2)
    counted = run(platform(one), arrivals(times, output=100, seconds=seconds), seed).models["chat"]
    assert sum(counted.inside) / len(counted.inside) == pytest.approx(counted.stayed / seconds, rel=0.12)


def test_more_traffic_never_takes_fewer_gpu_hours_in_the_mean() -> None:
    means = []
    for rate in (0.2, 0.8, 1.6, 2.4, 3.2):
        runs = [simulated(rate, seed=seed).models["chat"].gpu_seconds for seed in (1, 2, 3)]
        means.append(sum(runs) / len(runs))
    assert means == sorted(means)
    assert means[-1] > 2 * means[0]


def test_at_a_constant_rate_the_replicas_settle() -> None:
    outcome = simulated(1.5, seconds=21_600)
    last = [number for time, number in outcome.models["chat"].replicas if time > 10_800]
    assert len(last) <= 1  # what chance adds may need one more


def test_the_same_seed_gives_the_same_run() -> None:
    assert simulated(1.5, 3_600).models["chat"] == simulated(1.5, 3_600).models["chat"]


def test_a_sleeping_model_wakes_holds_and_sleeps_again() -> None:
    one = server(0, 2, scaling=SLEEPING)
    outcome = run(platform(one), arrivals([100.0, 110.0, 130.0], seconds=3_600), 1)
    counted = outcome.models["chat"]
    assert (counted.held, counted.answered, counted.lost) == (3, 3, 0)
    ready = [time for time, number in counted.replicas if number == 1]
    # At most a scrape and a poll until KEDA sees it, then the start, then the gateway's look.
    assert 100 + 160 <= ready[0] <= 100 + 15 + 15 + 160 + 5
    assert counted.first_tokens[0] == pytest.approx(ready[0] - 100, abs=2.5)
    slept, replicas = counted.replicas[-1]
    assert replicas == 0
    assert slept >= ready[0] + LATELY + SLEEPING.cooldown_seconds  # a request that was sent lately counts too
    assert outcome.node_hours["gpu"] * 3600 <= 160 + 300 + 2 * 60 + UNNEEDED_SECONDS + 120 + 60


def test_who_is_held_for_longer_than_the_gateway_holds_is_lost() -> None:
    one = server(0, 2, scaling=replace(SLEEPING, held_seconds=60))
    counted = run(platform(one), arrivals([100.0, 140.0, 350.0], seconds=3_600), 1).models["chat"]
    assert (counted.refused, counted.answered) == (2, 1)


def test_a_pool_without_a_free_node_keeps_the_pod_waiting() -> None:
    times = by_chance(4, 3_600)
    counted = run(platform(server(1, 4, scaling=SCALING), nodes=2), arrivals(times, output=100), 1).models["chat"]
    assert max(number for _, number in counted.replicas) == 2


def test_requests_longer_than_the_context_are_refused_by_the_engine() -> None:
    counted = run(platform(server()), arrivals([1.0, 2.0], prompt=8_000), 1).models["chat"]
    assert (counted.too_long, counted.answered) == (2, 0)


def test_the_minimum_of_replicas_is_there_from_the_start() -> None:
    counted = run(platform(server(3, 3)), arrivals([1.0], seconds=600), 1).models["chat"]
    assert counted.replicas == [(0.0, 3)]
    assert counted.gpu_seconds == 3 * 600


def test_gpus_are_counted_once_until_the_last_answer_of_a_pod_that_ends() -> None:
    """Nodes have one GPU, so their hours are the pods' and those in which they are empty."""
    outcome = simulated(2.4, seconds=10_800)
    pods, nodes = outcome.models["chat"].gpu_seconds / 3600, outcome.node_hours["gpu"]
    changes = len(outcome.models["chat"].replicas)
    assert pods <= nodes <= pods + changes * (UNNEEDED_SECONDS + 600) / 3600


def test_a_pod_that_still_ends_at_the_close_of_a_run_is_counted() -> None:
    """The run closes within the 20 s in which the pod keeps its GPU."""
    whole = run(platform(server(0, 2, scaling=SLEEPING)), arrivals([100.0], seconds=3_600), 1).models["chat"]
    ready, slept = whole.replicas[1][0], whole.replicas[-1][0]
    cut = run(platform(server(0, 2, scaling=SLEEPING)), arrivals([100.0], seconds=slept + 10), 1).models["chat"]
    assert slept + 10 - ready <= cut.gpu_seconds <= slept + 10 - 100
    assert cut.gpu_seconds == pytest.approx(whole.gpu_seconds - 10)


def test_nodes_of_somebody_else_are_billed_by_the_gpus_in_use() -> None:
    one = platform(server(2, 2), nodes=5)
    existing = replace(one, pools=(replace(one.pools[0], made=False),))
    assert run(existing, arrivals([1.0], seconds=3_600), 1).node_hours["gpu"] == pytest.approx(2)


def test_counted_nodes_are_paid_for_whether_they_are_used_or_not() -> None:
    """As in the plan's bill, so no change of replicas costs or saves anything."""
    one = platform(server(2, 2), nodes=5)
    counted = replace(one, pools=(replace(one.pools[0], made=False, counted=True),))
    played = run(counted, arrivals([1.0], seconds=3_600), 1)
    assert played.node_hours["gpu"] == pytest.approx(5)
    assert played.node_usd["gpu"] == pytest.approx(5 * 2.0)


def test_the_line_of_replicas_is_the_mean_in_each_part() -> None:
    counted = Counted(replicas=[(0.0, 1), (15.0, 3), (20.0, 1)])
    assert line_of(counted, 40.0, 4) == pytest.approx([1.0, 2.0, 1.0, 1.0])
    assert sum(line_of(counted, 40.0, 1)) == pytest.approx(1.25)


@settings(max_examples=8, deadline=None)
@given(rate=st.floats(0.3, 4), seed=st.integers(0, 1_000))
def test_replicas_change_direction_once_per_cooldown(rate: float, seed: int) -> None:
    changes = simulated(rate, 10_800, seed).models["chat"].replicas
    steps = [(time, after - before) for (_, before), (time, after) in pairwise(changes)]
    turns = [time for (_, one), (time, other) in pairwise(steps) if one * other < 0]
    assert all(later - sooner >= SCALING.cooldown_seconds for sooner, later in pairwise(turns))
