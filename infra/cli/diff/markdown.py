"""The comment of a pull request, in GitHub-flavoured Markdown: a verdict, the money, the outage; the rest is folded."""

import re
from collections.abc import Iterator

from infra.cli.diff.marked import html, markdown
from infra.cli.diff.told import Block, Row, Told

_MOST_BYTES = 60_000  # GitHub takes 65,536 characters
_ROWS = (60, 30, 15, 5, 1)  # of a table; fewer where the comment would be too long
_NO_NAME = re.compile(r"[^\w.-]|--+")  # would end the comment
_OPEN_ROWS = 12  # of a table that isn't folded


def to_markdown(told: Told) -> str:
    texts = ("\n".join(_lines(told, most)) + "\n" for most in _ROWS)
    return next((text for text in texts if len(text.encode()) < _MOST_BYTES), f"### {told.mark} {told.stack}\n")


def _lines(told: Told, most: int) -> Iterator[str]:
    yield f"<!-- llm-platform diff: {_NO_NAME.sub('', told.stack)} -->"
    yield f"### {told.mark} {markdown(told.headline)}"
    if told.figures.rows:
        yield ""
        yield from _table(told.figures, _OPEN_ROWS)
    if told.reasons:
        yield from ("", "**Fails because**")
        for number, (what, why) in enumerate(told.reasons[:most], 1):
            yield f"{number}. **{markdown(what)}.** {markdown(why)}."
        if len(told.reasons) > most:
            yield f"{most + 1}. and {len(told.reasons) - most} more, in `--format json`"
    for block in (block for block in told.blocks if not block.folded):
        yield from ("", f"**{markdown(block.title)}**", "")
        yield from _table(block, min(most, _OPEN_ROWS))
        if block.note:
            yield from ("", markdown(block.note))
    if told.advice:
        yield from ("", "> [!TIP]")
        yield from (f"> {markdown(each)}" for each in told.advice)
    yield ""
    for block in (block for block in told.blocks if block.folded):
        yield from (f"<details><summary>{html(block.title)}</summary>", "")
        yield from _table(block, most)
        yield from ("", "</details>")
    yield from ("", f"<sub>{markdown(told.footer)}</sub>")


def _table(block: Block, most: int) -> Iterator[str]:
    yield _line(tuple(markdown(cell) for cell in block.header))
    yield _line(tuple("--:" if index in block.right else "---" for index in range(len(block.header))))
    yield from (_line(tuple(markdown(cell) for cell in row)) for row in block.rows[:most])
    if len(block.rows) > most:
        more = f"and {len(block.rows) - most} more, in `--format json`"
        yield _line(tuple(more if index == _wide(block) else "" for index in range(len(block.header))))


def _wide(block: Block) -> int:
    """The first column that has a title."""
    return next((index for index, title in enumerate(block.header) if title), 0)


def _line(cells: Row) -> str:
    return f"| {' | '.join(cells)} |"
