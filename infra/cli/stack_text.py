"""Changes of a stack file's text: a value is put in or taken out, and every other byte stays as people wrote it."""

import os
import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import yaml

from infra.cli.yaml_1_1 import to_flow

_STEP = 2  # columns of a nested key

Entry = tuple[yaml.Node, yaml.Node]


class NotEditable(Exception):
    """The text has a form, such as an alias, that only a person can change; the message is what to write."""


def put(text: str, path: Sequence[str], value: Any) -> str:
    """The text with that value under that path, whose first keys exist. Raises NotEditable."""
    *parents, last = path
    node: yaml.Node = _root(text)
    for depth, key in enumerate(parents):
        entry = _entry(node, key)
        if entry is None:
            return _checked(text, path, value, _inserted(text, node, path[depth:], value))
        _refuse_alias(entry, path, value)
        node = entry[1]
        if _is_null(node):
            return _checked(text, path, value, _replaced(text, entry, _nested(path[depth + 1 :], value)))
    entry = _entry(node, last)
    if entry is None:
        return _checked(text, path, value, _inserted(text, node, [last], value))
    _refuse_alias(entry, path, value)
    return _checked(text, path, value, _replaced(text, entry, value))


def take_out(text: str, path: Sequence[str]) -> str:
    """The text without that key, which isn't the only one of its mapping. Raises NotEditable."""
    *parents, key = path
    node: yaml.Node = _root(text)
    for each in parents:
        found = _entry(node, each)
        assert found is not None, path
        _refuse_alias(found, path, None)
        node = found[1]
    entry = _entry(node, key)
    if entry is None or not isinstance(node, yaml.MappingNode):
        raise NotEditable(f"take {key} out of {'.'.join(parents)}: it is merged from elsewhere")
    without = _without_flow(text, entry) if node.flow_style else _without_block(text, node, entry)
    return _checked(text, path, None, without)


class ChangedMeanwhile(Exception):
    """Somebody else has written the stack file: another command on it, or an editor."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} was changed by somebody else, perhaps by the same command in another terminal")


def replace_file(path: Path, text: str, was: str | None = None) -> None:
    """All or nothing: a run that is cut off leaves the old file. A link stays one, a read-only file as it is, and the
    ends of lines as they were. `was`: what it must still say, else it raises ChangedMeanwhile."""
    path = path.resolve()
    with path.open("r+b") as old:  # raises where it may not be written, which a rename wouldn't ask
        there = old.read()
    newline = "\r\n" if b"\r\n" in there else "\n"
    if was is not None and there.decode().replace("\r\n", "\n") != was:
        raise ChangedMeanwhile(path)
    fresh = path.with_suffix(".yaml.new")
    fresh.write_text(text, encoding="utf-8", newline=newline)
    shutil.copymode(path, fresh)
    os.replace(fresh, path)


def _root(text: str) -> yaml.Node:
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    assert root is not None, "a stack file that was loaded isn't empty"
    return root


def _entry(node: yaml.Node, key: str) -> Entry | None:
    entries: list[Entry] = node.value if isinstance(node, yaml.MappingNode) else []
    return next((each for each in entries if each[0].value == key), None)


def _is_null(node: yaml.Node) -> bool:
    return node.tag == "tag:yaml.org,2002:null"


def _refuse_alias(entry: Entry, path: Sequence[str], value: Any) -> None:
    if _is_alias(entry):
        what = "take it out" if value is None else f"write {to_flow(value)} there"
        raise NotEditable(f"{entry[0].value} is an alias (*): {what} by hand, at {'.'.join(path[1:])}")


def _is_alias(entry: Entry) -> bool:
    """Its node is the one with the anchor, farther up."""
    key, value = entry
    return value.start_mark.index < key.end_mark.index


def _end(text: str, entry: Entry) -> int:
    """Behind the last letter of a value: the parser ends a block where the next one begins, behind comments."""
    key, value = entry
    if _is_alias(entry):
        return _line_end(text, key.end_mark.index)
    while isinstance(value, yaml.CollectionNode) and not value.flow_style and value.value:
        last = value.value[-1]
        if isinstance(last, tuple):
            return _end(text, last)
        value = last
    return len(text[: value.end_mark.index].rstrip())


def _line_end(text: str, at: int) -> int:
    found = text.find("\n", at)
    return len(text) if found < 0 else found


def _line_start(text: str, at: int) -> int:
    return text.rfind("\n", 0, at) + 1


def _nested(path: Sequence[str], value: Any) -> Any:
    for key in reversed(path):
        value = {key: value}
    return value


def _inserted(text: str, parent: yaml.Node, path: Sequence[str], value: Any) -> str:
    """Behind the parent's last key."""
    assert isinstance(parent, yaml.MappingNode), path
    if parent.flow_style:
        at = parent.end_mark.index - 1
        before = text[:at].rstrip()
        comma = "" if before[-1] in "{," else ","
        inner = to_flow(_nested(path, value))[1:-1]
        return f"{before}{comma}{' ' if comma else ''}{inner}{text[at:]}"
    column = parent.value[0][0].start_mark.column
    lines = [f"{' ' * (column + _STEP * depth)}{to_flow(key)}:" for depth, key in enumerate(path)]
    lines[-1] += f" {to_flow(value)}"
    at = _line_end(text, _end(text, parent.value[-1]))
    return "\n".join((text[:at], *lines)) + (text[at:] or "\n")


def _replaced(text: str, entry: Entry, value: Any) -> str:
    colon = text.index(":", entry[0].end_mark.index) + 1
    end = max(colon, _end(text, entry))
    return f"{text[:colon]} {to_flow(value)}{text[end:]}"


def _without_flow(text: str, entry: Entry) -> str:
    start, end = entry[0].start_mark.index, _end(text, entry)
    if behind := re.match(r"\s*,\s*", text[end:]):
        return text[:start] + text[end + behind.end() :]
    return re.sub(r"\s*,\s*$", "", text[:start]) + text[end:]


def _without_block(text: str, parent: yaml.MappingNode, entry: Entry) -> str:
    """With the comment above it; what stands above the first key may be about all of them."""
    start = _line_start(text, entry[0].start_mark.index)
    comment = f"{' ' * entry[0].start_mark.column}#"
    if entry[0] is not parent.value[0][0]:
        while start and text.startswith(comment, above := _line_start(text, start - 1)):
            start = above
    return text[:start] + text[_line_end(text, _end(text, entry)) + 1 :]


def _checked(before: str, path: Sequence[str], value: Any, after: str) -> str:
    """Whatever form the text has: it says exactly what was meant, or a person writes it."""
    expected = _apart(yaml.safe_load(before))
    *parents, key = path
    inner = expected
    for each in parents:
        inner[each] = inner.get(each) or {}
        inner = inner[each]
    if value is None:
        del inner[key]
    else:
        inner[key] = value
    try:
        if yaml.safe_load(after) == expected:
            return after
    except yaml.YAMLError:
        pass
    what = "take it out" if value is None else f"write {to_flow(value)} there"
    raise NotEditable(f"{what} by hand, at {'.'.join(path[1:])}: its form, as of an anchor (&), can't be edited")


def _apart(value: Any) -> Any:
    """Each alias (*) as a value by itself: a change at its anchor (&) would be one of every alias."""
    if isinstance(value, dict):
        return {key: _apart(each) for key, each in cast(dict[Any, Any], value).items()}
    return [_apart(each) for each in cast(list[Any], value)] if isinstance(value, list) else value
