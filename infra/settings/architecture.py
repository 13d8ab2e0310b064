"""`architecture`: the shape of a model that the catalogue doesn't know, in the words of its config.json."""

import json
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, PositiveInt, ValidationError

from infra.project import UnreadableFile, read_text


class Architecture(BaseModel):
    """A dense decoder with gated feed-forward layers. What else a config.json says doesn't change its size."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    hidden_size: PositiveInt
    intermediate_size: PositiveInt
    num_hidden_layers: PositiveInt
    num_attention_heads: PositiveInt
    num_key_value_heads: PositiveInt | None = None
    head_dim: PositiveInt | None = None
    vocab_size: PositiveInt
    max_position_embeddings: PositiveInt
    sliding_window: PositiveInt | None = None
    tie_word_embeddings: bool = False
    torch_dtype: str | None = None


class BadArchitecture(Exception):
    """Every mistake: (field or "", what was got)."""

    def __init__(self, mistakes: list[tuple[str, str]]) -> None:
        super().__init__(mistakes)
        self.mistakes = mistakes


def read_architecture(given: Mapping[str, Any] | str) -> Architecture:
    """The fields themselves, or the path of a config.json relative to the project's folder. Raises BadArchitecture."""
    text = _text(given) if isinstance(given, str) else json.dumps(given)
    try:
        architecture = Architecture.model_validate_json(text)
    except ValidationError as error:
        found = [(".".join(map(str, each["loc"])), _got(each["type"], each["input"])) for each in error.errors()]
        raise BadArchitecture(found) from None
    mistakes = _contradictions(architecture)
    if mistakes:
        raise BadArchitecture(mistakes)
    return architecture


def _text(path: str) -> str:
    try:
        return read_text(path)
    except UnreadableFile as unreadable:
        raise BadArchitecture([("", str(unreadable))]) from None


def _got(kind: str, value: Any) -> str:
    if kind == "missing":
        return "missing"
    return "not JSON" if kind == "json_invalid" else f"got {json.dumps(value)}"


def _contradictions(given: Architecture) -> list[tuple[str, str]]:
    mistakes = []
    heads, kv_heads = given.num_attention_heads, given.num_key_value_heads
    if kv_heads is not None and heads % kv_heads:
        mistakes.append(("num_key_value_heads", f"{kv_heads} key-value heads can't be shared by {heads} heads"))
    if given.head_dim is None and given.hidden_size % heads:
        mistakes.append(("head_dim", f"missing, and hidden_size {given.hidden_size} isn't a multiple of {heads} heads"))
    return mistakes
