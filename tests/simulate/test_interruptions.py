"""Spot nodes that are taken back: pods leave within the notice, others start, and long streams are cut and counted."""

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.simulate.arrivals import Arrivals
from infra.simulate.interruptions import PER_MONTH, Interruptions
from infra.simulate.neighbours import Neighbour
from infra.simulate.nodes import SCAN_SECONDS
from infra.simulate.platform import Beside, Events, Platform, platform_of
from infra.simulate.run import Outcome, run
from tests.example_stacks import planned
from tests.simulate.platforms import SCALING, arrivals, platform, server
from tests.simulate.test_nodes import pool
from tests.simulate.test_run import by_chance, is_accounted

NOTICE = 110.0


def on_spot(of: Platform, *, at: float | None = None) -> Platform:
    events = Events(interruptions=(("gpu", at),)) if at is not None else Events()
    (pool,) = of.pools
    steps = tuple(replace(each, spot=True) for each in pool.steps)
    return replace(of, pools=(replace(pool, steps=steps, notice=NOTICE),), events=events)


def played(traffic: Arrivals, replicas: int = 1, at: float = 1_000.0) -> Outcome:
    return run(on_spot(platform(server(replicas, replicas)), at=at), traffic, 1)


def test_an_answer_that_is_longer_than_the_notice_is_cut() -> None:
    """Of two streams one ends 59 s after the pod is asked to leave, the other would end after 159 s."""
    short, long = arrivals([950.0], output=1_090, seconds=3_000), arrivals([950.0], output=2_090, seconds=3_000)
    assert (played(short).models["chat"].answered, played(short).models["chat"].broken) == (1, 0)
    counted = played(long).models["chat"]
    assert (counted.answered, counted.broken, counted.lost) == (0, 1, 1)
    assert is_accounted(counted)


def test_another_pod_starts_on_another_node_as_soon_as_the_first_is_asked_to_leave() -> None:
    outcome = played(arrivals([], seconds=3_000))
    changes = outcome.models["chat"].replicas
    assert [number for _, number in changes] == [1, 0, 1]
    assert changes[1][0] == 1_000.0
    assert 1_000 + 160 <= changes[2][0] <= 1_000 + 160 + 5
    assert outcome.taken == {"gpu": 1}
    assert outcome.node_hours["gpu"] * 3600 == pytest.approx(1_000 + NOTICE + 2_000)


def test_other_replicas_answer_meanwhile() -> None:
    counted = played(arrivals(by_chance(1, 2_000), seconds=3_000), replicas=2).models["chat"]
    assert min(number for _, number in counted.replicas) == 1
    assert counted.lost == 0


def test_a_pool_at_its_maximum_waits_until_the_node_is_gone() -> None:
    one = on_spot(platform(server(1, 1), nodes=1), at=1_000.0)
    changes = run(one, arrivals([], seconds=3_000), 1).models["chat"].replicas
    assert 1_000 + NOTICE + 160 <= changes[2][0] <= 1_000 + NOTICE + 160 + 5


def test_nodes_are_taken_as_often_as_assumed() -> None:
    """A hundred nodes of a pool for 30 days, each of which is there again at once."""
    nodes = pool(most=100, gpus=1)
    spot = Interruptions(nodes, 0.0, random.Random(1), lambda now, what, node: what(now, node))
    neighbour = Neighbour(Beside("many", "gpu", 1, 100), nodes, 0.0)
    neighbour.begin()
    for now in range(0, 30 * 86_400, SCAN_SECONDS * 20):
        for _ in range(20):
            spot.scan(now)
    assert spot.taken == pytest.approx(100 * PER_MONTH, rel=0.5)
    assert len(neighbour.pods) == len(nodes.nodes) == 100


def test_a_ladder_is_played_by_its_steps() -> None:
    (pool,) = [each for each in platform_of(planned("ladder").plan).pools if each.name == "l4"]
    assert [step.spot for step in pool.steps] == [False, True, False]
    prices = [step.usd_per_hour or 0.0 for step in pool.steps]
    assert prices[0] == 0.0, "reserved instances are paid whether they run or not"
    assert 0.0 < prices[1] < prices[2]
    assert pool.reserved_usd_per_hour > 0


def test_nodes_on_demand_stay() -> None:
    one = replace(platform(server(1, 1)), events=Events(interruptions=(("gpu", 1_000.0),)))
    outcome = run(one, arrivals([], seconds=3_000), 1)
    assert outcome.models["chat"].replicas == [(0.0, 1)]
    assert outcome.taken == {}


@settings(max_examples=10, deadline=None)
@given(rate=st.floats(0.2, 4), seed=st.integers(0, 99), hours=st.lists(st.floats(0, 0.5), max_size=4))
def test_no_request_is_lost_that_is_not_counted(rate: float, seed: int, hours: list[float]) -> None:
    one = on_spot(platform(server(1, 3, scaling=SCALING)))
    taken = replace(one, events=Events(interruptions=tuple(("gpu", 3_600 * each) for each in hours)))
    counted = run(taken, arrivals(by_chance(rate, 1_800, seed), output=100, seconds=6_000), seed).models["chat"]
    assert is_accounted(counted)
    assert counted.arrived == counted.left


def test_the_plan_says_how_long_a_pod_on_spot_has() -> None:
    plan = planned("prod").plan
    l4 = plan.pools["l4"]
    model = plan.models["llama-8b"]
    spot = replace(
        plan,
        pools={**plan.pools, "l4": replace(l4, capacity="spot")},
        models={**plan.models, "llama-8b": replace(model, timeouts=replace(model.timeouts, whole_answer=90))},
    )
    shapes = {each.name: each for each in platform_of(spot).pools}
    assert shapes["l4"].notice == 90 + model.timeouts.pre_stop
    assert shapes["l40s"].notice is None
