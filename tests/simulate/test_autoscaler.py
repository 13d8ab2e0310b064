"""The arithmetic of the HPA and of KEDA, in tables that follow their sources.

kubernetes/kubernetes, pkg/controller/podautoscaler: replica_calculator.go (GetExternalPerPodMetricReplicas) and
horizontal.go (computeReplicasForMetrics, stabilizeRecommendationWithBehaviors, convertDesiredReplicasWithBehaviorRate);
kedacore/keda, pkg/scaling/executor/scale_scaledobjects.go (RequestScale) and pkg/fallback/fallback.go.
"""

import pytest

from components.scaling_behavior import behavior
from infra.simulate.autoscaler import Fallback, Hpa, Keda, for_metric, for_metrics

FAST = {
    "scaleUp": {"policies": [{"type": "Pods", "value": 4, "periodSeconds": 60}]},
    "scaleDown": {"stabilizationWindowSeconds": 0, "policies": [{"type": "Pods", "value": 4, "periodSeconds": 60}]},
}


@pytest.mark.parametrize(
    ("current", "total", "threshold", "proposed"),
    [
        (1, 0, 5, 0),
        (1, 5, 5, 1),
        (1, 6, 5, 2),  # 1.2 is outside of the tolerance
        (2, 11, 5, 2),  # 1.1 is within it: exactly on its edge is no change
        (2, 12, 5, 3),
        (2, 9, 5, 2),  # 0.9 is within it as well
        (10, 46, 5, 10),
        (10, 44, 5, 9),
        (20, 91, 5, 20),  # 0.91 is within it, where 19 would do
        (20, 89, 5, 18),
        (3, 100, 5, 20),  # the maximum is another step
        (3, 0.1, 5, 1),
    ],
)
def test_an_average_value_is_the_total_over_the_threshold(
    current: int, total: float, threshold: float, proposed: int
) -> None:
    assert for_metric(current, total, threshold) == proposed


@pytest.mark.parametrize(
    ("current", "waiting", "running", "cache", "proposed"),
    [
        (2, 0, 60, 0, 3),  # the largest of 0, 3 and 0
        (2, 20, 0, 0, 4),
        (2, 11, 60, 0, 3),  # one within its tolerance proposes what there is, and the larger one wins
        (2, 0, 0, 250, 4),  # in percent of 80 per replica: 3.1
        (3, 5, 25, 240, 3),
        (3, 5, 25, 80, 1),  # all of them say so
        (2, None, 60, 0, 3),  # one that can't be read doesn't stop the others from adding
        (2, None, 0, 0, None),  # but from removing
        (2, None, 50, None, 2),
        (2, None, None, None, None),
    ],
)
def test_the_largest_proposal_wins(
    current: int, waiting: float | None, running: float | None, cache: float | None, proposed: int | None
) -> None:
    thresholds = {"waiting": 5, "running": 25, "cache": 80}
    values = {"waiting": waiting, "running": running, "cache": cache}
    assert for_metrics(current, values, thresholds) == proposed


@pytest.mark.parametrize(
    ("current", "in_flight", "servers", "proposed"),
    [
        (1, 17, 1, 1),  # 1.06 of 16 is within the tolerance
        (1, 18, 1, 2),
        (2, 18, 1, 2),  # the second one starts: the first threshold holds both
        (2, 18, 2, 2),
        (2, 14, 2, 2),  # fewer than 16, and more than 8: it stays
        (2, 8, 2, 1),  # the other one has at most 8
        (3, 20, 3, 3),
        (3, 16, 3, 2),
        (3, 16, 2, 2),  # replicas that don't answer are kept by nothing but the window
        (3, 48, 3, 3),
        (4, 33, 3, 3),
    ],
)
def test_one_threshold_adds_replicas_and_half_of_it_keeps_them(
    current: int, in_flight: float, servers: int, proposed: int
) -> None:
    values = {"in-flight": in_flight, "kept": min(in_flight, 8 * servers)}
    assert for_metrics(current, values, {"in-flight": 16, "kept": 8}) == proposed


@pytest.mark.parametrize(
    ("readings", "answer"),
    [
        ([7.0], 7.0),
        ([None], None),  # an error: the HPA removes nothing
        ([None] * 3, None),
        ([None] * 4, 15.0),  # more than 3: as if each of 3 replicas had its 5
        ([None] * 4 + [1.0], 1.0),
        ([None] * 3 + [1.0, None], None),  # in a row
    ],
)
def test_a_signal_that_fails_keeps_the_replicas_after_some_failures(
    readings: list[float | None], answer: float | None
) -> None:
    fallback, found = Fallback(3, 1), {}
    for each in readings:
        found = fallback.read(3, {"waiting": each, "running": 2.0}, {"waiting": 5, "running": 25})
    assert found == {"waiting": answer, "running": 2.0}


@pytest.mark.parametrize(("current", "replicas"), [(0, 2), (1, 2), (2, 2), (5, 5)])
def test_the_fallback_is_the_present_number_and_at_least_its_own(current: int, replicas: int) -> None:
    fallback = Fallback(0, 2)
    assert fallback.read(current, {"waiting": None}, {"waiting": 5}) == {"waiting": 5 * replicas}
    assert (
        for_metrics(max(1, current), fallback.read(current, {"waiting": None}, {"waiting": 5}), {"waiting": 5})
        == replicas
    )


def changes(hpa: Hpa, current: int, desired: int, until: int) -> list[tuple[int, int]]:
    """When the number of replicas changes, and to what."""
    found: list[tuple[int, int]] = []
    for now in range(0, until, 15):
        before, current = current, hpa.sync(now, current, desired)
        found += [(now, current)] if current != before else []
    return found


def test_up_after_60_seconds_to_twice_as_many_within_a_cooldown_or_by_two() -> None:
    assert changes(Hpa(1, 20, behavior(300)), 1, 19, 900) == [(60, 3), (360, 6), (660, 12)]


def test_down_by_one_replica_per_two_minutes_after_two_cooldowns() -> None:
    hpa = Hpa(1, 5, behavior(300))
    hpa.sync(0, 4, 4)
    assert [(now, number) for now, number in changes(hpa, 4, 1, 900) if number < 4] == [(600, 3), (720, 2), (840, 1)]


def test_a_peak_within_the_window_keeps_what_it_needed() -> None:
    hpa = Hpa(1, 5, behavior(150))
    assert hpa.sync(0, 3, 3) == 3
    assert hpa.sync(150, 3, 1) == 3
    assert hpa.sync(299, 3, 2) == 3
    assert hpa.sync(301, 3, 2) == 2  # 2 is the largest of what was recommended after the first one


@pytest.mark.parametrize(
    ("current", "desired", "policies", "replicas"),
    [
        (4, 20, [("Percent", 100), ("Pods", 2)], 8),  # the larger change
        (1, 20, [("Percent", 100), ("Pods", 2)], 3),
        (3, 20, [("Percent", 50)], 5),  # 4.5, rounded up
        (1, 20, [("Percent", 10)], 2),
        (4, 5, [("Percent", 100), ("Pods", 4)], 5),
        (7, 1, [("Percent", 50)], 3),  # 3.5, cut off
        (7, 1, [("Percent", 10), ("Pods", 2)], 5),
        (7, 1, [("Percent", 100)], 1),
    ],
)
def test_of_several_policies_the_largest_change_is_allowed(
    current: int, desired: int, policies: list[tuple[str, int]], replicas: int
) -> None:
    rules = {"policies": [{"type": kind, "value": value, "periodSeconds": 60} for kind, value in policies]}
    assert Hpa(1, 20, {"scaleUp": rules, "scaleDown": rules}).sync(0, current, desired) == replicas


@pytest.mark.parametrize(
    ("current", "desired", "replicas"),
    [
        (0, 3, 0),  # it is off where somebody else set 0 replicas
        (7, 7, 5),  # above the maximum: back to it at once, whatever the policies
        (1, 3, 3),
        (1, 9, 5),
        (5, 0, 1),  # 4 fewer, and KEDA writes a minimum of 1 where the stack file has 0
    ],
)
def test_bounds(current: int, desired: int, replicas: int) -> None:
    assert Hpa(0, 5, FAST).sync(0, current, desired) == replicas


def test_removed_replicas_may_come_back_within_the_period() -> None:
    """periodStartReplicas = current - added + removed."""
    hpa = Hpa(1, 20, FAST)
    assert hpa.sync(0, 10, 6) == 6
    assert hpa.sync(15, 6, 20) == 14


@pytest.mark.parametrize(
    ("minimum", "polls", "replicas"),
    [
        (0, [(0, 0, 0)], 0),
        (0, [(0, 0, 1)], 1),  # wakes
        (0, [(0, 0, None)], 0),  # an error is no activity
        (0, [(0, 1, 1), (300, 1, 0)], 1),  # the cooldown isn't over
        (0, [(0, 1, 1), (301, 1, 0)], 0),
        (0, [(0.4, 1, 1), (300.4, 1, 0)], 0),  # it counts from the whole second
        (0, [(0, 3, 1), (301, 3, 0)], 0),  # from any number
        (0, [(0, 3, 0)], 0),  # never active: nothing to wait for
        (0, [(0, 1, 1), (400, 1, None)], 1),  # an error doesn't let it sleep
        (2, [(0, 1, None)], 1),  # and changes nothing else
        (2, [(0, 1, 0)], 2),
        (2, [(0, 0, 1)], 2),
        (1, [(0, 1, 0), (900, 1, 0)], 1),  # with a minimum it never sleeps
    ],
)
def test_keda_wakes_and_lets_sleep(minimum: int, polls: list[tuple[float, int, float | None]], replicas: int) -> None:
    keda, found = Keda(minimum, 300), None
    for now, current, value in polls:
        found = keda.poll(now, current, {"held": value})
    assert found == replicas
