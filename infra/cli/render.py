"""A plan in the format that was asked for, as wide as the terminal and in characters that it has."""

import os
import shutil
import sys

from infra.cli.as_json import to_json
from infra.cli.report import report
from infra.offline import Planned

_NARROWEST, _WIDEST = 80, 120
_ASCII = str.maketrans({"·": "-", "±": "~", "×": "x", "→": ">", "–": "-", "—": "-", "…": "."})


def render(planned: Planned, format_: str) -> str:
    if format_ == "json":
        return to_json(planned)
    if format_ == "markdown":
        from infra.cli.as_markdown import to_markdown

        return _printable(to_markdown(report(planned)))
    from infra.cli.as_text import to_text

    return _printable(to_text(report(planned), terminal_width()))


def terminal_width() -> int:
    """Columns; not so few that a table has no room, nor so many that a line is lost in it."""
    return min(max(shutil.get_terminal_size((_WIDEST, 24)).columns, _NARROWEST), _WIDEST)


def _printable(text: str) -> str:
    locale = os.environ.get("LC_ALL") or os.environ.get("LANG")
    # In the C locale Python writes UTF-8 all the same.
    encoding = "ascii" if locale in ("C", "POSIX") else sys.stdout.encoding or "ascii"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return text.translate(_ASCII).encode("ascii", "replace").decode("ascii")
    return text
