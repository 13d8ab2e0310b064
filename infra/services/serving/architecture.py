"""`architecture`: the config.json of a model that the catalogue doesn't know, read as `model add` reads that file."""

import dataclasses
import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from infra.catalog import ModelShape
from infra.catalog.kinds import OtherKind
from infra.models.config import shape_of_config
from infra.models.fields import NotServed, NotSized, read_json, text_fields
from infra.models.names import LENGTHS
from infra.models.task import Beside
from infra.project import UnreadableFile, read_text

_FILE = "config.json"


class BadArchitecture(Exception):
    """Every mistake: (field or "", what was got). `kind`: of a model that isn't served, whatever else is written."""

    def __init__(self, mistakes: list[tuple[str, str]], kind: OtherKind | None = None) -> None:
        super().__init__(mistakes)
        self.mistakes, self.kind = mistakes, kind


def described(name: str, given: Mapping[str, Any] | str) -> ModelShape:
    """The model that the fields describe, or the file at that path of the project's folder. Raises BadArchitecture."""
    return _described(name, _text(given) if isinstance(given, str) else json.dumps(given))


@lru_cache(maxsize=64)
def _described(name: str, text: str) -> ModelShape:
    """Nothing else says its length, its type or its licence, so the first has to be there, and the others are usual."""
    mistakes: list[tuple[str, str]] = []
    try:
        config = read_json(text, _FILE)
        if not any(text_fields(config).said.get(each) for each in LENGTHS):
            mistakes = [(LENGTHS[0], "missing")]
        shape = shape_of_config(name, config, Beside(), "the stack file").shape
    except NotServed as bad:
        raise BadArchitecture([(field.removeprefix(_FILE), got) for field, got in bad.mistakes], bad.kind) from None
    except NotSized as bad:
        mistakes = [*((field.removeprefix(_FILE), got) for field, got in bad.mistakes), *mistakes]
        raise BadArchitecture(mistakes) from None
    if mistakes:
        raise BadArchitecture(mistakes)
    return dataclasses.replace(shape, dtype=shape.dtype or "bf16", gated=False)


def _text(path: str) -> str:
    try:
        return read_text(path)
    except UnreadableFile as unreadable:
        raise BadArchitecture([("", str(unreadable))]) from None
