"""The arithmetic of the HPA and of KEDA, in tables that follow their sources.

kubernetes/kubernetes, pkg/controller/podautoscaler: replica_calculator.go (GetExternalPerPodMetricReplicas) and
horizontal.go (computeReplicasForMetrics, stabilizeRecommendationWithBehaviors, convertDesiredReplicasWithBehaviorRate);
kedacore/keda, pkg/scaling/executor/scale_scaledobjects.go (RequestScale).
"""

import pytest

from components.scaling_behavior import behavior
from infra.simulate.autoscaler import Hpa, Keda, for_metric, for_metrics

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
    ("current", "waiting", "running", "proposed"),
    [
        (2, 0, 60, 3),  # the largest of 0 and 3
        (2, 20, 0, 4),
        (2, None, 60, 3),  # one that can't be read doesn't stop the other from adding
        (2, None, 0, None),  # but from removing
        (2, None, None, None),
    ],
)
def test_the_largest_proposal_wins(
    current: int, waiting: float | None, running: float | None, proposed: int | None
) -> None:
    thresholds = {"waiting": 5, "running": 25}
    assert for_metrics(current, {"waiting": waiting, "running": running}, thresholds) == proposed


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
        (0, [(0, 3, 1), (301, 3, 0)], 0),  # from any number
        (0, [(0, 3, 0)], 0),  # never active: nothing to wait for
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
