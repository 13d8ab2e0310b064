"""A document in GitHub-flavoured Markdown: verdict and money first, details folded, text that stays text."""

import re
from collections.abc import Iterator, Sequence

from infra.cli.document import Column, Document, Section
from infra.cli.document.marked import code, html, markdown

_MAX_BYTES = 60_000  # GitHub takes 65,536 characters in a comment
_ROWS = (60, 30, 15, 5, 1)  # of a table in a comment; fewer where it would be too long
_OPEN_ROWS = 12  # of one that isn't folded
_NO_NAME = re.compile(r"[^\w.-]|--+")  # would end the HTML comment


def to_markdown(document: Document) -> str:
    if not document.comment:
        return _text([*_head(document), *_body(document, None)])
    texts = (_text([*_head(document), *_body(document, maximum)]) for maximum in _ROWS)
    return next((text for text in texts if len(text.encode()) < _MAX_BYTES), _text(_head(document)))


def _text(lines: Sequence[str]) -> str:
    return "\n".join(lines) + "\n"


def _head(document: Document) -> list[str]:
    if document.comment:
        marker = f"<!-- llm-platform diff: {_NO_NAME.sub('', document.comment)} -->"
        return [marker, f"### {markdown(document.headline)}"]
    verdict = (f"- **{markdown(word)}** {markdown(sentence)}" for word, sentence in document.verdict)
    return [f"### {markdown(document.title)}", "", *verdict]


def _body(document: Document, maximum: int | None) -> Iterator[str]:
    for section in document.sections:
        yield ""
        yield from _WRITERS[section.kind](section, maximum)
    if document.footer:
        yield from ("", f"<sub>{_paragraph(document.footer)}</sub>")


def _reasons(section: Section, maximum: int | None) -> Iterator[str]:
    yield f"**{markdown(section.title)}**"
    rows = section.rows[:maximum]
    yield from (f"{n}. **{markdown(word)}.** {markdown(why)}." for n, (word, why) in enumerate(rows, 1))
    if len(rows) < len(section.rows):
        yield f"{len(rows) + 1}. {_more(len(section.rows) - len(rows))}"


def _advice(section: Section, _limit: int | None) -> Iterator[str]:
    yield "> [!TIP]"
    yield from (f"> {markdown(sentence)}" for _, sentence in section.rows)


def _section(section: Section, maximum: int | None) -> Iterator[str]:
    if section.folded:
        yield from (f"<details><summary>{html(section.title)}</summary>", "")
    else:
        maximum = None if maximum is None else min(maximum, _OPEN_ROWS)
        if section.title:
            yield from (f"**{markdown(section.title)}**", "")
    yield from _table(section, maximum) if section.columns else (markdown(row[0]) for row in section.rows)
    if section.note:
        yield from ("", _paragraph(section.note))
    if section.folded:
        yield from ("", "</details>")


_WRITERS = {"table": _section, "reasons": _reasons, "advice": _advice}


def _table(section: Section, maximum: int | None) -> Iterator[str]:
    """Without columns that have neither a title nor a cell."""
    columns = [Column(section.names), *section.columns]
    shown = [n for n, each in enumerate(columns) if n < 2 or each.title or any(row[n] for row in section.rows)]
    yield _line([markdown(columns[n].title) for n in shown])
    yield _line(["--:" if columns[n].right else "---" for n in shown])
    rows = section.rows[:maximum]
    for row in rows:
        yield _line([markdown(code(row[n]) if columns[n].fixed and row[n] else row[n]) for n in shown])
    if len(rows) < len(section.rows):
        wide = next((n for n in shown if columns[n].title), 0)
        yield _line([_more(len(section.rows) - len(rows)) if n == wide else "" for n in shown])


def _more(number: int) -> str:
    return f"and {number} more, in `--format json`"


def _paragraph(text: str) -> str:
    return "<br>".join(markdown(line) for line in text.splitlines())


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
