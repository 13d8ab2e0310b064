"""What is there already: the engine's state and the cluster, as `up`, `preview` and `repair` find them.

`plan` never reads them.
"""

from infra.live.check import find_obstacles

__all__ = ["find_obstacles"]
