"""Reads one data file. All wrong cells are reported at once, each with its file and line."""

import csv
import math
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

Parsed = TypeVar("Parsed")

_DATE = re.compile(r"\b20\d\d-(0[1-9]|1[0-2])\b")


class BadCatalog(Exception):
    """All mistakes in the data files, each with its file and line."""

    def __init__(self, mistakes: list[str]) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = mistakes


def without_mistakes(read: Callable[[list[str]], Parsed | None]) -> Parsed:
    """What `read` makes of data files, where it names no mistake. Raises BadCatalog with all that it names."""
    mistakes: list[str] = []
    found = read(mistakes)
    if mistakes or found is None:
        raise BadCatalog(mistakes)
    return found


def has_date(text: str) -> bool:
    return _DATE.search(text) is not None


class Row:
    """One row, whose cells are read by column and type. A blank cell means that nobody has seen the value."""

    def __init__(self, place: str, cells: Mapping[str, str], mistakes: list[str]) -> None:
        self.place = place  # file and line
        self._cells = cells
        self._mistakes = mistakes

    def text(self, column: str) -> str:
        if not self._cells[column]:
            self.wrong(column, "must not be blank")
        return self._cells[column]

    def text_or_none(self, column: str) -> str | None:
        return self._cells[column] or None

    def number(self, column: str, *, minimum: float | None = None) -> float:
        """A number over 0, or of at least `minimum` if that is given."""
        return self._number(column, float, "a number", minimum)

    def number_or_none(self, column: str) -> float | None:
        return self.number(column) if self._cells[column] else None

    def whole(self, column: str, *, minimum: int | None = None) -> int:
        return int(self._number(column, int, "a whole number", minimum))

    def whole_or_none(self, column: str, *, minimum: int | None = None) -> int | None:
        return self.whole(column, minimum=minimum) if self._cells[column] else None

    def flag(self, column: str) -> bool:
        return self.one_of(column, "true", "false") == "true"

    def flag_or_none(self, column: str) -> bool | None:
        return self.flag(column) if self._cells[column] else None

    def one_of(self, column: str, *allowed: str) -> Any:
        if self._cells[column] not in allowed:
            self.wrong(column, f"must be one of {', '.join(allowed)}")
        return self._cells[column]

    def known(self, column: str, known: Mapping[str, object], what: str) -> str:
        if self._cells[column] not in known:
            self.wrong(column, f"names no {what}")
        return self._cells[column]

    def wrong(self, column: str, why: str) -> None:
        self._mistakes.append(f"{self.place}: {column} {why}, got {self._cells[column]!r}")

    def _number(self, column: str, parse: Callable[[str], float], what: str, minimum: float | None) -> float:
        try:
            number = parse(self._cells[column])
        except ValueError:
            number = math.nan
        if math.isfinite(number) and (number > 0 if minimum is None else number >= minimum):
            return number
        self.wrong(column, f"must be {what}, {'over 0' if minimum is None else f'{minimum} or more'}")
        return 1


class Table:
    """A CSV file. Its comment says when its source was read, and names the source unless each row does."""

    def __init__(self, path: Path, columns: tuple[str, ...], mistakes: list[str]) -> None:
        self._path = path
        self._columns = columns
        self._mistakes = mistakes

    def by(self, key: str, parse: Callable[[Row], Parsed]) -> Mapping[str, Parsed]:
        """The rows by the value of one column, which has to be different in each row."""
        found: dict[str, Parsed] = {}
        for row in self.rows():
            name = row.text(key)
            if name in found:
                row.wrong(key, "is there already")
            found[name] = parse(row)
        return MappingProxyType(found)

    def rows(self) -> Iterator[Row]:
        lines = self._path.read_text(encoding="utf-8").splitlines()
        comments = next((at for at, line in enumerate(lines) if not line.startswith("#")), len(lines))
        names = next(csv.reader(lines[comments : comments + 1]), [])
        self._check_top(" ".join(lines[:comments]), names)
        if set(self._columns) - set(names):
            return
        reader = csv.reader(lines[comments + 1 :])
        for cells in reader:
            place = f"{self._path.name}, line {comments + 1 + reader.line_num}"
            if len(cells) != len(names):
                self._mistakes.append(f"{place}: {len(cells)} cells, and {len(names)} columns")
                continue
            row = Row(place, dict(zip(names, cells, strict=True)), self._mistakes)
            if "source" in names:
                row.text("source")
            yield row

    def _check_top(self, comment: str, names: list[str]) -> None:
        if not has_date(comment):
            self._mistakes.append(f"{self._path.name}, line 1: the comment must say when it was read, as 2026-11")
        if "source" not in names and "Source:" not in comment:
            self._mistakes.append(f"{self._path.name}, line 1: needs a source column, or Source: in the comment")
        missing = [column for column in self._columns if column not in names]
        if missing:
            self._mistakes.append(f"{self._path.name}: no column {', '.join(missing)}")
