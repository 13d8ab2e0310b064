"""The longest request that a model serves, as the engine takes it from the model's files."""

from collections.abc import Mapping
from typing import Any

from infra.models.fields import Fields
from infra.models.names import LENGTHS

# In these types the first two positions are reserved: `max_position_embeddings` of 514 serves 512 tokens.
_OFFSET = ("roberta", "xlm-roberta", "xlm_roberta", "camembert", "xlm-roberta-flash")
# Kinds whose max_position_embeddings is the stretched length already (the engine's _get_and_verify_max_len).
_SCALED_ALREADY = ("su", "longrope", "llama3", "yarn", "deepseek_yarn", "deepseek_llama_scaling")
_NONE_SAID = 2048  # the engine assumes this if no file states a length
_LARGEST = 10**8  # a tokenizer without a limit says 10^30


def longest(fields: Fields, tokenizer: Mapping[str, Any] | None, sentence: Mapping[str, Any] | None) -> int:
    """The longest request in tokens. Files of sentence-transformers and the tokenizer of an encoder can limit it
    further."""
    found = _said(fields)
    length = min(found) if found else _NONE_SAID
    if isinstance(fields.said.get("model_max_length"), int):
        length = fields.said["model_max_length"]
    if fields.model_type in _OFFSET:
        length -= 2
    limit = (tokenizer or {}).get("model_max_length")
    if isinstance(limit, int | float) and 0 < limit < min(length, _LARGEST):
        length = int(limit)
    length = _scaled(fields, length)
    # Positions beyond those that nomic_bert was trained for are served as they are, and answered wrong.
    limits = (sentence or {}).get("max_seq_length"), fields.said.get("max_trained_positions")
    return min(length, *(each for each in limits if isinstance(each, int) and each > 0), length)


def _said(fields: Fields) -> list[int]:
    """The lengths in the file, or the defaults of its type if the file has none."""
    own = [value for name in LENGTHS if (value := _length(fields.said.get(name)))]
    return own or [value for name in LENGTHS if (value := _length(fields.value(name)))]


def _length(value: Any) -> int | None:
    return (
        int(value) if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < _LARGEST else None
    )


def _scaled(fields: Fields, length: int) -> int:
    """The length with the scaling of positions that the file asks for."""
    rope = fields.said.get("rope_parameters") or fields.said.get("rope_scaling")
    if not isinstance(rope, Mapping) or "gemma3" in (fields.model_type or ""):
        return length
    if rope and all(isinstance(each, Mapping) for each in rope.values()):
        rope = next(iter(rope.values()))
    kind, factor = rope.get("rope_type", rope.get("type")), rope.get("factor")
    if kind in _SCALED_ALREADY or not isinstance(factor, int | float) or factor <= 0:
        return length
    return int(length * factor)
