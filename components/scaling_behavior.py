"""How fast a HorizontalPodAutoscaler may add and remove the replicas of a model: plain data."""

from typing import Any

_LONGEST_WINDOW = 3600  # seconds, of a HorizontalPodAutoscaler
_SCALE_DOWN_PERIOD = 120
_SCALE_UP_PERIOD = 60


def behavior(cooldown_seconds: int) -> dict[str, Any]:
    """Up by at most one replica per minute, because each may start a node; down by one, after the cooldown.

    KEDA's own cooldown applies only to the last replica.
    """
    return {
        "scaleUp": {"policies": [{"type": "Pods", "value": 1, "periodSeconds": _SCALE_UP_PERIOD}]},
        "scaleDown": {
            "stabilizationWindowSeconds": min(cooldown_seconds, _LONGEST_WINDOW),
            "policies": [{"type": "Pods", "value": 1, "periodSeconds": _SCALE_DOWN_PERIOD}],
        },
    }
