"""Weights that no model uses after a change: a change deletes none, so they stay in the cache, and on the bill."""

from collections.abc import Mapping
from dataclasses import dataclass

from infra.diff.space import stores, weights_of
from infra.sides.types import ResourceChanges, Side


@dataclass(frozen=True)
class OldWeights:
    gib: float
    usd_per_month: float | None  # None: the cache has one price, whatever is in it, or none that the program knows
    folders: Mapping[str, float]  # GiB


def old_weights(old: Side, new: Side, resources: ResourceChanges) -> OldWeights | None:
    """None where there are none, or where they go with the cache."""
    before, after = weights_of(old, new)
    folders = {folder: gib for folder, gib in sorted(before.items()) if gib and folder not in after}
    if not folders or not (stores(old) & stores(new)) - resources.replaced.keys():
        return None
    gib, price = round(sum(folders.values()), 2), _usd_per_gib(new)
    return OldWeights(gib, None if price is None else round(gib * price, 2), folders)


def _usd_per_gib(side: Side) -> float | None:
    items = side.plan.get("cost", {}).get("items", [])
    return next((each["usd_per_gib"] for each in items if each.get("usd_per_gib") is not None), None)
