"""How a Deployment replaces its pods without a GPU or a volume that can't exist."""

from infra.planning.placement import Placed
from infra.planning.plan import Rollout
from infra.planning.words import count


def plan_rollout(placed: Placed, *, one_reader: bool) -> Rollout:
    """One new pod first, where its GPU can be there; else the old one goes first. Never looks at other models."""
    if one_reader:
        return Rollout(0, 1, "the old pod goes first: the cache's volume has one reader")
    if placed.offer is not None and placed.offer.existing:
        gpus = count(placed.gpus, "GPU")
        return Rollout(0, 1, f"the old pod goes first: {gpus} more may not be free on nodes that others make")
    if placed.gpus == 0:
        return Rollout(1, 0, "the new pod comes first")
    return Rollout(1, 0, f"the new pod comes first: the pool's maximum has {count(placed.gpus, 'GPU')} for it")


def stops_serving(placed: Placed, rollout: Rollout) -> bool:
    """Whether a rollout leaves the model without a pod."""
    return rollout.max_surge == 0 and placed.served.replicas.min == 1
