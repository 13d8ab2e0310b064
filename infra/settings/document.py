"""Reads a stack file's YAML as Pulumi's engine does (go-yaml v3), and remembers the line of every key.

go-yaml follows neither YAML 1.1 nor 1.2 exactly: `off`, `yes` and `22:00` are strings, `010` is 8, `<<` merges even in
quotes, only the first document counts (a second is a mistake here), and a key that is written twice is an error. The
engine passes the result to the program as JSON, so `3.0` becomes 3.
This was seen with `LoadProjectStackBytes` of Pulumi's Go SDK 3.250; tests/settings/test_document.py has the table.
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from itertools import takewhile
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from infra.config_keys import NAMESPACE, PLATFORM, config_key
from infra.settings.mistakes import NULL_KEY, Key, Mistake, dotted, unknown_key
from infra.settings.numbers import number_meant, of_octal, split_by_commas

STACK_KEYS = ("config", "encryptionsalt", "encryptedkey", "secretsprovider", "environment")
_MAX_DEPTH = 60
_MAX_VALUES = 100_000  # an alias of aliases can stand for billions

_CONSTANTS: Mapping[str, Any] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_STRING = "tag:yaml.org,2002:str"
_TAGGED: Mapping[str, tuple[type, ...]] = {
    "tag:yaml.org,2002:int": (int,),
    "tag:yaml.org,2002:float": (int, float),
    "tag:yaml.org,2002:bool": (bool,),
    "tag:yaml.org,2002:null": (type(None),),
}
_COMMENT_AS_VALUE = re.compile(r"[:,\[] +(#[^\s,}\]]+)")
_NOT_JSON = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_INTEGER = re.compile(r"[-+]?(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_TIME = re.compile(
    r"(\d{4})-(\d\d?)-(\d\d?)"
    r"(?:[Tt](\d\d?):(\d\d?):(\d\d?)(\.\d+)?(Z|[-+]\d\d:\d\d)| (\d\d?):(\d\d?):(\d\d?)(\.\d+)?)?"
)


@dataclass(frozen=True)
class Document:
    """A stack file: its `config`, the line of each key, and the mistakes of the text itself."""

    config: Mapping[str, Any] | None  # None: the text has no config that could be checked
    lines: Mapping[Key, int]
    mistakes: tuple[Mistake, ...]


@dataclass(frozen=True)
class _Node:
    line: int
    value: Any  # a scalar, a tuple of nodes, or a tuple of (key node, value node)
    kind: str  # scalar, list, map
    text: str = ""  # of a scalar without quotes, as it is written


_Pair = tuple[_Node, _Node]  # key and value


class _Wrong(Exception):
    """A mistake after which the rest of the text can't be read."""

    def __init__(self, line: int | None, got: str, write: str) -> None:
        super().__init__(got)
        self.line, self.got, self.write = line, got, write


def read_document(text: str) -> Document:
    """The stack file in `text`. Never raises; the mistakes are in the result."""
    reader = _Reader()
    try:
        events = _events(text.removeprefix("\ufeff"))
        data = reader.plain(reader.node(events, depth=0), ())
        second = next(events, None)
    except _Wrong as wrong:
        return Document(None, {}, (Mistake("file", wrong.line, wrong.got, wrong.write),))
    mistakes = list(reader.mistakes)
    if second is not None:
        got = "a second YAML document, and Pulumi reads the first only"
        mistakes.append(Mistake("file", second.start_mark.line + 1, got, "write one, without ---"))
    if isinstance(data, dict):
        strays = (key for key in data if key not in STACK_KEYS)
        mistakes += (Mistake(dotted((key,)), reader.lines.get((key,)), unknown_key(key, STACK_KEYS)) for key in strays)
    config: Any = None
    example = f"config: {{{PLATFORM}: {{cluster: ..., models: ...}}}}"
    if data is None:
        mistakes.append(Mistake("file", None, "empty", f"write {example}"))
    elif not isinstance(data, dict):
        mistakes.append(Mistake("file", 1, "not a mapping at the top", f"write {example}"))
    elif data.get("config") is None:
        mistakes.append(Mistake("config", reader.lines.get(("config",)), "missing", f"write {example}"))
    elif not isinstance(data["config"], dict):
        mistakes.append(Mistake("config", reader.lines.get(("config",)), "not a mapping", f"write {example}"))
    else:
        # Pulumi reads a key without a namespace as one of the project's own.
        config = {}
        for key, value in data["config"].items():
            if _full(key) in config:
                got = f"written twice, with and without `{NAMESPACE}:`"
                mistakes.append(Mistake(dotted((key,)), reader.lines["config", key], got, "keep one of them"))
            config[_full(key)] = value
    return Document(config, {place(key): line for key, line in reader.lines.items()}, tuple(mistakes))


def _full(key: str) -> str:
    return key if ":" in key else config_key(key)


def place(key: Key) -> Key:
    """A key's path as the user sees it: sections of the platform start with their name, other config keys are whole."""
    if len(key) < 2 or key[0] != "config":
        return key
    name = _full(str(key[1]))
    return key[2:] if name == PLATFORM else (name, *key[2:])


def _events(text: str) -> Iterator[Any]:
    """The parser's events of each document's nodes."""
    try:
        for event in YAML(typ="safe", pure=True).parse(text):
            if isinstance(event, StreamEndEvent):
                return
            if isinstance(event, (ScalarEvent, AliasEvent, MappingStartEvent, SequenceStartEvent)):
                yield event
            elif isinstance(event, (MappingEndEvent, SequenceEndEvent)):
                yield None  # the end of the innermost collection
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = error.problem or error.context or ""
        write = "indent with spaces" if "'\\t'" in problem else _commented_out(text, error)
        raise _Wrong(mark.line + 1 if mark else None, f"not YAML: {problem}", write) from None
    except (YAMLError, ValueError) as error:
        raise _Wrong(None, f"not YAML: {str(error).splitlines()[0]}", "") from None


def _commented_out(text: str, error: MarkedYAMLError) -> str:
    """A value such as #team begins a comment, so that what is after it is missing."""
    first, last = (mark.line if mark else 0 for mark in (error.context_mark, error.problem_mark))
    found = _COMMENT_AS_VALUE.search("\n".join(text.splitlines()[first : last + 1]))
    return f'write "{found[1]}" in quotes: # begins a comment' if found else ""


class _Reader:
    """Turns events into nodes (anchors resolved), and nodes into plain data with lines."""

    def __init__(self) -> None:
        self.lines: dict[Key, int] = {}
        self.mistakes: list[Mistake] = []
        self._anchors: dict[str, _Node | None] = {}  # None: still open
        self._values = 0

    def node(self, events: Iterator[Any], *, depth: int) -> _Node | None:
        """The next node, or None at the end of a collection or of the document."""
        event = next(events, None)
        if event is None:
            return None
        line = event.start_mark.line + 1
        if depth > _MAX_DEPTH:
            raise _Wrong(line, f"nested deeper than {_MAX_DEPTH} levels", "write it flatter")
        if isinstance(event, AliasEvent):
            node = self._anchors.get(event.anchor)
            if node is None:
                raise _Wrong(
                    line, f"alias *{event.anchor} has no anchor before it", f"write &{event.anchor} at the first value"
                )
            return node
        if event.anchor:
            self._anchors[event.anchor] = None
        if isinstance(event, ScalarEvent):
            node = _Node(line, _scalar(event, line), "scalar", event.value if event.implicit[0] else "")
        elif isinstance(event, SequenceStartEvent):
            node = _Node(line, tuple(iter(lambda: self.node(events, depth=depth + 1), None)), "list")
        else:
            node = _Node(line, tuple(self._pairs(events, depth + 1)), "map")
        if event.anchor:
            self._anchors[event.anchor] = node
        return node

    def _pairs(self, events: Iterator[Any], depth: int) -> Iterator[tuple[_Node, _Node]]:
        while (key := self.node(events, depth=depth)) is not None:
            value = self.node(events, depth=depth)
            if value is None:
                raise _Wrong(key.line, "not YAML: a key without a value", "")
            if key.kind != "scalar":
                raise _Wrong(key.line, "a list or mapping as a key", "write a plain name")
            yield key, value

    def plain(self, node: _Node | None, at: Key) -> Any:
        """Python data as the engine passes it to a program. It also fills `lines`."""
        if node is None or node.kind == "scalar":
            self._check_octal(node, place(at))
            return node.value if node else None
        if len(at) > _MAX_DEPTH:
            raise _Wrong(node.line, f"nested deeper than {_MAX_DEPTH} levels", "write it flatter")
        if node.kind == "list":
            for index, item in enumerate(node.value):
                self._count(item.line)
                self.lines[(*at, index)] = item.line
            return [self.plain(item, (*at, index)) for index, item in enumerate(node.value)]
        entries = self._entries(node, at, depth=0)
        self.lines |= {(*at, key): line for key, (line, _) in entries.items()}
        return {key: self.plain(value, (*at, key)) for key, (_, value) in entries.items()}

    def _entries(self, node: _Node, at: Key | None, *, depth: int) -> dict[str, tuple[int, _Node]]:
        """The keys of a mapping with line and value, merged keys last. `at`: the path under which a key that is written
        twice is reported."""
        result: dict[str, tuple[int, _Node]] = {}
        first: dict[str, int] = {}
        merged: list[_Node] = []
        for key_node, value in self._without_commas(node.value, at):
            self._count(key_node.line)
            key, line = _key(key_node.value), key_node.line
            if key in first:
                if at is not None:
                    got = f"written twice, on lines {first[key]} and {line}"
                    self.mistakes.append(Mistake(dotted(place((*at, key))), line, got, "keep one of them"))
            elif key == "<<":
                merged += value.value if value.kind == "list" else [value]
            else:
                result[key] = (line, value)
            first.setdefault(key, line)
        for other in merged:
            if other.kind != "map" or depth > _MAX_DEPTH:
                raise _Wrong(
                    other.line,
                    "`<<` can merge only mappings, and not nested too deeply",
                    "write <<: *NAME, the alias of a mapping",
                )
            for key, entry in self._entries(other, None, depth=depth + 1).items():
                result.setdefault(key, entry)
        return result

    def _without_commas(self, pairs: Sequence[_Pair], at: Key | None) -> Iterator[_Pair]:
        """A number with commas is one mistake, whatever keys YAML makes of it; it counts as it is meant."""
        rest = list(pairs)
        while rest:
            key, value = rest.pop(0)
            keys = [each.text for each, _ in takewhile(partial(_is_bare, line=key.line), rest)]
            if value.text and split_by_commas(value.text, keys):
                rest = rest[len(keys) :]
                meant = number_meant(value.text, keys)
                self._report_commas(key, ",".join((value.text, *keys)), meant, at)
                value = _Node(value.line, int(meant), "scalar") if meant.isdecimal() else value
            yield key, value

    def _report_commas(self, key: _Node, typed: str, meant: str, at: Key | None) -> None:
        name = _key(key.value)
        if at is not None:
            got = f"{typed}: a comma can't be in a number; here it begins another key"
            write = f"write {name}: {meant}{'' if meant.isdecimal() else ', where decimals are allowed'}"
            self.mistakes.append(Mistake(dotted(place((*at, name))), key.line, got, write))

    def _check_octal(self, node: _Node | None, at: Key) -> None:
        """Only in the platform's settings: what other keys of Pulumi mean isn't known here."""
        octal = of_octal(node.text, node.value) if node is not None and at[:1] != ("config",) and at[1:] else None
        if node is not None and octal is not None:
            self.mistakes.append(Mistake(dotted(at), node.line, *octal))

    def _count(self, line: int) -> None:
        self._values += 1
        if self._values > _MAX_VALUES:
            raise _Wrong(line, f"more than {_MAX_VALUES} values, aliases included", "write fewer")


def _is_bare(pair: _Pair, line: int) -> bool:
    """Whether it is a key without a value on this line, such as the `000` in `{usdPerMonth: 45,000}`."""
    key, value = pair
    return key.line == line and bool(key.text) and value.kind == "scalar" and value.value is None and not value.text


def _key(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return {None: NULL_KEY, True: "true", False: "false"}[value]
    return str(value)


def _scalar(event: ScalarEvent, line: int) -> Any:
    """A scalar as go-yaml resolves it, and as it reaches the program in JSON."""
    text, tag = event.value, str(event.tag) if event.tag else None
    if tag in (_STRING, "!") or (tag is None and not event.implicit[0]):
        return text
    value = _plain(text, line)
    if tag is not None and type(value) not in _TAGGED.get(tag, ()):
        raise _Wrong(line, "a YAML tag (!...) that the value doesn't fit", "write the plain value")
    return value


def _plain(text: str, line: int) -> Any:
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if _NOT_JSON.fullmatch(text):
        raise _Wrong(line, f"a stack file can't contain {text}", "write a finite number")
    return _number(text) if text[0] in "+-0123456789." else text


def _number(text: str) -> Any:
    if timestamp := _TIME.fullmatch(text):
        return _timestamp(timestamp) or text
    digits = text.replace("_", "") if text[0] != "." else text
    if _INTEGER.fullmatch(digits):
        value = _integer(digits)
        if -(2**63) <= value < 2**64:
            return value
    if not _FLOAT.fullmatch(digits) or math.isinf(float(digits)):
        return text
    number = float(digits)
    return int(number) if number.is_integer() and abs(number) < 1e21 else number


def _integer(digits: str) -> int:
    """A leading zero means octal in go-yaml, with or without the `o`."""
    sign = -1 if digits[0] == "-" else 1
    body = digits.lstrip("+-").lower()
    base = {"0x": 16, "0b": 2, "0o": 8}.get(body[:2])
    if base:
        return sign * int(body[2:], base)
    return sign * int(body, 8 if body[0] == "0" else 10)


def _timestamp(match: re.Match[str]) -> str | None:
    """An unquoted date reaches the program as Go prints a time."""
    year, month, day, *rest = match.groups()
    zone_name = rest[4]
    hour, minute, second, fraction = rest[:4] if zone_name else rest[5:]
    zone = UTC
    if zone_name and zone_name != "Z":
        shift = timedelta(hours=int(zone_name[1:3]), minutes=int(zone_name[4:6]))
        zone = timezone(-shift if zone_name[0] == "-" else shift)
    try:
        time = datetime(
            int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0), tzinfo=zone
        )
    except ValueError:
        return None
    offset = time.strftime("%z")
    digits = (fraction or "").rstrip("0").rstrip(".")
    return f"{time:%Y-%m-%d %H:%M:%S}{digits} {offset} {'UTC' if offset == '+0000' else offset}"
