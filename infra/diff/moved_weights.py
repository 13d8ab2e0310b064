"""A cache whose kind the program chose, and chooses differently after a change: all weights move."""

from typing import Any

from infra.plan.writes import shown
from infra.sides.types import Side

_KIND, _COMPILE = "cache.kind", "cache.compile"


def moved_weights(old: Side, new: Side) -> str:
    """A sentence with a space behind it; blank where nothing moves, or the stack file says so."""
    kept = kept_cache(old, new)
    if not kept:
        return ""
    return (
        f"The program chooses {_KIND} {_chosen(new, _KIND)} now, and {kept['kind']} before, so all weights move"
        f" (`llm-platform plan {new.plan['stack']} --why {_KIND}` says why): `cache: {shown(kept)}` in"
        " the stack file keeps them where they are, if each model can use it. "
    )


def kept_cache(old: Side, new: Side) -> dict[str, Any]:
    """The cache section that keeps the weights where they are; empty where nothing moves, or the stack file says so."""
    before, after = _chosen(old, _KIND), _chosen(new, _KIND)
    if None in (before, after) or before == after:
        return {}
    return {"kind": before, **({"compile": True} if _chosen(old, _COMPILE) else {})}


def _chosen(side: Side, path: str) -> Any:
    return side.plan.get("chosen", {}).get(path, {}).get("value")
