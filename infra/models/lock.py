"""`models.lock`, next to the stack files: one section per model, with the facts from the model's own files and the
commit at which they were read."""

import dataclasses
import json
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import ConfigDict, TypeAdapter, ValidationError

from infra.catalog import Catalog, ModelShape
from infra.models.places import is_url

NAME = "models.lock"
_OF_LIBRARY = ":"  # after it comes the name of a model in the library of the engine before it
_TOP = """\
# Facts from the models' own files, read by `llm-platform model add`: plans read them here, without a network.
# Change it with `llm-platform model add` and `model update`. GiB are 2^30 bytes; absent fields weren't in the files.
"""
# The more important fields come first; the others follow in the order of the shape.
_FIRST = ("revision", "source", "gated", "private", "architecture", "model_type", "custom_code", "modality", "dtype")
_FIELDS = {each.name: each.default for each in dataclasses.fields(ModelShape)}


class BadLock(Exception):
    """The mistakes of the lock, all at once: (dotted path, what was got)."""

    def __init__(self, path: Path, mistakes: list[tuple[str, str]]) -> None:
        super().__init__(str(path), mistakes)
        self.path, self.mistakes = path, mistakes


class _Strict(ModelShape):
    """The shape of a section: no unknown field is allowed, and each value must have the type of its field."""

    __pydantic_config__ = ConfigDict(extra="forbid", strict=True)


def read_lock(folder: Path) -> Mapping[str, ModelShape]:
    """The models of the lock by name; empty if there is no lock. Raises BadLock."""
    path = folder / NAME
    try:
        sections = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadLock(path, [("file", f"can't be read: {error}")]) from None
    mistakes: list[tuple[str, str]] = []
    found = {name: _shape(name, said, mistakes) for name, said in sections.items()}
    if mistakes:
        raise BadLock(path, mistakes)
    return {name: shape for name, shape in found.items() if shape is not None}


def with_lock(catalog: Catalog, folder: Path) -> Catalog:
    """The catalogue with the models of the lock in `folder`. They replace the catalogue's own entries. Raises
    BadLock."""
    locked = read_lock(folder)
    tags = {name.partition(_OF_LIBRARY)[2]: shape for name, shape in locked.items() if of_library(name)}
    models = {name: shape for name, shape in locked.items() if not of_library(name)}
    return dataclasses.replace(catalog, models={**catalog.models, **models}, tags=tags) if locked else catalog


def of_library(name: str) -> bool:
    """Whether a name of the lock is that of an engine's own library."""
    return _OF_LIBRARY in name and not is_url(name)


def lock_text(models: Mapping[str, ModelShape]) -> str:
    """The whole text of the lock. Models are sorted by name, so that a new one adds only its own lines."""
    return "\n".join((_TOP, *(_section(name, models[name]) for name in sorted(models, key=str.lower))))


def fields_of(shape: ModelShape) -> dict[str, Any]:
    """The fields of a section: all that differ from the default."""
    order = (*_FIRST, *(name for name in _FIELDS if name not in _FIRST))
    said = vars(shape)
    return {name: said[name] for name in order if name != "id" and said[name] != _FIELDS[name]}


def _section(name: str, shape: ModelShape) -> str:
    lines = (f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in fields_of(shape).items())
    return "\n".join((f"[{json.dumps(name)}]", *lines, ""))


def _shape(name: str, said: Any, mistakes: list[tuple[str, str]]) -> ModelShape | None:
    if not isinstance(said, dict):
        mistakes.append((name, "must be a section of fields"))
        return None
    try:
        found = _adapter().validate_json(json.dumps({**said, "id": name}, default=str))
        return ModelShape(**vars(found))
    except ValidationError as error:
        for each in error.errors(include_url=False):
            field = ".".join(map(str, each["loc"]))
            mistakes.append((f'"{name}".{field}', _got(each["type"], each["input"])))
        return None


@cache
def _adapter() -> TypeAdapter[_Strict]:
    return TypeAdapter(_Strict)


def _got(kind: str, value: Any) -> str:
    if kind == "missing":
        return "missing"
    return "unknown field" if "unexpected" in kind or kind == "extra_forbidden" else f"got {value!r}"
