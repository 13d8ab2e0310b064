"""A document for a terminal, without colour, in characters that it has."""

from collections.abc import Iterable, Sequence

from infra.cli.document import Column, Document, Row, Section
from infra.cli.document.marked import plain
from infra.cli.layout import table, wrapped, wrapped_title
from infra.cli.terminal import printable

_MAX_ROWS = 60  # of a table of a comparison


def to_text(document: Document, width: int) -> str:
    tables = [section for section in document.sections if section.kind == "table"]
    asides = [row for section in document.sections if section.kind != "table" for row in section.rows]
    verdict = [*document.verdict, *((word.upper(), sentence) for word, sentence in asides)]
    parts = [
        [line for each in document.title.splitlines() for line in wrapped_title(_text(each), width, _text("·"))],
        table("", (Column(""),), _shown(verdict), width) if verdict else [],
        *(_section(section, width, _MAX_ROWS if document.comment else None) for section in tables),
        _paragraph(document.footer, width),
    ]
    return "\n\n".join("\n".join(lines) for lines in parts if lines) + "\n"


def _section(section: Section, width: int, maximum: int | None) -> list[str]:
    title, rows = _text(section.title or section.names), _rows(section)
    columns = [Column(_text(each.title), each.right, each.fixed) for each in section.columns]
    if section.in_lines or (len(columns) == 1 and not columns[0].right):
        columns = [Column("")]  # the title of the section says what it holds
    kept = [*rows[:maximum]]
    if len(kept) < len(rows):
        kept.append((f"and {len(rows) - len(kept)} more, in --format json", *("" for _ in columns)))
    if columns and rows:
        lines = table(title, columns, _shown(kept), width)
    else:
        lines = wrapped(title, width) + [line for row in _shown(rows) for line in wrapped(row[0], width, "  ")]
    return lines + _paragraph(section.note, width)


def _rows(section: Section) -> Sequence[Row]:
    """In lines, a row without a text has its name alone, and each name stands once."""
    if section.in_lines is None:
        return section.rows
    name, text = section.in_lines
    rows, before = list[Row](), ""
    for row in section.rows:
        who, what = name.format(*row).strip(), text.format(*row)
        rows.append((who if who != before else "", what if what != text.format(*("" for _ in row)) else ""))
        before = who or before
    return rows


def _paragraph(text: str, width: int) -> list[str]:
    return [line for each in text.splitlines() for line in wrapped(_text(each), width)]


def _shown(rows: Iterable[Sequence[str]]) -> list[Row]:
    return [tuple(_text(cell) for cell in row) for row in rows]


def _text(text: str) -> str:
    """Before it is laid out: an arrow takes more room in ASCII."""
    return printable(plain(text))
