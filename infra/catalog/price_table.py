"""A company's own prices: a CSV of instance_type,usd_per_hour, relative to the project's folder."""

import csv
import difflib
import math
import re
from collections.abc import Collection, Mapping
from pathlib import Path

from infra.project import PROJECT, UnreadableFile, read_text

HEADER = ["instance_type", "usd_per_hour"]
_STACKS = "stacks"  # where people look for it first
Wrong = tuple[str, str]  # what was got, and what to write


def read_price_table(path: str | Path, known: Collection[str]) -> tuple[Mapping[str, float], list[Wrong]]:
    """Dollars per hour by instance type, and what is wrong with the table, line by line. `known`: every type."""
    try:
        rows = list(csv.reader(read_text(Path(path)).splitlines()))
    except UnreadableFile as unreadable:
        return {}, [(str(unreadable), _where(path))]
    if not rows or [cell.strip() for cell in rows[0]] != HEADER:
        first = ",".join(HEADER)
        return {}, [(f"{path}: the first line must be {first}", f"write {first} above lines such as g6.xlarge,0.80")]
    prices: dict[str, float] = {}
    wrong: list[Wrong] = []
    for number, row in enumerate(rows[1:], start=2):
        if not row:
            continue
        name, price = row[0].strip(), _number(row[1]) if len(row) == 2 else None
        if name not in known:
            wrong.append((f"{path}, line {number}: unknown instance type {name!r}", _meant(name, known)))
        elif price is None:
            got = f"{path}, line {number}: the price of {name} must be a number of dollars per hour over 0"
            wrong.append((got, _price(name, row[1:])))
        elif name in prices:
            wrong.append((f"{path}, line {number}: {name} has a price already", "leave one of the two lines out"))
        else:
            prices[name] = price
    return prices, wrong


def _where(path: str | Path) -> str:
    """What to write for a file that can't be read. A relative path begins at the project's folder, not at the stack
    file's."""
    near = _near(Path(path))
    found = f"write table: {near}" if near else "write the path of a file that is there"
    return f"{found}; a relative one begins at the project's folder, not at the stack file's"


def _near(path: Path) -> Path | None:
    """The table that was probably meant: of the same name beside the stack files, or mistyped in one of the folders."""
    beside = Path(_STACKS, path)
    if (PROJECT / beside).is_file():
        return beside
    folders = dict.fromkeys((path.parent, Path(_STACKS)))
    there = [folder / each.name for folder in folders for each in sorted((PROJECT / folder).glob("*.csv"))]
    names = difflib.get_close_matches(path.name, [each.name for each in there], n=1, cutoff=0.7)
    return next((each for each in there if each.name in names), None)


def _meant(name: str, known: Collection[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return f"did you mean {close[0]}?" if close else "leave the line out: the platform makes no nodes of that type"


def _price(name: str, cells: list[str]) -> str:
    """What to write for a wrong price. A decimal comma splits a number into two cells."""
    typed = ",".join(cell.strip() for cell in cells)
    if re.fullmatch(r"\d+,\d+", typed):
        return f"write {name},{typed.replace(',', '.')} with a decimal point"
    return f"write a line such as {name},0.80"


def _number(cell: str) -> float | None:
    try:
        number = float(cell)
    except ValueError:
        return None
    return number if math.isfinite(number) and number > 0 else None
