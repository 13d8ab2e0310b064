"""The shape of a report: what text and Markdown both show."""

from dataclasses import dataclass

from infra.cli.layout import Column, Row

__all__ = ["Column", "Report", "Row", "Section"]


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
