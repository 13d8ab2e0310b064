"""Text with marks for values. What isn't marked is a sentence, in which backquotes quote what is to be written.

A value of a stack file is whatever the author of a pull request wrote, and sentences quote it. In Markdown all of it
stays text: it may not make a link, a picture, HTML, a mention, a list, or another cell of a table.
"""

import re

_CODE, _STRONG, _END = "\x02", "\x03", "\x04"
_MARK = f"{_CODE}([^{_END}]*){_END}|{_STRONG}([^{_END}]*){_END}"
_MARKS = re.compile(_MARK)
_LONGEST, _LONGEST_SENTENCE = 600, 2400  # a sentence names several values
_BACKQUOTED = re.compile(r"`([^`]+)`")
_PLAIN_CODE = re.compile(r"[ -\[\]-_a-{}~]+")  # ASCII without a backquote, a bar or a backslash
_MARKUP = re.compile(
    r"[\\`*_{}\[\]<>#|&!^]"
    r"|~(?! |$)|(?<=[^ ])~"  # one that stands alone strikes nothing out
    r"|\$(?![\d ]|$)|(?<=[^ ])\$(?!\d)"  # nor does one begin and end a formula, nor one before a digit end it
    r"|(?<=www)\.|:(?=//)|@(?=\w)"  # GitHub would make a link of it
)
_LIST = re.compile(r"^(?:[-+]|\d+[.)])(?= )")
_PIECES = re.compile(f"{_MARK}|{_BACKQUOTED.pattern}|{_MARKUP.pattern}")


def code(value: str) -> str:
    """A value, name or path."""
    return f"{_CODE}{_clean(value)}{_END}"


def strong(value: str) -> str:
    """The same, in bold."""
    return f"{_STRONG}{_clean(value)}{_END}"


def said(text: str) -> str:
    """What the planner says, no longer than somebody reads; what is in backquotes is a value."""
    return _BACKQUOTED.sub(lambda quoted: code(quoted[1]), _clean(text, _LONGEST_SENTENCE))


def _clean(text: str, longest: int = _LONGEST) -> str:
    """On one line, and no longer than somebody reads."""
    line = " ".join(_printable(text[: 2 * longest]).split())
    return line if len(line) <= longest else f"{line[:longest]}…"


def _printable(text: str) -> str:
    """Nothing that moves the cursor, or turns the direction of a line."""
    return "".join(c if c.isprintable() else " " for c in text)


def plain(text: str) -> str:
    """For a terminal."""
    return _printable(_MARKS.sub(lambda mark: mark[1] or mark[2] or "", text))


def markdown(text: str) -> str:
    """For GitHub, in a table or out of it."""
    shown = _printable(_PIECES.sub(_shown, " ".join(text.split())))
    return _LIST.sub(lambda found: _references(found[0]), " ".join(shown.split()))


def html(text: str) -> str:
    """For GitHub inside HTML, where Markdown's own marks mean nothing."""
    return _MARKUP.sub(lambda found: _references(found[0]), plain(text))


def _shown(piece: re.Match[str]) -> str:
    value, bold, quoted = piece.groups()
    if bold:
        return f"**{_code(bold)}**"
    if value or quoted:
        return _code(value or quoted)
    return "" if piece.lastindex else _references(piece[0])


def _code(text: str) -> str:
    """GitHub looks for no mentions in code; references keep what would end it from being read."""
    if _PLAIN_CODE.fullmatch(text):
        return f"`{text}`"
    return f"<code>{''.join(c if c.isalnum() or c == ' ' else f'&#{ord(c)};' for c in text)}</code>"


def _references(text: str) -> str:
    """A backslash would be shown in some places, and ends a cell in others."""
    return "".join(f"&#{ord(c)};" for c in text) + ("&#8203;" if text == "@" else "")
