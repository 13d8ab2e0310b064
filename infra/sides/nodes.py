"""Nodes of a pool, by the JSON of a plan."""

from collections.abc import Mapping
from typing import Any


def highest_number(pool: Mapping[str, Any]) -> int:
    """Of the nodes that run while no rollout does."""
    return max(pool["max"] - _for_rollouts(pool), pool["min"], 1)


def _for_rollouts(pool: Mapping[str, Any]) -> int:
    """0 where the base's code is older than these keys of its plan."""
    peak, surge = pool.get("peak_gpus", 0), pool.get("surge_gpus", 0)
    without, with_surge = (-(-gpus // pool["gpus_per_node"]) for gpus in (peak, peak + surge))
    return with_surge - without
