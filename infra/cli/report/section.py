"""The shape of a report: what text and Markdown both show."""

from dataclasses import dataclass

Row = tuple[str, ...]


@dataclass(frozen=True)
class Column:
    title: str
    right: bool = False
    fixed: bool = False  # letters of one width, never broken


@dataclass(frozen=True)
class Section:
    """A table whose first column is named by the section, and a line below it. `detail` may be folded away."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    note: str = ""
    detail: bool = False


@dataclass(frozen=True)
class Report:
    title: str
    verdict: tuple[Row, ...]
    sections: tuple[Section, ...]
