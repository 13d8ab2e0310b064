"""Changes of the stack file, as a person writes them."""

import re
from collections.abc import Mapping
from typing import Any

from infra.plan.models import ReplicasPlan
from infra.plan.notes import Write
from infra.plan.pools import PoolPlan

_POOL = re.compile(r"gpuPools\.[^.]+")
_TIME = re.compile(r"\d+:\d\d")  # which YAML reads as a number of minutes


def written(write: Write) -> str:
    """The change in words; keys that it removes come last."""
    first, *rest = pieces(write)
    return f"{first} with {' and '.join(rest)}" if rest else first


def replicas_at_most(path: str, replicas: ReplicasPlan, number: int) -> tuple[str, Any]:
    """What reduces the replicas of the model at `path` to this number; a number alone is minimum and maximum."""
    if number == 0:
        return f"{path}.paused", True
    if replicas.min < replicas.max and number >= replicas.min:
        return f"{path}.replicas.max", number
    return f"{path}.replicas", number


def as_steps(pool: PoolPlan, *steps: Any) -> Write:
    """Its capacity as these steps, with the larger `max` that they need."""
    room = pool.max_for_steps
    path = f"gpuPools.{pool.name}"
    return (f"{path}.capacity", steps), *(((f"{path}.max", room),) if room is not None else ())


def pieces(write: Write) -> list[str]:
    """One piece per written key, but one for all keys of a pool or of replicas; then the keys that are removed. Nodes
    that exist are described by keys that stay, such as their GPU: in one piece, these would look left out."""
    put: dict[str, dict[str, Any]] = {}
    for path, value in write:
        if value is not None:
            parent = path.rpartition(".")[0]
            thing = parent if _POOL.fullmatch(parent) or parent.endswith(".replicas") else path
            put.setdefault(thing, {})[path] = value
    return [
        *(_piece(thing, values) for thing, values in put.items()),
        *(f"{path} removed" for path, value in write if value is None),
    ]


def _piece(thing: str, values: Mapping[str, Any]) -> str:
    if len(values) == 1:
        return ", ".join(f"{path}: {shown(value)}" for path, value in values.items())
    named = sorted((path.rpartition(".")[2], value) for path, value in values.items())
    keys = ", ".join(f"{key}: {shown(value)}" for key, value in named)
    return f"{thing}: {{{keys}}}"


def shown(value: Any) -> str:
    """A value as in a stack file, on one line."""
    if value is None:
        return "null"
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{key}: {shown(item)}' for key, item in value.items())}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(shown, value))}]"
    if isinstance(value, str) and _TIME.fullmatch(value):
        return f'"{value}"'
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).lower() if isinstance(value, bool) else str(value)
