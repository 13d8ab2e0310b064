"""A report for a terminal, without colour, in characters that it has."""

from infra.cli.layout import Column, table, wrapped
from infra.cli.report import Report, Section
from infra.cli.terminal import printable


def to_text(report: Report, width: int) -> str:
    lines = [*wrapped(printable(report.title), width), ""]
    lines += table("", (Column(""),), [_printable(row) for row in report.verdict], width)
    for section in report.sections:
        lines += ["", *_section(section, width)]
    return "".join(f"{line}\n" for line in lines)


def _section(section: Section, width: int) -> list[str]:
    title = printable(section.title)
    if section.columns:
        columns = [Column(printable(each.title), each.right, each.fixed) for each in section.columns]
        lines = table(title, columns, [_printable(row) for row in section.rows], width)
    else:
        lines = [title, *wrapped(printable(section.rows[0][0]), width, "  ")]
    return lines + [line for note in section.note.splitlines() for line in wrapped(printable(note), width)]


def _printable(row: tuple[str, ...]) -> tuple[str, ...]:
    """Before it is laid out: an arrow takes more room in ASCII."""
    return tuple(printable(cell) for cell in row)
