"""What the SDK's types and AWS's own API models say against the inputs of an AWS resource: the mocks take anything."""

import importlib
import json
import re
import typing
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pulumi import _types

SCHEMA = Path(__file__).parent / "schemas" / "aws.json"
_KINDS = {str: (str,), int: (int,), float: (int, float), bool: (bool,)}
# https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html, read on 2026-11-27
TAG = r"[\w\s.:/=+\-@]*"
_REFERENCE = "${"  # a value that AWS makes


def against_the_sdk(type_: str, inputs: Mapping[str, Any]) -> list[str]:
    """Keys that the SDK's class doesn't have, and values of another type than it says."""
    package, name = _module(type_)
    return list(_sdk(inputs, getattr(importlib.import_module(package), f"{name}Args"), ""))


def against_aws(model: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[list[str], set[str]]:
    """Values that AWS's API model forbids; and the paths of which it says nothing."""
    wrong: list[str] = []
    unknown: set[str] = set()
    _aws(inputs, model, "", wrong, unknown)
    return wrong, unknown


def _module(type_: str) -> tuple[str, str]:
    """`aws:eks/nodeGroup:NodeGroup` is `NodeGroup` of `pulumi_aws.eks`."""
    _, module, name = type_.split(":")
    return f"pulumi_aws.{module.split('/')[0]}", name


def _sdk(value: Any, asked: Any, path: str) -> Iterator[str]:
    if isinstance(asked, type) and _types.is_input_type(asked):
        yield from _sdk_keys(value, asked, path)
    elif typing.get_origin(asked) in (Mapping, dict):
        for key, item in value.items():
            yield from _sdk(item, _plain(typing.get_args(asked)[1]), f"{path}.{key}")
    elif typing.get_origin(asked) in (Sequence, list):
        if not isinstance(value, list):
            yield f"{path}: {value!r} is no list"
            return
        for item in value:
            yield from _sdk(item, _plain(typing.get_args(asked)[0]), f"{path}[]")
    elif not isinstance(value, _KINDS[asked]) or (isinstance(value, bool) and asked is not bool):
        yield f"{path}: {value!r} is no {asked.__name__}"


def _sdk_keys(value: Any, asked: type, path: str) -> Iterator[str]:
    types = _types.input_type_types(asked)
    for key, item in value.items():
        if key not in types:
            yield f"{path}.{key} is not in {asked.__name__}"
        else:
            yield from _sdk(item, _plain(types[key]), f"{path}.{key}".lstrip("."))


def _plain(asked: Any) -> Any:
    """The type itself, of `T | Awaitable[T] | Output[T]`."""
    return typing.get_args(asked)[0] if typing.get_origin(asked) is typing.Union else asked


def _aws(value: Any, model: Any, path: str, wrong: list[str], unknown: set[str]) -> None:
    if isinstance(value, Mapping):
        model = model or {}
        for key, item in value.items():
            here, keys = f"{path}.{key}".lstrip("."), model.get("[]", model)  # the SDK's one is AWS's list of one
            if key == "tags":
                wrong += _wrong_tags(here, item)
            elif "{}" not in keys and key.lower() not in keys:
                unknown.add(here)
            else:
                _aws(item, keys.get("{}", keys.get(key.lower())), here, wrong, unknown)
    elif isinstance(value, list):
        wrong += _out_of_bounds(path, len(value), model or {})
        for item in value:
            _aws(item, (model or {}).get("[]"), f"{path}[]", wrong, unknown)
    elif model and not (isinstance(value, str) and _REFERENCE in value):
        wrong += _forbidden(path, value, model)


def _wrong_tags(path: str, tags: Mapping[str, str]) -> Iterator[str]:
    for key, value in tags.items():
        if not re.fullmatch(TAG, key) or not re.fullmatch(TAG, value) or not 1 <= len(key) <= 128 or len(value) > 256:
            yield f"{path}: {key}: {value!r} is no tag"
    if len(tags) > 50:
        yield f"{path}: {len(tags)} tags; AWS takes 50"


def _forbidden(path: str, value: Any, model: Mapping[str, Any]) -> Iterator[str]:
    if "enum" in model and value not in model["enum"]:
        yield f"{path}: {value!r} is none of {model['enum']}"
    if "pattern" in model and not re.fullmatch(model["pattern"], str(value)):
        yield f"{path}: {value!r} doesn't match {model['pattern']}"
    yield from _out_of_bounds(path, len(value) if isinstance(value, str) else value, model)


def _out_of_bounds(path: str, number: float, model: Mapping[str, Any]) -> Iterator[str]:
    if number < model.get("min", number):
        yield f"{path}: {number} is less than {model['min']}"
    if number > model.get("max", number):
        yield f"{path}: {number} is more than {model['max']}"


def models() -> dict[str, Any]:
    """By resource type, as `tests/schemas/distill_aws.py` writes it."""
    read = json.loads(SCHEMA.read_text(encoding="utf-8"))
    read.pop("source")
    return read
