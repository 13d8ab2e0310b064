"""A rollout in a run: replicas are replaced as the plan says, and nothing that was asked is forgotten."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.simulate.arrivals import Arrivals
from infra.simulate.counted import Counted
from infra.simulate.platform import Events, Server
from infra.simulate.run import run
from tests.simulate.platforms import SCALING, SLEEPING, arrivals, platform, server
from tests.simulate.test_run import by_chance, is_accounted

QUIET = arrivals([], seconds=6_000)


def rolled(one: Server, traffic: Arrivals = QUIET, *, nodes: int = 8, at: float = 1_000.0) -> Counted:
    return run(replace(platform(one, nodes=nodes), events=Events(rollouts=(("chat", at),))), traffic, 1).models["chat"]


def old_first(one: Server) -> Server:
    return replace(one, surge=0, unavailable=1)


@pytest.mark.parametrize("replicas", [1, 2, 3])
def test_where_the_new_pod_starts_first_all_replicas_answer_throughout(replicas: int) -> None:
    counted = rolled(server(replicas, replicas), arrivals(by_chance(1, 4_000), seconds=6_000))
    (one,) = counted.rollouts
    assert one.ready == replicas
    assert counted.lost == 0
    assert one.ended is not None
    # The first new pod needs a node, the next ones take the GPUs of those that ended, or another node.
    assert 160 + (replicas - 1) * 60 <= one.ended - one.begun <= replicas * (160 + 5 + 20)


@pytest.mark.parametrize("replicas", [1, 2, 3])
def test_where_the_old_pod_ends_first_one_replica_is_missing(replicas: int) -> None:
    counted = rolled(old_first(server(replicas, replicas)), nodes=replicas)
    (one,) = counted.rollouts
    assert one.ready == replicas - 1
    assert one.ended is not None
    assert replicas * (20 + 60) <= one.ended - one.begun <= replicas * (20 + 60 + 5)


def test_a_model_that_sleeps_has_nothing_to_replace() -> None:
    (one,) = rolled(server(0, 2, scaling=SLEEPING)).rollouts
    assert (one.begun, one.ended, one.ready) == (1_000.0, 1_000.0, 0)


def test_a_rollout_that_has_no_gpu_for_its_new_pod_does_not_end() -> None:
    (one,) = rolled(server(1, 1), nodes=1).rollouts
    assert (one.ended, one.ready) == (None, 1)


def test_a_rollout_of_a_busy_model_goes_on_while_it_scales() -> None:
    counted = rolled(server(1, 4, scaling=SCALING), arrivals(by_chance(2, 5_000), output=100, seconds=9_000))
    (one,) = counted.rollouts
    assert one.ended is not None
    assert counted.arrived == counted.left


@settings(max_examples=10, deadline=None)
@given(
    rate=st.floats(0.2, 4),
    seed=st.integers(0, 99),
    at=st.lists(st.floats(0, 2_000), min_size=1, max_size=3),
    old_ends_first=st.booleans(),
)
def test_no_request_is_lost_that_is_not_counted(rate: float, seed: int, at: list[float], old_ends_first: bool) -> None:
    one = server(1, 3, scaling=SCALING)
    events = Events(rollouts=tuple(("chat", each) for each in sorted(at)))
    of = replace(platform(old_first(one) if old_ends_first else one), events=events)
    counted = run(of, arrivals(by_chance(rate, 1_800, seed), output=100, seconds=9_000), seed).models["chat"]
    assert is_accounted(counted)
    assert counted.arrived == counted.left
    assert counted.rollouts[-1].ended is not None
