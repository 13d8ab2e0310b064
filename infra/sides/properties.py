"""What differs between two values, by path. An element of a list is named, so that its neighbours don't seem to."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from infra.sides.text_values import documents, readable
from infra.sides.types import Change

# What an element is called, by the first of these that every element has and no two share.
_NAMES = (
    "name",
    "key",
    "deviceName",
    "resourceType",
    "mountPath",
    "containerPort",
    "port",
    "host",
    "path",
    "topologyKey",
)
_ARGUMENTS = re.compile(r"\.?(args|command|extraArgs)$")
_PLAIN_KEY = re.compile(r"[\w/:-]+")
_NOTHING: Mapping[str, Any] = {}


def differences(old: Any, new: Any, path: str = "") -> dict[str, Change]:
    """Every leaf that differs."""
    found = sorted(_differ(old, new, path), key=lambda leaf: leaf[0])
    return {path: change for path, change in found if change}


def leaves(value: Any) -> dict[str, Any]:
    """Every leaf, by the same paths."""
    return {path: change.new for path, change in _differ(None, value, "")}


def _differ(old: Any, new: Any, path: str) -> Iterator[tuple[str, Change]]:
    if _is(Mapping, old, new) and (old or new):
        for key in {**(old or _NOTHING), **(new or _NOTHING)}:
            yield from _differ((old or _NOTHING).get(key), (new or _NOTHING).get(key), _inside(path, key))
    elif _is(list, old, new):
        yield from _lists(old or [], new or [], path)
    elif inside := documents(old, new, path):
        yield from _whole(list(_differ(*inside, path)), old, new, path)
    else:
        yield path, Change(readable(old, path), readable(new, path))


def _whole(found: list[tuple[str, Change]], old: Any, new: Any, path: str) -> Iterator[tuple[str, Change]]:
    """What differs inside; where nothing does but the values do, as another order, the values."""
    yield from found
    if old != new and not any(change for _, change in found):
        yield path, Change(old, new)


def _lists(old: list[Any], new: list[Any], path: str) -> Iterator[tuple[str, Change]]:
    yield from _whole(list(_elements(old, new, path)), old, new, path)


def _elements(old: list[Any], new: list[Any], path: str) -> Iterator[tuple[str, Change]]:
    elements = [*old, *new]
    if all(isinstance(each, str) for each in elements) and _ARGUMENTS.search(path):
        yield from _named(_flags(old), _flags(new), path)
    elif not any(isinstance(each, Mapping | list) for each in elements):
        yield path, Change(old or None, new or None)
    elif name := _name_key(old, new):
        before, after = _by_name(old, name), _by_name(new, name)
        gone, come = [each for each in before if each not in after], [each for each in after if each not in before]
        if len(gone) == len(come) == 1:  # the same one, renamed
            yield f"{path}[{gone[0]}].{name}", Change(gone[0], come[0])
            after[gone[0]] = after.pop(come[0])
        yield from _named(before, after, path)
    else:
        before, after = _others(old, new)
        yield from _named(dict(enumerate(before)), dict(enumerate(after)), path)


def _others(old: list[Any], new: list[Any]) -> tuple[list[Any], list[Any]]:
    """Elements without a name, by their place; of longer and shorter lists those that only one of them has."""
    if len(old) == len(new):
        return old, new
    gone, come = [each for each in old if each not in new], [each for each in new if each not in old]
    return (gone, come) if gone or come else (old, new)


def _named(old: Mapping[Any, Any], new: Mapping[Any, Any], path: str) -> Iterator[tuple[str, Change]]:
    for name in {**old, **new}:
        yield from _differ(old.get(name), new.get(name), f"{path}[{name}]")


def _name_key(old: list[Any], new: list[Any]) -> str | None:
    return next((key for key in _NAMES if _names_all(old, key) and _names_all(new, key)), None)


def _names_all(elements: list[Any], key: str) -> bool:
    names = [each.get(key) if isinstance(each, Mapping) else None for each in elements]
    return all(isinstance(name, str | int) for name in names) and len(set(names)) == len(names)


def _by_name(elements: list[Mapping[str, Any]], key: str) -> dict[str, Any]:
    """Each element without its name; of one that has a value beside, as `env` has, only that."""
    rest = {each[key]: {k: v for k, v in each.items() if k != key} for each in elements}
    return {name: each["value"] if list(each) == ["value"] else each or True for name, each in rest.items()}


def _flags(arguments: Sequence[str]) -> dict[str, Any]:
    """`["serve", "--port", "80"]` as `{"0": "serve", "--port": "80"}`; without a value true, given twice a list."""
    found: dict[str, list[Any]] = {}
    flag, place = None, 0
    for each in arguments:
        if each.startswith("--"):
            flag, _, value = each.partition("=")
            found.setdefault(flag, []).append(value or True)
        elif flag is not None:
            last = found[flag].pop()
            found[flag].append(each if last is True else f"{last} {each}")
        else:
            found[str(place)] = [each]
            place += 1
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


def _inside(path: str, key: str) -> str:
    if not _PLAIN_KEY.fullmatch(key):
        return f"{path}[{json.dumps(key)}]"
    return f"{path}.{key}" if path else key


def _is(kind: type | tuple[type, ...], old: Any, new: Any) -> bool:
    """Both are of a kind, or one is and the other isn't there."""
    return (isinstance(old, kind) or old is None) and (isinstance(new, kind) or new is None) and old is not new
