"""The mistakes of a stack file, all at once: for each the place, what was got, and what to write."""

import difflib
import json
import re
import textwrap
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from infra.config_keys import PLATFORM
from infra.settings.other_keys import written_otherwise

Key = tuple[str | int, ...]
NULL_KEY = "<nil>"  # what Go makes of a key without a name

# Tokens that people paste: Hugging Face, OpenAI, Amazon, GitHub, GitLab, Slack; private keys. Slack's webhooks and
# triggers have theirs in the URL.
_TOKEN = re.compile(
    r"hf_\w{6,}|\bsk-[\w-]{16,}|\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_\w{20,}|\bgithub_pat_\w{20,}|\bglpat-[\w-]{16,}|\bxox[abprs]-[\w-]{10,}"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY|hooks\.slack\.com/\w+/[\w/-]+"
)
_PLAIN_KEY = re.compile(r"[\w/:.-]+")
_MISTYPED = 0.8  # at least as similar as `gpu` and `gpus`
_FEW_PLACES = 2  # a key of more places says nothing about where it was meant
_MIN_TEXT = 40  # columns that a message gets before its path is put on a separate line


def holds_token(text: str) -> bool:
    """Whether a text looks like a credential."""
    return _TOKEN.search(text) is not None


def _redacted(text: str) -> str:
    return _TOKEN.sub("(not shown)", text)


def dotted(key: Iterable[str | int]) -> str:
    """`("models", "a", "extraArgs", 0)` as `models.a.extraArgs[0]`."""
    parts = (f"[{part}]" if isinstance(part, int) else f".{_quoted(part)}" for part in key)
    return "".join(parts).removeprefix(".")


def _quoted(part: str) -> str:
    if holds_token(part):
        return "(not shown)"
    if part == NULL_KEY:
        return "null"
    return part if _PLAIN_KEY.fullmatch(part) else json.dumps(part[:40])


def shown(value: Any) -> str:
    """A value in a message: short, on one line, and never a credential."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return f"{value}".lower()
    if isinstance(value, int | float):
        return f"the number {value}"
    if isinstance(value, str):
        return (
            "a credential (not shown)"
            if holds_token(value)
            else json.dumps(value if len(value) <= 60 else f"{value[:57]}...")
        )
    kind = "mapping" if isinstance(value, Mapping) else "list"
    return f"a {kind}" if value else f"an empty {kind}"


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """The known word that was probably meant."""
    return next(iter(nearest(word, known, 1, 0.6)), None)


def nearest(word: str, known: Iterable[str], limit: int, cutoff: float) -> list[str]:
    """The known words that are similar to `word`, at most `limit`; equally similar ones in the order of `known`."""
    similarity = alike(word, known, cutoff)
    return sorted(similarity, key=lambda name: -similarity[name])[:limit]


def alike(word: str, known: Iterable[str], cutoff: float) -> dict[str, float]:
    """The known words that are similar to `word`, and how similar."""
    ratios = {name: difflib.SequenceMatcher(None, name.lower(), word.lower()).ratio() for name in known}
    return {name: ratio for name, ratio in ratios.items() if ratio >= cutoff}


def unknown_key(key: str, known: Collection[str], places: Collection[Key] = ()) -> str:
    """The message for an unknown key. `places`: where a key of this name belongs."""
    if otherwise := written_otherwise(key, known):
        return f"unknown key; {otherwise}"
    if meant_place(key, known, places):
        return f"unknown key here; did you mean {' or '.join(map(dotted, places))}?"
    close = did_you_mean(key, known) or _begins(key, known)
    return f"unknown key; did you mean {close}?" if close else f"unknown key; known here: {', '.join(known)}"


def _begins(key: str, known: Collection[str]) -> str | None:
    """The one known key that begins as this one does: after and afterSeconds, maxNodes and max."""
    word = key.lower()
    found = [each for each in known if each.lower().startswith(word) or word.startswith(each.lower())]
    return found[0] if len(found) == 1 and min(len(word), len(found[0])) > _FEW_PLACES else None


def meant_place(key: str, known: Iterable[str], places: Collection[Key]) -> Key | None:
    """Where a key was probably meant to be; None: it is rather a mistyped key of this place, or one of many places."""
    mistyped = nearest(key, known, 1, _MISTYPED)
    return next(iter(places)) if not mistyped and 0 < len(places) <= _FEW_PLACES else None


@dataclass(frozen=True)
class Mistake:
    """One mistake: the dotted path and line that it is about, what was got (and is allowed), and what to write."""

    path: str
    line: int | None
    got: str
    write: str = ""

    def redacted(self) -> "Mistake":
        """The mistake without anything that looks like a credential."""
        return Mistake(_redacted(self.path), self.line, _redacted(self.got), _redacted(self.write))


class BadStackFile(Exception):
    """A stack file that can't be planned, with every mistake in it."""

    def __init__(self, file: str, mistakes: Iterable[Mistake]) -> None:
        self.file = file
        unique = dict.fromkeys(mistake.redacted() for mistake in mistakes)
        self.mistakes = tuple(sorted(unique, key=lambda mistake: (mistake.line or 0, mistake.path)))
        super().__init__(file)

    def __str__(self) -> str:
        return self.render()

    def render(self, width: int = 100) -> str:
        """ASCII text for a terminal of `width` columns."""
        count = len(self.mistakes)
        title = f"{self.file} has {count} mistake{'' if count == 1 else 's'}; nothing was planned"
        digits = max((len(str(mistake.line)) for mistake in self.mistakes if mistake.line), default=0)
        label = f"line {{:>{digits}}}  " if digits else ""
        widest = max((len(mistake.path) for mistake in self.mistakes), default=0)
        indent = 2 + (7 + digits if digits else 0)
        column = min(indent + widest + 2, max(width - _MIN_TEXT, indent + 4))
        lines = [title, ""]
        for mistake in self.mistakes:
            place = label.format(mistake.line) if mistake.line else " " * (indent - 2)
            head = f"  {place}{mistake.path}"
            text = [*_wrapped(mistake.got, width - column), *_wrapped(mistake.write, width - column)]
            if len(head) + 2 > column:
                lines.append(head)
                head = ""
            lines += [f"{head if index == 0 else '':<{column}}{line}" for index, line in enumerate(text)]
        return "\n".join(lines).encode("ascii", "backslashreplace").decode() + "\n"


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)


class Report:
    """Collects mistakes with their lines. It leaves out a mistake that is only the consequence of another one."""

    def __init__(self, lines: Mapping[Key, int], mistakes: Iterable[Mistake] = ()) -> None:
        self.mistakes = list(mistakes)
        self._lines = lines
        self._broken: set[Key] = set()

    def broken(self, key: Key) -> None:
        """Marks a value as wrong, so that no mistake is reported that was found by reading it."""
        self._broken.add(key)

    def wrong(self, key: Key, got: str, write: str = "", *, reads: Collection[Key] | None = None) -> None:
        """Reports a mistake at `key` that was found by reading `reads`; by default, the value at `key` itself."""
        if not self._inside_broken(key) and not any(
            self.is_broken(each) for each in ((key,) if reads is None else reads)
        ):
            self.always(key, got, write)

    def out_of_place(self, key: Key, got: str, write: str = "", *, reads: Collection[Key] = ()) -> None:
        """Reports a value that can't stand at `key` whatever it is, so also where the value itself is wrong."""
        if not self._inside_broken(key[:-1]) and not any(self.is_broken(each) for each in reads):
            self.always(key, got, write)

    def always(self, key: Key, got: str, write: str = "", *, path: str | None = None) -> None:
        """Reports a mistake even if other values are wrong. `path`: the user's name for it, if it isn't `key`."""
        self.mistakes.append(Mistake(path or dotted(key) or PLATFORM, self._line(key), got, write))

    def forget_inherited(self, first: int, second: int, key: Key, copy: Key, own: Collection[str]) -> None:
        """Mistakes from the number `second` on are about `copy`, which inherits values of `key`: what is reported for
        `key` too, from the number `first` on, is forgotten. `own`: the keys that the copy has itself."""
        of_key = {(each.path.removeprefix(dotted(key)), each.got) for each in self.mistakes[first:second]}
        paths = {path for path, _ in of_key}

        def inherited(mistake: Mistake) -> bool:
            path = mistake.path.removeprefix(dotted(copy))
            return (path, mistake.got) in of_key or (
                path in paths and not path.removeprefix(".").startswith(tuple(own))
            )

        self.mistakes[second:] = [each for each in self.mistakes[second:] if not inherited(each)]

    def is_broken(self, key: Key) -> bool:
        """Whether this value, a part of it, or a section around it is known to be wrong."""
        return self._inside_broken(key) or any(broken[: len(key)] == key for broken in self._broken)

    def _inside_broken(self, key: Key) -> bool:
        return any(key[:end] in self._broken for end in range(len(key) + 1))

    def _line(self, key: Key) -> int | None:
        """The line of a value; if the value is missing, the line of the section around it."""
        outermost = 1 if key and ":" in str(key[0]) else 0  # a cloud's own key isn't a part of the platform
        sections = (key[:end] for end in range(len(key), outermost - 1, -1))
        return next((self._lines[section] for section in sections if section in self._lines), None)
