"""Pods that may find no node with enough free GPUs once a change is made: pods of other models stay where they are."""

from infra.plan.alike import parts
from infra.plan.words import count
from infra.planning.own_pools import NO_FREE_NODE
from infra.sides.types import Side

_GPUS = "gpus_per_replica"


def may_find_no_node(name: str, old: Side, new: Side) -> bool:
    """Whether that is new for the model, or its pods are of another size now."""
    other_size = old.models.get(name, {}).get(_GPUS) != new.models.get(name, {}).get(_GPUS)
    return name in doubted(new) and (other_size or name not in doubted(old))


def if_a_node_is_free(name: str, old: Side, new: Side) -> str:
    """What is said of it after the time that its new pod takes; blank where it finds a node."""
    if not may_find_no_node(name, old, new):
        return ""
    return f", and waits until a node has {count(new.models[name][_GPUS], 'GPU')} free, which isn't certain"


def doubted(side: Side) -> set[str]:
    """Models that may find no node, as the side's plan warns."""
    warnings = side.plan.get("warnings", [])
    return {parts(each["path"])[1] for each in warnings if each.get("kind") == NO_FREE_NODE}
