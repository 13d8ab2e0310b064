"""The end of a text as a code block of Markdown."""

import re

_CHARACTERS = 4_000


def fenced(text: str) -> str:
    """The text can't close the block."""
    fence = max(["``", *re.findall("`+", text)], key=len) + "`"
    return f"{fence}text\n{text[-_CHARACTERS:].rstrip()}\n{fence}"
