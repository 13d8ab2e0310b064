"""What instance types cost here: in the cluster's region, after a company's own prices and discount.

A company's own prices are a CSV of instance_type,usd_per_hour, relative to the project's folder.
"""

import csv
import dataclasses
import math
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from infra.catalog.types import HOME, Catalog, CpuInstance, Instance, Prices, RegionPrice
from infra.project import UnreadableFile, read_text

HEADER = ["instance_type", "usd_per_hour"]
_UNKNOWN = RegionPrice(None, None)


def price_table_mistakes(path: str | Path, catalog: Catalog) -> list[str]:
    """What is wrong with a price table, line by line; empty when nothing is."""
    return _read(Path(path), catalog)[1]


def with_prices(
    catalog: Catalog, region: str | None, table: str | Path | None = None, discount_percent: float = 0
) -> Catalog:
    """The catalogue with a region's prices of instances, a company's own, and a discount on what AWS lists.

    A type without a price of that region keeps the one of us-east-1, and `priced_by` says so.
    """
    own = _read(Path(table), catalog)[0] if table else {}
    factor = 1 - discount_percent / 100
    here = region or HOME
    instances = {
        name: dataclasses.replace(
            row, **_price(row, catalog, here, own, factor), spot_usd=_spot(row, catalog, here, own, factor)
        )
        for name, row in catalog.instances.items()
    }
    cpu_instances = {
        name: dataclasses.replace(row, **_price(row, catalog, here, own, factor))
        for name, row in catalog.cpu_instances.items()
    }
    return dataclasses.replace(
        catalog,
        region=here,
        instances=MappingProxyType(instances),
        cpu_instances=MappingProxyType(cpu_instances),
        prices=_discounted(catalog, factor),
    )


def offered_in(catalog: Catalog, region: str) -> Catalog:
    """The catalogue with the GPU instance types of one region."""
    offered = {name: row for name, row in catalog.instances.items() if catalog.zones_of(name, region)}
    return dataclasses.replace(catalog, instances=MappingProxyType(offered))


def _price(
    row: Instance | CpuInstance, catalog: Catalog, region: str, own: Mapping[str, float], factor: float
) -> dict[str, Any]:
    """The company's own, else the region's, else that of us-east-1, whose table is the newer one."""
    if row.name in own:
        return {"usd_per_hour": own[row.name], "priced_by": None}
    listed = catalog.region_prices.get((row.name, region), _UNKNOWN).usd_per_hour
    if region == HOME or listed is None:
        return {"usd_per_hour": row.usd_per_hour and row.usd_per_hour * factor, "priced_by": HOME}
    return {"usd_per_hour": listed * factor, "priced_by": region}


def _spot(
    row: Instance, catalog: Catalog, region: str, own: Mapping[str, float], factor: float
) -> tuple[float, float] | None:
    """A company's own price holds for spot as well."""
    found = catalog.region_prices.get((row.name, region), _UNKNOWN).spot_usd
    return None if found is None or row.name in own else (found[0] * factor, found[1] * factor)


def _discounted(catalog: Catalog, factor: float) -> Prices:
    listed = {field.name: getattr(catalog.prices, field.name) for field in dataclasses.fields(catalog.prices)}
    less = {name: value * factor for name, value in listed.items() if name.endswith(("_hour", "_month"))}
    return dataclasses.replace(catalog.prices, **less)


def _read(path: Path, catalog: Catalog) -> tuple[Mapping[str, float], list[str]]:
    try:
        rows = list(csv.reader(read_text(path).splitlines()))
    except UnreadableFile as unreadable:
        return {}, [str(unreadable)]
    if not rows or [cell.strip() for cell in rows[0]] != HEADER:
        return {}, [f"{path}: the first line must be instance_type,usd_per_hour"]
    prices: dict[str, float] = {}
    mistakes: list[str] = []
    for number, row in enumerate(rows[1:], start=2):
        if not row:
            continue
        name, price = row[0].strip(), _number(row[1]) if len(row) == 2 else None
        if name not in catalog.instances and name not in catalog.cpu_instances:
            mistakes.append(f"{path}, line {number}: unknown instance type {name!r}")
        elif price is None:
            mistakes.append(f"{path}, line {number}: the price of {name} must be a number of dollars an hour over 0")
        elif name in prices:
            mistakes.append(f"{path}, line {number}: {name} has a price already")
        else:
            prices[name] = price
    return prices, mistakes


def _number(cell: str) -> float | None:
    try:
        number = float(cell)
    except ValueError:
        return None
    return number if math.isfinite(number) and number > 0 else None
