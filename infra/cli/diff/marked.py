"""Text with marks for what isn't ours: values as code, and what the planner says of them.

A value of a stack file is whatever the author of a pull request wrote. In Markdown it has to stay text: it may not
make a link, a picture, HTML, a mention, or another cell of a table.
"""

import re

_CODE, _STRONG, _SAID, _END = "\x02", "\x03", "\x04", "\x05"
_MARKS = re.compile(f"([{_CODE}{_STRONG}{_SAID}])([^{_END}]*){_END}")
_LONGEST = 600
_BACKQUOTED = re.compile(r"`([^`]+)`")
_PLAIN_CODE = re.compile(r"[ -\[\]-_a-{}~]+")  # ASCII without a backquote, a bar or a backslash
# What Markdown, and GitHub beyond it, could take for markup; and where it would make a link of an address.
_MARKUP = re.compile(r"[\\`*_{}\[\]<>#|~&$!^]|(?<=www)\.|:(?=//)")
_CALLED = re.compile(r"@(?=\w)")


def code(value: str) -> str:
    """A value, name or path."""
    return f"{_CODE}{_clean(value)}{_END}"


def strong(value: str) -> str:
    """The same, in bold."""
    return f"{_STRONG}{_clean(value)}{_END}"


def said(text: str) -> str:
    """What the planner says, which quotes the stack file; in backquotes is what is to be written."""
    parts = _BACKQUOTED.split(_clean(text))
    return "".join(code(part) if index % 2 else f"{_SAID}{part}{_END}" for index, part in enumerate(parts) if part)


def _clean(text: str) -> str:
    """On one line, and no longer than somebody reads."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text[: 2 * _LONGEST]).split())
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"


def plain(text: str) -> str:
    """For a terminal."""
    return _MARKS.sub(lambda mark: mark[2], text)


def markdown(text: str) -> str:
    """For GitHub, in a table or out of it."""
    return _MARKS.sub(_shown, text)


def html(text: str) -> str:
    """For GitHub inside HTML, where Markdown's own marks mean nothing."""
    return _MARKS.sub(lambda mark: _escaped(mark[2]), text)


def _shown(mark: re.Match[str]) -> str:
    if not mark[2]:
        return ""
    if mark[1] == _SAID:
        return _escaped(mark[2])
    return f"**{_code(mark[2])}**" if mark[1] == _STRONG else _code(mark[2])


def _code(text: str) -> str:
    """GitHub looks for no mentions in code; references keep what would end it from being read."""
    if _PLAIN_CODE.fullmatch(text):
        return f"`{text}`"
    return f"<code>{''.join(c if c.isalnum() or c == ' ' else f'&#{ord(c)};' for c in text)}</code>"


def _escaped(text: str) -> str:
    """As character references: a backslash would be shown in some places, and ends a cell in others."""
    return _CALLED.sub("&#64;&#8203;", _MARKUP.sub(lambda found: f"&#{ord(found[0])};", text))
