"""What the terminal is: how wide, and which characters it has."""

import os
import shutil
import sys

_NARROWEST, _WIDEST = 60, 200
_ELSEWHERE = 120  # in a pipe, a file, a log
_ASCII = str.maketrans({"·": "-", "±": "~", "×": "x", "→": "->", "↳": "\\", "–": "-", "—": "-", "…": "..."})


def terminal_width() -> int:
    """Columns, within limits: in fewer a table has no room, and in more the eye loses its line."""
    return min(max(shutil.get_terminal_size((_ELSEWHERE, 24)).columns, _NARROWEST), _WIDEST)


def printable(text: str) -> str:
    locale = os.environ.get("LC_ALL") or os.environ.get("LANG")  # Python itself sets LC_CTYPE
    # In the C locale Python writes UTF-8 all the same.
    encoding = "ascii" if locale in ("C", "POSIX") else sys.stdout.encoding or "ascii"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return text.translate(_ASCII).encode("ascii", "replace").decode("ascii")
    return text
