"""A config.json as one flat set of fields under common names. Every mistake is kept with its field."""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from infra.catalog.kinds import OtherKind
from infra.models.names import INNER_PARTS, NAMES, TEXT_PARTS

_DEFAULTS = Path(__file__).parent / "data" / "config_defaults.json"
_DEEPEST = 3
_ALWAYS_WRITTEN = ("hidden_size", "layers", "attention_heads", "vocab_size")
_LARGEST = 10**9  # a larger size is a mistake in the file


class NotSized(Exception):
    """Fields that can't be read or aren't understood, all at once, each with the value that was got."""

    def __init__(self, mistakes: list[tuple[str, str]]) -> None:
        super().__init__(mistakes)
        self.mistakes = mistakes

    def __str__(self) -> str:
        return "\n".join(f"{field}: {got}" for field, got in self.mistakes)


class NotServed(NotSized):
    """A model of a kind that isn't served, whatever else its files say."""

    def __init__(self, kind: OtherKind, mistakes: list[tuple[str, str]]) -> None:
        super().__init__(mistakes)
        self.kind = kind


def defaults() -> Mapping[str, Mapping[str, Any]]:
    """The values of fields that a config.json may leave out, by model type: those of transformers' own classes."""
    return _file()["types"]


def known_fields() -> list[str]:
    """The names of all fields that decide sizes, over all model types of transformers."""
    return _file()["fields"]


@cache
def _file() -> Mapping[str, Any]:
    return json.loads(_DEFAULTS.read_text(encoding="utf-8"))


class Fields:
    """One part of a config.json: its own values, and the defaults of its model type for fields that it lacks."""

    def __init__(self, said: Mapping[str, Any], place: str = "", model_type: str | None = None) -> None:
        self.said, self.place = said, place
        named = said.get("model_type")
        self.model_type = model_type or (named if isinstance(named, str) else None)
        self._defaults = defaults().get(self.model_type or "", {})
        self._inner = [part for name in INNER_PARTS if isinstance(part := self._raw(name), Mapping)]
        self.mistakes: list[tuple[str, str]] = []

    def value(self, name: str) -> Any:
        """The value of a field under any of its names; None if it is null or absent."""
        return next((value for _, value in self._found(name)), None)

    def whole(self, name: str, *, minimum: int = 1) -> int | None:
        """The value as a whole number. Any other value is a mistake."""
        for key, value in self._found(name):
            if isinstance(value, list) and value and len(set(map(str, value))) == 1:
                value = value[0]  # a list per layer or kind of experts in which all numbers are the same
            if isinstance(value, float) and value.is_integer():
                value = int(value)
            if isinstance(value, int) and not isinstance(value, bool) and minimum <= value <= _LARGEST:
                return value
            self.wrong(key, f"got {_shown(value)}, must be a whole number, {minimum} or more")
            return None
        return None

    def needed(self, name: str) -> int:
        """The value as a whole number that is required: without it nothing can be sized."""
        before = len(self.mistakes)
        found = self.whole(name)
        if found is None and len(self.mistakes) == before:
            names = NAMES.get(name, (name,))
            self.wrong(names[-1] if name == "vocab_size" else names[0], "missing")  # a padded one is rare
        return found or 1

    def flag(self, name: str) -> bool | None:
        for key, value in self._found(name):
            if isinstance(value, bool):
                return value
            self.wrong(key, f"got {_shown(value)}, must be true or false")
        return None

    def several(self, name: str) -> list[Any] | None:
        """The value as a list with one item per layer."""
        for key, value in self._found(name):
            if isinstance(value, list):
                return value
            self.wrong(key, f"got {_shown(value)}, must be a list")
        return None

    def key(self, name: str) -> str:
        """The name under which the file has a field; if it lacks the field, the first possible name."""
        return next((key for key, _ in self._found(name)), NAMES.get(name, (name,))[0])

    def wrong(self, key: str, got: str) -> None:
        self.mistakes.append((f"{self.place}{key}", got))

    def part(self, name: str) -> "Fields | None":
        found = self._raw(name)
        return Fields(found, f"{self.place}{name}.", self._type_of(name)) if isinstance(found, Mapping) else None

    def _type_of(self, part: str) -> str | None:
        """The model type of a part that doesn't state it: the default of the whole model's type."""
        own = self.said.get(part)
        usual = self._defaults.get(part)
        named = isinstance(own, Mapping) and isinstance(own.get("model_type"), str)
        return usual.get("model_type") if not named and isinstance(usual, Mapping) else None

    def _found(self, name: str) -> Iterator[tuple[str, Any]]:
        """Every value of a field with its name. The file's own values come before any default."""
        # A whole file always contains its main fields: without them it is incomplete, so no default is used.
        usual = {} if name in _ALWAYS_WRITTEN and not self.place else self._defaults
        for layer in (self.said, *self._inner, usual):
            for key in NAMES.get(name, (name,)):
                if layer.get(key) not in (None, "auto"):
                    yield key, layer[key]

    def _raw(self, name: str) -> Any:
        return self.said.get(name, self._defaults.get(name))


def read_json(text: str, file: str) -> Mapping[str, Any]:
    """The JSON object in a text. Raises NotSized."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise NotSized([(file, "not JSON")]) from None
    if not isinstance(found, dict):
        raise NotSized([(file, f"got {_shown(found)}, must be an object")])
    return found


def text_fields(config: Mapping[str, Any]) -> Fields:
    """The decoder's part of a config.json, wherever it is in the file, with the defaults of its type."""
    fields = Fields(config)
    for _ in range(_DEEPEST):
        found = [(name, part) for name in TEXT_PARTS if (part := fields.part(name))]
        if not found:
            return fields
        name, inner = found[0]
        # Older files have the decoder's fields at the top; newer ones have a separate part for them.
        flat = name not in fields.said and any(key in fields.said for key in NAMES["hidden_size"])
        fields = Fields(fields.said, fields.place, inner.model_type) if flat else inner
        if flat:
            return fields
    return fields


def _shown(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
