"""A company's own prices: a CSV of instance_type,usd_per_hour, relative to the project's folder."""

import csv
import dataclasses
import math
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from infra.catalog.types import Catalog
from infra.project import UnreadableFile, read_text

HEADER = ["instance_type", "usd_per_hour"]


def price_table_mistakes(path: str | Path, catalog: Catalog) -> list[str]:
    """What is wrong with a price table, line by line; empty when nothing is."""
    return _read(Path(path), catalog)[1]


def with_prices(catalog: Catalog, table: str | Path | None, discount_percent: float) -> Catalog:
    """The catalogue with a company's own prices of instances, and a discount on those of AWS' list."""
    own = _read(Path(table), catalog)[0] if table else {}
    factor = 1 - discount_percent / 100
    if not own and factor == 1:
        return catalog
    instances = {
        name: dataclasses.replace(row, usd_per_hour=_price(own.get(name), row.usd_per_hour, factor))
        for name, row in catalog.instances.items()
    }
    cpu_instances = {
        name: dataclasses.replace(row, usd_per_hour=own.get(name, row.usd_per_hour * factor))
        for name, row in catalog.cpu_instances.items()
    }
    prices = dataclasses.replace(
        catalog.prices,
        **{
            field.name: getattr(catalog.prices, field.name) * factor
            for field in dataclasses.fields(catalog.prices)
            if field.name.endswith(("_hour", "_month"))
        },
    )
    return dataclasses.replace(
        catalog,
        instances=MappingProxyType(instances),
        cpu_instances=MappingProxyType(cpu_instances),
        prices=prices,
    )


def _price(own: float | None, listed: float | None, factor: float) -> float | None:
    if own is not None:
        return own
    return None if listed is None else listed * factor


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
