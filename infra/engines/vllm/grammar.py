"""Reads arguments as `vllm serve` does: with argparse; underscores may replace dashes, and a dot adds a key of JSON.

vllm/utils/argparse_utils.py (FlexibleArgumentParser): a long flag may be abbreviated if its beginning is unambiguous.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from infra.engines.arguments import Argument, BadArgument

_NUMBER = re.compile(r"-\d+$|-\d*\.\d+$")  # argparse reads these as values, not as flags
_TOKENS = re.compile(r"-?\d+|\d+(\.\d+)?[kmgt]|\d+[KMGT]")  # 4096, 8k, 1.5m, 4K
_LEVEL = "--optimization-level"  # -O3
_SHOWN = 12  # maximum number of allowed values in a message
_SAMPLES = {"whole": "1", "number": "0.5", "tokens": "8192", "tokens-or-auto": "8192", "json": "'{}'"}
_SHORT_NUMBER = re.compile(r"\b\d+(?:\.\d+)?[kKmMgGtT]\b")  # 8k in an object, where JSON has no such thing
_NAMES = {
    "whole": "a whole number",
    "number": "a number",
    "tokens": "a number of tokens, as 8192 or 8k",
    "tokens-or-auto": "a number of tokens, as 8192 or 8k, or auto",
    "json": "JSON",
}


@dataclass(frozen=True)
class Flag:
    """A flag with all its spellings."""

    spellings: tuple[str, ...]
    takes: Literal["none", "one", "optional", "some"]
    # whole, number, json, object, tokens, tokens-or-auto, text; with `-or-none`: None and the empty text are valid
    type: str
    choices: tuple[str, ...]  # of an object its keys

    @property
    def name(self) -> str:
        return next((each for each in self.spellings if each.startswith("--")), self.spellings[0])

    def wrong(self, value: str) -> str | None:
        """What the flag accepts, if it doesn't accept this value; otherwise None."""
        kind, or_none = self.type.removesuffix("-or-none"), self.type.endswith("-or-none")
        if or_none and value in ("", "None"):
            return None
        if kind == "object":
            return None if _has_keys(value, self.choices) else f"JSON with keys of {_one_of(self.choices)}"
        if self.choices:
            is_none = value == "" and "None" in self.choices
            return None if is_none or value in self.choices else _one_of(self.choices)
        if kind not in _NAMES or _is(kind, value):
            return None
        return _NAMES[kind]

    def takes_key(self, key: str) -> bool:
        """Whether a key after a dot may stand for its JSON: `--compilation-config.mode 3`."""
        if self.type.startswith("object"):
            return key in self.choices
        return self.type.startswith(("json", "text")) and not self.choices

    @property
    def sample(self) -> str:
        value = (
            f"'{{\"{self.choices[0]}\": ...}}'" if self.type.startswith("object") else next(iter(self.choices), None)
        )
        value = value or _SAMPLES.get(self.type.removesuffix("-or-none"), "VALUE")
        return self.name if self.takes == "none" else f"{self.name} {value}"


def _has_keys(value: str, keys: Sequence[str]) -> bool:
    try:
        found = json.loads(_SHORT_NUMBER.sub("0", value))
    except ValueError:
        return False
    return isinstance(found, dict) and set(found) <= set(keys)


def _is(kind: str, value: str) -> bool:
    if kind == "json":
        return _parses(json.loads, value)
    if kind == "tokens-or-auto" and value.lower() == "auto":
        return True
    if kind in ("tokens", "tokens-or-auto"):
        return _TOKENS.fullmatch(value) is not None
    return _parses(int if kind == "whole" else float, value)


def _parses(parse: Callable[[str], object], value: str) -> bool:
    try:
        parse(value)
    except ValueError:
        return False
    return True


def _one_of(choices: Sequence[str]) -> str:
    more = f" or {len(choices) - _SHOWN} others" if len(choices) > _SHOWN else ""
    return f"one of {', '.join(choices[:_SHOWN])}{more}"


class Grammar:
    """The flags of one version. `gone`: flags that only earlier versions had, and what to write instead."""

    def __init__(self, title: str, flags: Mapping[str, Flag], gone: Mapping[str, str]) -> None:
        self._title, self._gone = title, gone
        self._flags = {spelling: flag for flag in flags.values() for spelling in flag.spellings}

    def read(self, arguments: Sequence[str]) -> Iterator[Argument | BadArgument]:
        """Each flag with its values, or the reason why the engine would refuse it."""
        index = 0
        while index < len(arguments):
            after = index + 1
            while after < len(arguments) and not _is_flag(arguments[after]):
                after += 1
            if _is_flag(arguments[index]):
                yield from self._of(index, arguments[index], arguments[index + 1 : after])
            else:
                yield _stray(index, arguments[index])
            index = after

    def _of(self, index: int, item: str, values: Sequence[str]) -> Iterator[Argument | BadArgument]:
        typed, equals, value = _split(item)
        flag = self._named(typed)
        if flag is None and not equals and (short := self._short(typed)) is not None:
            flag, equals, value = short[0], "=", short[1]
        if flag is None:
            yield self._unknown(index, typed)
            return
        attached = [value] if equals else []
        given = attached or list(values[: len(values) if flag.takes == "some" else 1])
        left = index + 1 + (0 if attached or flag.takes == "none" else len(given))
        wrong = self._wrong(index, typed, flag, given, attached=bool(attached))
        yield wrong or Argument(index, typed, flag.name, () if flag.takes == "none" else tuple(given))
        if wrong is None and left <= index + len(values):
            yield _stray(left, values[left - index - 1])

    def _named(self, typed: str) -> Flag | None:
        """The flag itself, or the only one that begins so. One that takes JSON may have a key of it after a dot."""
        name, dot, keys = typed.partition(".")
        found = {flag.name: flag for flag in self._beginning(name)}
        flag = next(iter(found.values())) if len(found) == 1 else None
        if dot and flag is not None and not flag.takes_key(keys.partition(".")[0].removesuffix("+")):
            return None
        return Flag((flag.name,), flag.takes, "text", ()) if dot and flag is not None else flag

    def _beginning(self, name: str) -> list[Flag]:
        if name in self._flags:
            return [self._flags[name]]
        return [flag for spelling, flag in self._flags.items() if spelling.startswith(name)] if len(name) > 1 else []

    def _short(self, typed: str) -> tuple[Flag, str] | None:
        """A short flag and the value attached to it: `-qfp8` is -q with a value, `-O3` an optimization level."""
        if typed.startswith("--"):
            return None
        if typed.startswith("-O"):
            return self._flags[_LEVEL], typed[2:]
        return (self._flags[typed[:2]], typed[2:]) if typed[:2] in self._flags else None

    def _unknown(self, index: int, typed: str) -> BadArgument:
        found = sorted({flag.name for flag in self._beginning(typed)})
        if typed == "--":
            return BadArgument(index, typed, "-- ends the flags", "leave it out")
        if len(found) > 1:
            return BadArgument(index, typed, f"{typed} could be {', '.join(found[:_SHOWN])}", "write the whole flag")
        if typed in self._gone:
            return BadArgument(index, typed, f"{self._title} has no {typed} any more", self._gone[typed])
        return BadArgument(index, typed, f"{self._title} has no {typed}", "leave it out", known=self._flags)

    def _wrong(self, index: int, typed: str, flag: Flag, given: Sequence[str], *, attached: bool) -> BadArgument | None:
        if flag.takes == "none":
            write = f"write {' or '.join(flag.spellings)}"
            return BadArgument(index, typed, f"{typed} takes no value", write, flag.name) if attached else None
        if not given and flag.takes != "optional":
            write = f"write {flag.sample}, as two items"
            return BadArgument(index, typed, f"{typed} has no value", write, flag.name)
        allowed = next((wrong for value in given if (wrong := flag.wrong(value)) is not None), None)
        if allowed is None:
            return None
        return BadArgument(index, typed, f"{typed} takes {allowed}", f"write e.g. {flag.sample}", flag.name)


def _split(item: str) -> tuple[str, str, str]:
    """A flag, its equals sign and its value. Underscores of a long flag become dashes, up to a dot."""
    typed, equals, value = item.partition("=")
    if typed.startswith("--"):
        name, dot, keys = typed.partition(".")
        typed = f"--{name[2:].replace('_', '-')}{dot}{keys}"
    return typed, equals, value


def _is_flag(item: str) -> bool:
    """Whether argparse reads an item as a flag. An item that contains a space is a value."""
    head = item.partition("=")[0]
    return len(item) > 1 and item.startswith("-") and not _NUMBER.match(item) and " " not in head


def _stray(index: int, item: str) -> BadArgument:
    if item.startswith("-") and " " in item:
        flag = item.partition(" ")[0]
        return BadArgument(index, "", f"{flag} and its value are one item", f"write them as two items, or {flag}=VALUE")
    return BadArgument(
        index, "", "a value that belongs to no flag (not shown)", "leave it out, or write its flag first"
    )
