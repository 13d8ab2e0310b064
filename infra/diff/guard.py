"""Resources that no pull request replaces or removes by accident: those that hold data or carry the rest."""

from dataclasses import dataclass

from infra.diff.nodes import node_group
from infra.registry import holds_data, owner_of
from infra.sides.types import ResourceChanges, Side, name_of, pool_of, type_of

SYSTEM_NODES = "systemNodes"


@dataclass(frozen=True)
class Guarded:
    """A resource that is replaced or removed, the name that `allow` would have to give, and whether it does."""

    urn: str
    name: str
    act: str  # replace or remove
    because: tuple[str, ...]
    allowed: bool


def guarded(old: Side, new: Side, resources: ResourceChanges) -> list[Guarded]:
    """Judged by the base, because only what exists can be lost. Without a new stack file the base's `allow` counts."""
    allow = (new if new.exists else old).platform.get("allow") or {}
    found = []
    for act, urns in (("replace", resources.replaced), ("remove", resources.removed)):
        for urn in urns:
            if (name := _name(urn, old)) is not None:
                allowed = name in (allow.get(act) or ())
                found.append(Guarded(urn, name, act, resources.because.get(urn, ()), allowed))
    return sorted(found, key=lambda each: each.urn)


def _name(urn: str, base: Side) -> str | None:
    """The owner says which of its resources are guarded; a node group is guarded if a model runs on it."""
    group = node_group(urn)
    if group is None:
        return owner_of(urn).guard_of(type_of(urn), holds_data=holds_data(type_of(urn)))
    if name_of(urn) == group.system:
        return SYSTEM_NODES
    pool = pool_of(name_of(urn))
    return pool if serving(base, pool) else None


def serving(side: Side, pool: str) -> list[str]:
    """Models with pods on a pool."""
    on = (name for name, model in side.models.items() if model.get("pool") == pool)
    return sorted(name for name in on if not side.paused(name))
