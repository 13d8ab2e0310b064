"""Nodes of a pool: pods take free GPUs first, and a node goes once it had no pod for ten minutes."""

import random

import pytest

from infra.simulate.interruptions import Interruptions
from infra.simulate.nodes import AFTER_ADD_SECONDS, UNNEEDED_SECONDS, Pod, Pool, PoolShape, Step
from tests.simulate.platforms import exactly


def pool(least: int = 0, most: int = 2, gpus: int = 2) -> Pool:
    found = Pool(PoolShape("gpu", gpus, least, most, made=True, steps=(Step(most, 1.0, spot=True),)), random.Random(1))
    found.start()
    return found


def pod(starts: list[float], gpus: int = 1) -> Pod:
    return Pod(gpus, exactly(100.0), lambda _pod, _now, ready: starts.append(ready))


def test_only_a_pod_without_a_free_gpu_waits_for_a_node() -> None:
    one, starts = pool(), []
    for now in (0.0, 300.0, 310.0):
        one.ask(pod(starts), now)
    assert starts == [100.0, 300.0, 410.0]


def test_a_pod_on_a_node_that_starts_waits_for_it() -> None:
    one, starts = pool(), []
    one.ask(pod(starts), 0.0)
    one.ask(pod(starts), 60.0)
    assert starts == [100.0, 100.0]


def test_at_the_maximum_a_pod_waits_until_a_gpu_is_free() -> None:
    one, starts = pool(most=1, gpus=1), []
    first, second = pod(starts), pod(starts)
    one.ask(first, 0.0)
    one.ask(second, 10.0)
    assert starts == [100.0]
    one.leave(first, 500.0)
    assert starts == [100.0, 500.0]


def test_a_node_goes_after_ten_minutes_without_a_pod_and_the_minimum_stays() -> None:
    one, starts = pool(least=1, gpus=1), []
    first, second = pod(starts), pod(starts)
    one.ask(first, 0.0)
    one.ask(second, 0.0)
    for each in (first, second):
        one.leave(each, 1_000.0)
    one.scan(1_000.0 + UNNEEDED_SECONDS - 1)
    assert len(one.nodes) == 2
    one.scan(1_000.0 + UNNEEDED_SECONDS)
    assert len(one.nodes) == 1
    assert one.hours(3_600.0) * 3_600 == 3_600 + 1_600


def test_reserved_nodes_are_paid_whether_they_run_or_not() -> None:
    """Two reserved ones for six dollars; beside them one node at a dollar runs for a while."""
    steps = (Step(2, 0.0), Step(4, 1.0))
    shape = PoolShape("gpu", 1, 0, 4, made=True, steps=steps, reserved_usd_per_hour=6.0)
    one, starts = Pool(shape, random.Random(1)), []
    one.start()
    assert one.usd(7_200.0) == 12.0
    for _ in range(3):
        one.ask(pod(starts), 3_600.0)
    assert one.usd(7_200.0) == 12.0 + 1.0


def test_each_step_has_its_price_and_a_node_that_went_leaves_its_place() -> None:
    """Asked for in their order: two on spot at 30 cents, then nodes on demand at a dollar."""
    shape = PoolShape("gpu", 1, 0, 4, made=True, steps=(Step(2, 0.3, spot=True), Step(4, 1.0)), notice=120.0)
    one, starts = Pool(shape, random.Random(1)), []
    one.start()
    for _ in range(3):
        one.ask(pod(starts), 0.0)
    assert [node.step.spot for node in one.nodes] == [True, True, False]
    assert one.usd(3_600.0) == pytest.approx(0.3 + 0.3 + 1.0)
    one.gone(3_600.0, one.nodes[0])
    one.ask(pod(starts), 3_600.0)
    assert [node.step.spot for node in one.nodes] == [True, False, True]
    assert one.usd(7_200.0) == pytest.approx(2 * (0.3 + 0.3 + 1.0))


def test_only_spot_nodes_are_taken_back() -> None:
    shape = PoolShape("gpu", 1, 0, 4, made=True, steps=(Step(2, 0.0), Step(4, 0.3, spot=True)), notice=120.0)
    one, starts = Pool(shape, random.Random(1)), []
    one.start()
    for _ in range(3):
        one.ask(pod(starts), 0.0)
    taking = Interruptions(one, 0.0, random.Random(1), lambda now, what, node: what(now, node))
    for hour in range(3):
        taking.one(3_600.0 * hour, None)
    assert taking.taken == 1
    assert [node.step.usd_per_hour for node in one.nodes] == [0.0, 0.0]


def test_no_node_goes_shortly_after_one_was_added() -> None:
    one, starts = pool(gpus=1), []
    first = pod(starts)
    one.ask(first, 0.0)
    one.leave(first, 10.0)
    added = 500.0
    one.ask(pod(starts), 20.0)  # takes the empty node
    one.ask(pod(starts), added)
    one.leave(next(iter(one.pods)), added)
    one.scan(added + AFTER_ADD_SECONDS - 1)
    assert len(one.nodes) == 2
    one.scan(added + AFTER_ADD_SECONDS + 100)
    assert len(one.nodes) == 1


def test_spare_gpus_take_the_next_pod_at_once_and_another_node_comes_for_them() -> None:
    shape = PoolShape("gpu", 1, 0, 3, made=True, steps=(Step(3, 1.0),), spare=(1,), spare_node=exactly(100.0))
    one, starts = Pool(shape, random.Random(1)), []
    one.start()
    one.keep_spare()
    first, second = pod(starts), pod(starts)
    one.ask(first, 10.0)
    one.ask(second, 500.0)
    assert starts == [10.0, 500.0]
    assert len(one.nodes) == 3
    one.leave(second, 600.0)
    one.scan(600.0 + UNNEEDED_SECONDS)
    assert len(one.nodes) == 2  # one of the two free nodes stays: it is spare


def test_at_the_maximum_no_node_comes_for_spare_gpus() -> None:
    one, starts = (
        Pool(
            PoolShape("gpu", 1, 0, 1, made=True, steps=(Step(1, 1.0),), spare=(1,), spare_node=exactly(100.0)),
            random.Random(1),
        ),
        [],
    )
    one.start()
    one.keep_spare()
    one.ask(pod(starts), 10.0)
    assert (starts, len(one.nodes)) == ([10.0], 1)
