"""KEDA and the HorizontalPodAutoscaler that it makes, as their sources have them.

The HPA: pkg/controller/podautoscaler/replica_calculator.go (GetExternalPerPodMetricReplicas) and horizontal.go
(computeReplicasForMetrics, stabilizeRecommendationWithBehaviors, convertDesiredReplicasWithBehaviorRate) of Kubernetes.
KEDA: pkg/scaling/executor/scale_scaledobjects.go (RequestScale) of kedacore/keda. Of several policies,
the largest change, which is selectPolicy's default.
"""

import math
from collections.abc import Mapping
from typing import Any

SYNC_SECONDS = 15  # --horizontal-pod-autoscaler-sync-period
TOLERANCE = 0.1  # --horizontal-pod-autoscaler-tolerance
Values = Mapping[str, float | None]  # by signal; None: nothing was measured, which KEDA takes for an error


def for_metric(current: int, total: float, threshold: float) -> int:
    """Replicas that a metric of type AverageValue proposes."""
    if 1 - TOLERANCE <= total / (threshold * current) <= 1 + TOLERANCE:
        return current
    return math.ceil(total / threshold)


def for_metrics(current: int, values: Values, thresholds: Mapping[str, float]) -> int | None:
    """The largest proposal; None: no answer. Where one of them can't be read, the others may only add replicas."""
    known = {signal: value for signal, value in values.items() if value is not None}
    if not known:
        return None
    found = max(for_metric(current, value, thresholds[signal]) for signal, value in known.items())
    return None if len(known) < len(values) and found < current else found


class Hpa:
    """What a HorizontalPodAutoscaler remembers from sync to sync."""

    def __init__(self, minimum: int, maximum: int, behavior: Mapping[str, Any]) -> None:
        self._minimum, self._maximum = max(1, minimum), maximum  # KEDA writes no minimum of 0
        self._up, self._down = behavior["scaleUp"], behavior["scaleDown"]
        self._recommended: dict[int, float] = {}  # replicas -> when they were last recommended
        self._added: list[tuple[float, int]] = []
        self._removed: list[tuple[float, int]] = []

    def sync(self, now: float, current: int, desired: int) -> int:
        """The replicas from now on. At 0 it does nothing: KEDA alone wakes a model."""
        if current == 0:
            return 0
        if not self._minimum <= current <= self._maximum:
            return max(self._minimum, min(self._maximum, current))
        found = self._limited(now, current, self._stabilized(now, current, desired))
        if found > current:
            self._added.append((now, found - current))
        elif found < current:
            self._removed.append((now, current - found))
        return found

    def _stabilized(self, now: float, current: int, desired: int) -> int:
        up, down = (each.get("stabilizationWindowSeconds", 0) for each in (self._up, self._down))
        self._recommended = self._recommended or {current: now}  # recordInitialRecommendation
        lowest = min([desired, *(number for number, then in self._recommended.items() if then > now - up)])
        highest = max([desired, *(number for number, then in self._recommended.items() if then > now - down)])
        self._recommended[desired] = now
        return min(max(current, lowest), highest)

    def _limited(self, now: float, current: int, desired: int) -> int:
        if desired > current:
            allowed = max(_more(each, self._at_start(now, current, each)) for each in self._up["policies"])
            return min(desired, self._maximum, max(allowed, current))
        if desired < current:
            allowed = min(_fewer(each, self._at_start(now, current, each)) for each in self._down["policies"])
            return max(desired, self._minimum, min(allowed, current))
        return desired

    def _at_start(self, now: float, current: int, policy: Mapping[str, Any]) -> int:
        """Replicas at the start of a policy's period."""
        since = now - policy["periodSeconds"]
        added, removed = (sum(number for then, number in each if then > since) for each in (self._added, self._removed))
        return current - added + removed


def _more(policy: Mapping[str, Any], replicas: int) -> int:
    """A percentage is rounded up, so that it adds one at least."""
    if policy["type"] == "Percent":
        return math.ceil(replicas * (1 + policy["value"] / 100))
    return replicas + policy["value"]


def _fewer(policy: Mapping[str, Any], replicas: int) -> int:
    if policy["type"] == "Percent":
        return int(replicas * (1 - policy["value"] / 100))
    return replicas - policy["value"]


class Fallback:
    """KEDA's currentReplicasIfHigher: a signal that failed more often than its threshold, time after time, asks for the
    replicas that there are, and is on. Each poll and each sync counts (pkg/fallback/fallback.go)."""

    def __init__(self, failures: int, replicas: int) -> None:
        self._failures, self._replicas = failures, replicas
        self._failed: dict[str, int] = {}

    def read(self, current: int, values: Values, thresholds: Mapping[str, float]) -> Values:
        self._failed = {signal: self._failed.get(signal, 0) + 1 for signal, value in values.items() if value is None}
        kept = max(current, self._replicas)
        instead = {
            signal: kept * thresholds[signal] for signal, times in self._failed.items() if times > self._failures
        }
        return {**values, **instead}


class Keda:
    """What KEDA does itself: from 0 replicas and to them. Everything between is the HPA's."""

    def __init__(self, minimum: int, cooldown: float) -> None:
        self._minimum, self._cooldown = minimum, cooldown
        self._last_active: float | None = None

    def poll(self, now: float, current: int, values: Values) -> int:
        """An error changes nothing, and keeps a model from sleeping."""
        error = any(value is None for value in values.values())
        if any(value is not None and value > 0 for value in values.values()):
            # It is kept in the status of the ScaledObject, in whole seconds.
            self._last_active = self._last_active if error and current else math.floor(now)
            return current or max(1, self._minimum)
        if error:
            return current
        if self._minimum == 0 and current > 0:
            over = self._last_active is None or self._last_active + self._cooldown < now
            return 0 if over else current
        return max(current, self._minimum)
