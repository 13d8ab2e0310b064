"""Whether a model's new pods can be on the old nodes while a node group is swapped for another."""

import re
from collections.abc import Mapping
from typing import Any

from infra.catalog import load_catalog
from infra.diff.figures import deployment_of
from infra.sides.types import Side

_QUANTITY = re.compile(r"(\d+(?:\.\d+)?)(m|Mi|Gi)?")
_UNITS = {None: 1.0, "": 1.0, "m": 0.001, "Mi": 1.0, "Gi": 1024.0}


def leaves_the_old(model: str, old: Side, new: Side) -> bool:
    """Its pods select other nodes, or ask for more than an old one has: they go to the new group by a rollout."""
    before, after = _pod(old, model), _pod(new, model)
    if before.get("nodeSelector") != after.get("nodeSelector"):
        return True
    instances = load_catalog().instances
    types = [instances[each] for each in old.pools[old.models[model]["pool"]]["instance_types"] if each in instances]
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
