"""What a command says to a person: `plan`, `diff` and `fit` build one document, which one writer per format prints."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from infra.cli.layout import Column, Row
from infra.cli.terminal import printable, terminal_width

__all__ = ["Column", "Document", "Row", "Section", "columns", "rendered"]


@dataclass(frozen=True)
class Section:
    """A table; without columns, a paragraph. Cells, titles and notes are text with the marks of `marked`."""

    title: str
    columns: Sequence[Column] = ()  # behind the names of the rows
    rows: Sequence[Row] = ()
    note: str = ""  # below the table, by line
    folded: bool = False  # a detail
    names: str = ""  # title of the first column, over which a terminal has the section's
    # For a terminal, in which the cells side by side would have no room: the name of a row and its text, as templates
    # that take the row's cells.
    in_lines: tuple[str, str] | None = None
    kind: Literal["table", "reasons", "advice"] = "table"  # the others are a word and a sentence per row


@dataclass(frozen=True)
class Document:
    """Verdict and money first, details last."""

    title: str
    verdict: Sequence[Row] = ()  # a word and a sentence per row
    sections: Sequence[Section] = ()
    footer: str = ""
    headline: str = ""  # title and verdict of a comment, in one
    comment: str = ""  # name by which the comment of a pull request is found again; its tables are cut to fit


def columns(*titles: str, right: int = 0) -> list[Column]:
    """The last `right` are figures."""
    return [Column(title, right=number >= len(titles) - right) for number, title in enumerate(titles)]


def rendered(format_: str, data: Callable[[], Any], document: Callable[[], Document]) -> str:
    """In the format that was asked for, as wide as the terminal and in characters that it has."""
    if format_ == "json":
        return json.dumps(data(), indent=2, ensure_ascii=True) + "\n"
    if format_ == "markdown":
        from infra.cli.document.markdown import to_markdown

        text = to_markdown(document())
        # Where only ASCII can be printed, GitHub shows character references all the same.
        return text if printable(text) == text else text.encode("ascii", "xmlcharrefreplace").decode()
    from infra.cli.document.text import to_text

    return to_text(document(), terminal_width())
