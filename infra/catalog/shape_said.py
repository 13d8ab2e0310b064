"""Where a shape is another one than the catalogue or a repository's name says of the model."""

import re

from infra.catalog.shapes import ModelShape

# 70B, 0.6b, 8x7B and 500M; not A3B, the weights that one token uses, nor E4B, those that a device keeps.
_SIZE = re.compile(r"(?<![a-z0-9.])(?:(\d+)x)?(\d+(?:\.\d+)?)([bm])(?![a-z0-9])", re.IGNORECASE)
_COMPARED = {"layers": "layers", "hidden_size": "hidden units", "kv_heads": "KV heads", "num_experts": "experts"}
_UNITS = {"b": 1.0, "m": 0.001}
_APART = 1.6  # a name rounds, and says 8x7B of 47 billion


def unlike(known: ModelShape, said: ModelShape) -> str | None:
    """In which sizes the known shape differs; None: in none. What nobody has seen of one differs from nothing."""
    sizes = [(what, getattr(known, name), getattr(said, name)) for name, what in _COMPARED.items()]
    other = [(what, own, given) for what, own, given in sizes if None not in (own, given) and own != given]
    return ", ".join(f"{own:,} {what} instead of {given:,}" for what, own, given in other) or None


def size_unlike(name: str, shape: ModelShape) -> str | None:
    """The size in the name, where the shape has another one; None: it has that size, or the name says none."""
    said = list(_SIZE.finditer(name.rpartition("/")[2]))
    sizes = [size for size in (shape.params_b, shape.active_params_b) if size]
    if not said or not sizes or any(_is_near(_billions(each), size) for each in said for size in sizes):
        return None
    return said[0][0]


def _billions(said: re.Match[str]) -> float:
    return int(said[1] or 1) * float(said[2]) * _UNITS[said[3].lower()]


def _is_near(one: float, other: float) -> bool:
    return max(one, other) <= _APART * min(one, other)
