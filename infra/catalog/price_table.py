"""A company's own prices: a CSV of instance_type,usd_per_hour, relative to the project's folder."""

import csv
import math
from collections.abc import Collection, Mapping
from pathlib import Path

from infra.project import UnreadableFile, read_text

HEADER = ["instance_type", "usd_per_hour"]


def read_price_table(path: str | Path, known: Collection[str]) -> tuple[Mapping[str, float], list[str]]:
    """Dollars an hour by instance type, and what is wrong with the table, line by line. `known`: every type."""
    try:
        rows = list(csv.reader(read_text(Path(path)).splitlines()))
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
        if name not in known:
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
