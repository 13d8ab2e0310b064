"""The same for a terminal, by the renderer of `plan`."""

from collections.abc import Iterator, Sequence

from infra.cli.as_text import to_text as report_to_text
from infra.cli.diff.marked import plain
from infra.cli.diff.told import Block, Told
from infra.cli.layout import wrapped
from infra.cli.report import Column, Report, Section
from infra.cli.terminal import printable

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
    footer = "\n".join(wrapped(printable(plain(told.footer)), width))
    return f"{report_to_text(report, width)}\n{footer}\n"


def _section(block: Block) -> Section:
    rows = [tuple(plain(cell) for cell in row) for row in block.rows]
    header, right = tuple(plain(cell) for cell in block.header), block.right
    if len(header) == 5:  # resources: old and new side by side would leave no room for either
        rows = [_resource(row) for row in rows]
        header = ("", "")
    elif len(header) == 4 and not any(header[:2]):
        rows = [each for row in rows for each in _figure(row)]
        header, right = header[1:], tuple(index - 1 for index in right)
    elif len(header) == 3 and not right and header[1:] == ("old", "new"):
        rows = [(name, f"{old} → {new}") for name, old, new in rows]
        header = (header[0], "")
    if len(rows) > _MOST_ROWS:
        rows = [*rows[:_MOST_ROWS], (f"and {len(rows) - _MOST_ROWS} more, in --format json", *("" for _ in header[1:]))]
    columns = tuple(
        Column(title, right=index in right, fixed=index in right and _is_short(rows, index))
        for index, title in enumerate(header[1:], 1)
    )
    return Section(plain(block.title or block.header[0]), columns, tuple(rows), plain(block.note), detail=block.folded)


def _is_short(rows: Sequence[tuple[str, ...]], index: int) -> bool:
    """Figures stay on one line; names of models and pools may need more."""
    return all(len(row[index]) <= _FIGURE for row in rows)


def _resource(row: tuple[str, ...]) -> tuple[str, str]:
    mark, what, path, old, new = row
    return f"{_ACTS.get(mark, '')} {what}".strip(), f"{path}: {old} → {new}" if path else ""


def _figure(row: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Under the model, which has a row to itself."""
    who, figure, *values = row
    if who:
        yield who, *("" for _ in values)
    yield f"  {figure}", *values
