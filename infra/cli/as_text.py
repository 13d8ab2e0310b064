"""A report for a terminal, without colour."""

import io

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from infra.cli.report import Report, Section

_WIDE, _MANY_COLUMNS = 100, 5


def to_text(report: Report, width: int) -> str:
    buffer = io.StringIO()
    console = Console(file=buffer, width=width, color_system=None, highlight=False, markup=False, emoji=False)
    console.print(Text(report.title))
    console.print()
    verdict = Table.grid(padding=(0, 2))
    for row in report.verdict:
        verdict.add_row(*(Text(cell) for cell in ("", *row)))
    console.print(verdict)
    for section in report.sections:
        console.print()
        _print(console, section)
    return "".join(f"{line.rstrip()}\n" for line in buffer.getvalue().splitlines())


def _print(console: Console, section: Section) -> None:
    has_header = any(column.title for column in section.columns)
    gap = 1 if console.width < _WIDE and len(section.columns) > _MANY_COLUMNS else 2
    table = Table(box=None, show_header=has_header, padding=(0, gap, 0, 0), pad_edge=False, header_style="")
    table.add_column(Text(section.title), no_wrap=True, overflow="fold")
    for column in section.columns:
        table.add_column(
            Text(column.title),
            justify="right" if column.right else "left",
            overflow="fold",
            vertical="top",
            no_wrap=column.fixed,
        )
    for row in section.rows:
        table.add_row(*(Text(cell) for cell in (f"  {row[0]}", *row[1:])))
    if not has_header:
        console.print(Text(section.title))
    console.print(table if section.columns else Padding(Text(section.rows[0][0]), (0, 0, 0, 2)))
    if section.note:
        console.print(Text(section.note))
