"""The same for a terminal, by the renderer of `plan`."""

import textwrap
from collections.abc import Sequence

from infra.cli.as_text import to_text as report_to_text
from infra.cli.diff.marked import plain
from infra.cli.diff.told import Block, Told
from infra.cli.report import Column, Report, Section

_WORDS = {"❌": "FAILS", "⚠️": "LOOK", "✅": "OK"}
_ACTS = {"±": "replace", "~": "change", "+": "add", "-": "remove"}
_MOST_ROWS = 60
_FIGURE = 18  # characters of `10,000 to 20,000`, and some


def to_text(told: Told, width: int) -> str:
    verdict = [(_WORDS[told.mark], plain(told.headline).partition(": ")[2])]
    verdict += [(what.upper(), plain(why)) for what, why in told.reasons]
    verdict += [("INSTEAD", plain(each)) for each in told.advice]
    sections = [_section(told.figures)] if told.figures.rows else []
    sections += [_section(block) for block in told.blocks]
    report = Report(f"{told.stack} · what changes", tuple(verdict), tuple(sections))
    return f"{report_to_text(report, width)}\n{textwrap.fill(plain(told.footer), width)}\n"


def _section(block: Block) -> Section:
    rows = [tuple(plain(cell) for cell in row) for row in block.rows]
    header = tuple(plain(cell) for cell in block.header)
    if len(header) == 5:  # resources: old and new side by side would leave no room for either
        rows = [_resource(row) for row in rows]
        header = ("", "", "")
    elif len(header) == 3 and not block.right and header[1:] == ("old", "new"):
        rows = [(name, f"{old} → {new}") for name, old, new in rows]
        header = (header[0], "")
    if len(rows) > _MOST_ROWS:
        rows = [*rows[:_MOST_ROWS], (f"and {len(rows) - _MOST_ROWS} more, in --format json", *("" for _ in header[1:]))]
    columns = tuple(
        Column(title, right=index in block.right, fixed=index in block.right and _is_short(rows, index))
        for index, title in enumerate(header[1:], 1)
    )
    return Section(plain(block.title or block.header[0]), columns, tuple(rows), plain(block.note), detail=block.folded)


def _is_short(rows: Sequence[tuple[str, ...]], index: int) -> bool:
    """Figures stay on one line; names of models and pools may need more."""
    return all(len(row[index]) <= _FIGURE for row in rows)


def _resource(row: tuple[str, ...]) -> tuple[str, str, str]:
    mark, what, path, old, new = row
    return _ACTS.get(mark, ""), what, f"{path}: {old} → {new}" if path else ""
