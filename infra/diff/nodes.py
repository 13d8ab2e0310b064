"""Nodes that the stack makes: which resources they are, and whether new pods may land on nodes that go."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from infra.catalog import Instance, load_catalog
from infra.clouds.cloud import Cloud
from infra.clouds.resource_types import NodeGroups
from infra.diff.figures import deployment_of
from infra.registry import offered, owner_of
from infra.sides.types import Side, name_of, pool_of, type_of

_QUANTITY = re.compile(r"(\d+(?:\.\d+)?)(m|Mi|Gi)?")
_IN_WORDS = {"reasons", "price_note"}  # of a pool, what says the same as its other keys
_UNITS = {None: 1.0, "": 1.0, "m": 0.001, "Mi": 1.0, "Gi": 1024.0}


def node_group(urn: str) -> NodeGroups | None:
    """What the cloud says about node groups; None: the resource isn't a node group of the stack."""
    owner = owner_of(urn)
    groups = owner.types.nodes if isinstance(owner, Cloud) else ()
    return next((each for each in groups if each.type == type_of(urn)), None)


def group_of(urn: str, pool: str | None) -> NodeGroups | None:
    """The node group, if its nodes are those of a pool; without a pool, a model is on the system nodes."""
    group = node_group(urn)
    name = None if group is None or name_of(urn) == group.system else pool_of(name_of(urn))
    return group if name == pool else None


def restarts_nodes(urn: str, paths: Iterable[str]) -> bool:
    """Whether an in-place change of a node group replaces its nodes one by one."""
    group = node_group(urn)
    return group is not None and any(_is_below(path, each) for path in paths for each in group.restarting)


def _is_below(path: str, property_: str) -> bool:
    return path == property_ or path.startswith((f"{property_}.", f"{property_}["))


def pools_changed(old: Side, new: Side) -> bool:
    """Whether what is known or decided of nodes differs, also of those that others make; an older program says less."""
    both = ((old.pools[name], new.pools[name]) for name in old.pools.keys() & new.pools.keys())
    return any(was[key] != now[key] for was, now in both for key in was.keys() & now.keys() - _IN_WORDS)


def types_of_pool(pool: Mapping[str, Any]) -> list[Instance]:
    """The types of its nodes, of whichever cloud; without those that no catalogue has any more."""
    instances = offered(load_catalog(), None).instances
    return [instances[each] for each in pool["instance_types"] if each in instances]


def leaves_the_old(model: str, old: Side, new: Side) -> bool:
    """Whether its new pods can't land on the old nodes, so that a rollout moves them to the new group."""
    before, after = _pod(old, model), _pod(new, model)
    if before.get("nodeSelector") != after.get("nodeSelector"):
        return True
    types = types_of_pool(old.pools[old.models[model]["pool"]])
    if not types:
        return False
    cpu, memory = (_requested(after, each) for each in ("cpu", "memory"))
    return cpu > max(each.vcpus for each in types) or memory > max(each.memory_gib * 1024 for each in types)


def _pod(side: Side, model: str) -> Mapping[str, Any]:
    deployment = deployment_of(side, model) or {}
    return deployment.get("inputs", {}).get("spec", {}).get("template", {}).get("spec", {})


def _requested(pod: Mapping[str, Any], what: str) -> float:
    """Cores, or MiB."""
    requests = (each.get("resources", {}).get("requests", {}).get(what, "0") for each in pod.get("containers", []))
    return sum(_number(str(each)) for each in requests)


def _number(quantity: str) -> float:
    found = _QUANTITY.fullmatch(quantity)
    return float(found[1]) * _UNITS[found[2]] if found else 0.0
