"""Reads YAML's events into plain values, with the line of every key and the mistakes on the way."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
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

from infra.config_keys import PLATFORM, config_key
from infra.settings.mistakes import NULL_KEY, Key, Mistake, dotted
from infra.settings.numbers import number_meant, of_octal, split_by_commas, thousands
from infra.settings.scalars import Wrong, scalar

_MAX_DEPTH = 60
_MAX_VALUES = 100_000  # an alias of aliases can stand for billions
_COMMENT_AS_VALUE = re.compile(r"[:,\[] +(#[^\s,}\]]+)")


@dataclass(frozen=True)
class _Node:
    line: int
    value: Any  # a scalar, a tuple of nodes, or a tuple of (key node, value node)
    kind: str  # scalar, list, map
    text: str = ""  # of a scalar without quotes, as it is written


_Pair = tuple[_Node, _Node]  # key and value


def events(text: str) -> Iterator[Any]:
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
        raise Wrong(mark.line + 1 if mark else None, f"not YAML: {problem}", write) from None
    except (YAMLError, ValueError) as error:
        raise Wrong(None, f"not YAML: {str(error).splitlines()[0]}", "") from None


def _commented_out(text: str, error: MarkedYAMLError) -> str:
    """A value such as #team begins a comment, so that what is after it is missing."""
    first, last = (mark.line if mark else 0 for mark in (error.context_mark, error.problem_mark))
    found = _COMMENT_AS_VALUE.search("\n".join(text.splitlines()[first : last + 1]))
    return f'write "{found[1]}" in quotes: # begins a comment' if found else ""


class Reader:
    """Turns events into nodes (anchors resolved), and nodes into plain data with lines."""

    def __init__(self) -> None:
        self.lines: dict[Key, int] = {}
        self.mistakes: list[Mistake] = []
        self.dotted: dict[Key, str] = {}  # numbers that may be thousands, as they are written
        self._anchors: dict[str, _Node | None] = {}  # None: still open
        self._values = 0

    def node(self, events: Iterator[Any], *, depth: int) -> _Node | None:
        """The next node, or None at the end of a collection or of the document."""
        event = next(events, None)
        if event is None:
            return None
        line = event.start_mark.line + 1
        if depth > _MAX_DEPTH:
            raise Wrong(line, f"nested deeper than {_MAX_DEPTH} levels", "write it flatter")
        if isinstance(event, AliasEvent):
            node = self._anchors.get(event.anchor)
            if node is None:
                raise Wrong(
                    line, f"alias *{event.anchor} has no anchor before it", f"write &{event.anchor} at the first value"
                )
            return node
        if event.anchor:
            self._anchors[event.anchor] = None
        if isinstance(event, ScalarEvent):
            node = _Node(line, scalar(event, line), "scalar", event.value if event.implicit[0] else "")
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
                raise Wrong(key.line, "not YAML: a key without a value", "")
            if key.kind != "scalar":
                raise Wrong(key.line, "a list or mapping as a key", "write a plain name")
            yield key, value

    def plain(self, node: _Node | None, at: Key) -> Any:
        """Python data as the engine passes it to a program. It also fills `lines`."""
        if node is None or node.kind == "scalar":
            self._check_octal(node, place(at))
            if node is not None and isinstance(node.value, int | float) and thousands(node.text) is not None:
                self.dotted[at] = node.text
            return node.value if node else None
        if len(at) > _MAX_DEPTH:
            raise Wrong(node.line, f"nested deeper than {_MAX_DEPTH} levels", "write it flatter")
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
                raise Wrong(
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
                value = _Node(value.line, int(meant) if meant.isdecimal() else float(meant), "scalar")
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
            raise Wrong(line, f"more than {_MAX_VALUES} values, aliases included", "write fewer")


def _is_bare(pair: _Pair, line: int) -> bool:
    """Whether it is a key without a value on this line, such as the `000` in `{usdPerMonth: 45,000}`."""
    key, value = pair
    return key.line == line and bool(key.text) and value.kind == "scalar" and value.value is None and not value.text


def _key(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return {None: NULL_KEY, True: "true", False: "false"}[value]
    return str(value)


def full(key: str) -> str:
    """Pulumi reads a key without a namespace as one of the project's own."""
    return key if ":" in key else config_key(key)


def place(key: Key) -> Key:
    """A key's path as the user sees it: sections of the platform start with their name, other config keys are whole."""
    if len(key) < 2 or key[0] != "config":
        return key
    name = full(str(key[1]))
    return key[2:] if name == PLATFORM else (name, *key[2:])
