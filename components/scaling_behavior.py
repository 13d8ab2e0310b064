"""What an autoscaler scales, and how fast it may add and remove replicas: plain data."""

from typing import Any

CONFIRMED_SECONDS = 60  # for which more replicas have to be asked for: a few long requests at once are no trend
_LONGEST_WINDOW, _LONGEST_PERIOD = 3600, 1800  # seconds, of a HorizontalPodAutoscaler
_SCALE_DOWN_PERIOD = 120  # seconds between two replicas that are removed
_FAILURES_BEFORE_FALLBACK = 3
_SECONDS_BEFORE_WAKING = 300  # without an answer: on a first `up`, and while Prometheus restarts, nothing is measured


def target_of(deployment: str) -> dict[str, str]:
    """What an autoscaler of any kind scales."""
    return {"apiVersion": "apps/v1", "kind": "Deployment", "name": deployment}


def down(seconds: int) -> dict[str, Any]:
    """One after the other, each once it hasn't been needed for these seconds."""
    return {
        "stabilizationWindowSeconds": min(seconds, _LONGEST_WINDOW),
        "policies": [{"type": "Pods", "value": 1, "periodSeconds": _SCALE_DOWN_PERIOD}],
    }


def failures(min_replicas: int, polling_seconds: int) -> int:
    """After more of them KEDA's fallback starts replicas. A model that sleeps wakes then, so it is longer."""
    return _FAILURES_BEFORE_FALLBACK if min_replicas else max(1, _SECONDS_BEFORE_WAKING // polling_seconds)


def behavior(cooldown_seconds: int) -> dict[str, Any]:
    """A cooldown is at least as long as a start.

    Up to twice as many within one: until new replicas answer, what waits for them would ask for more again and again.
    Down by one, after two of them: a replica that was added has answered for at least one. KEDA's own cooldown applies
    only to the last replica.
    """
    period = min(cooldown_seconds, _LONGEST_PERIOD)
    return {
        "scaleUp": {
            "stabilizationWindowSeconds": CONFIRMED_SECONDS,
            "policies": [
                {"type": "Percent", "value": 100, "periodSeconds": period},
                {"type": "Pods", "value": 2, "periodSeconds": period},
            ],
        },
        "scaleDown": down(2 * cooldown_seconds),
    }
