"""What is there already: the engine's state and the cluster, as `up`, `preview` and `repair` find them.

`plan` never reads them.
"""

from infra.live.look import There, look
from infra.live.namespaces import Namespaces

__all__ = ["Namespaces", "There", "look"]
