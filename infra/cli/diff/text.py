"""The same for a terminal, by the renderer of `plan`."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from infra.cli.as_text import to_text as report_to_text
from infra.cli.diff.marked import plain
from infra.cli.diff.told import Block, Row, Told
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
    verdict += [("HOW", plain(each)) for each in told.advice]
    sections = [_section(told.figures)] if told.figures.rows else []
    sections += [_section(block) for block in told.blocks]
    report = Report(f"{told.stack} · what changes", tuple(verdict), tuple(sections))
    footer = "\n".join(wrapped(printable(plain(told.footer)), width))
    return f"{report_to_text(report, width)}\n{footer}\n"


def _section(block: Block) -> Section:
    rows = [tuple(plain(cell) for cell in row) for row in block.rows]
    header, right = tuple(plain(cell) for cell in block.header), block.right
    if in_one_line := _IN_ONE_LINE.get(header[1:]):
        rows, header, right = [*_named_once(map(in_one_line, rows))], (header[0], ""), ()
    elif len(header) == 2:
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


def _named_once(rows: Iterable[Row]) -> Iterator[Row]:
    before = ""
    for name, what in rows:
        yield name if name != before else "", what
        before = name or before


def _resource(row: Row) -> Row:
    mark, what, path, old, new = row
    return f"{_ACTS.get(mark, '')} {what}".strip(), f"{path}: {old} → {new}" if path else ""


def _setting(row: Row) -> Row:
    name, old, new = row
    return name, f"{old} → {new}"


def _figure(row: Row) -> Row:
    who, what, now, after = row
    return who, f"{what}: {now} → {after}"


def _access(row: Row) -> Row:
    heading, thing, sign, statement = row
    return f"{heading}: {thing}", f"{sign} {statement}"


# Old and new side by side would leave no room for either: by the titles behind the first.
_IN_ONE_LINE: dict[Row, Callable[[Row], Row]] = {
    ("resource", "property", "old", "new"): _resource,
    ("old", "new"): _setting,
    ("", "now", "after"): _figure,
    ("what", "now", "after"): _figure,
    ("what", "", ""): _access,
}
