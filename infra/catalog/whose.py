"""Whose a price is: the region's own, another region's because the region's isn't known, or the user's own."""

from collections.abc import Iterable
from typing import Protocol

from infra.catalog.types import Catalog


class Priced(Protocol):
    """An instance type."""

    @property
    def name(self) -> str: ...
    @property
    def priced_by(self) -> str | None: ...


def elsewhere(types: Iterable[Priced], catalog: Catalog) -> str:
    """What is said beside the price of a node: whose it is; blank if it is the region's own."""
    types = list(types)
    if found := _borrowed(types, catalog):
        return f"price of {found[0].priced_by}: none known for {catalog.region}"
    return "your own price" if any(each.priced_by is None for each in types) else ""


def borrowed_from(types: Iterable[Priced], catalog: Catalog) -> str:
    """The region whose price they have, where it isn't their own; else blank."""
    return next((each.priced_by or "" for each in _borrowed(types, catalog)), "")


def borrowed(types: Iterable[Priced], catalog: Catalog) -> list[str]:
    """The names of types that have another region's price although they are offered in this region."""
    return names(_borrowed(types, catalog))


def names(types: Iterable[Priced]) -> list[str]:
    return list(dict.fromkeys(each.name for each in types))


def _borrowed(types: Iterable[Priced], catalog: Catalog) -> list[Priced]:
    there = (each for each in types if each.priced_by not in (None, catalog.region))
    return [each for each in there if each.name not in catalog.zones or catalog.zones_of(each.name, catalog.region)]
