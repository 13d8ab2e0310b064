"""The tables of sines and cosines that every GPU holds: one for each kind of layer that turns positions differently."""

from collections.abc import Mapping
from typing import Any

from infra.models.cache import Cache
from infra.models.fields import Fields

_IN_32_BIT = ("gpt_oss",)
# Positions of an image's rows and columns: the engine makes room for four times as many.
_OF_IMAGES = 4


def rotary_bytes(fields: Fields, cache: Cache) -> int | None:
    """None where the fields don't say it."""
    positions, head = fields.whole("max_position_embeddings"), cache.head_dim or cache.qk_rope_head_dim
    if positions is None or head is None:
        return None
    said = _part(fields.value("rope_parameters") or fields.value("rope_scaling"))
    apart = bool(said) and all(isinstance(each, Mapping) for each in said.values())
    full = _part(said.get("full_attention")) if apart else said
    found = _values(fields, full, positions, cache.global_head_dim or head)
    if cache.sliding_window and (apart or "gemma3" in (fields.model_type or "")):
        found += _values(fields, _part(said.get("sliding_attention")) if apart else {}, positions, head)
    return found * (4 if fields.model_type in _IN_32_BIT else 2)


def _values(fields: Fields, rope: Mapping[str, Any], positions: int, head: int) -> int:
    kind = rope.get("rope_type", rope.get("type"))
    share = _number(rope.get("partial_rotary_factor") or fields.value("partial_rotary_factor"))
    turned = head if kind == "proportional" else int(head * min(share, 1.0))
    factor = _number(rope.get("factor")) if kind == "linear" else 1.0
    images = _OF_IMAGES if kind == "mrope" or "mrope_section" in rope else 1
    return int(positions * factor) * images * turned


def _part(said: Any) -> Mapping[str, Any]:
    return said if isinstance(said, Mapping) else {}


def _number(said: Any) -> float:
    """Of a field that multiplies; 1 where it says no number."""
    return float(said) if isinstance(said, int | float) and not isinstance(said, bool) and 0 < said < 10**6 else 1.0
