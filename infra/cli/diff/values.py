"""Values and figures as a reviewer reads them."""

from collections.abc import Mapping, Sequence
from typing import Any

from infra.diff.types import Change

NONE = "–"
_LONGEST = 72  # characters of a value


def pair(change: Change) -> tuple[str, str]:
    """Both values on one line each; of long ones what differs."""
    old, new = shown(change.old), shown(change.new)
    if max(len(old), len(new)) <= _LONGEST:
        return old, new
    same = next((n for n, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    start = max(0, same - 12)
    return _cut(old, start), _cut(new, start)


def shown(value: Any) -> str:
    if value is None:
        return NONE
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {shown(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return ", ".join(shown(item) for item in value) or "[]"
    return str(value)


def _cut(text: str, start: int) -> str:
    head = "…" if start and len(text) > start else ""
    tail = text[start:] if head else text
    return head + (tail if len(tail) <= _LONGEST else f"{tail[: _LONGEST - 1]}…")


def names(all_of_them: Sequence[str], most: int = 6) -> list[str]:
    """The first of many, and how many more there are as the last."""
    kept = list(all_of_them[:most])
    return kept if len(kept) == len(all_of_them) else [*kept, f"and {len(all_of_them) - most} more"]


def signed(amount: float) -> str:
    """`+1,846`, `-20`, `0`."""
    return f"{amount:+,.0f}" if round(amount) else "0"


def number(amount: float) -> str:
    return f"{amount:,.0f}"


def count(number: int, noun: str) -> str:
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"


def duration(seconds: float | None) -> str:
    if seconds is None:
        return NONE
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
