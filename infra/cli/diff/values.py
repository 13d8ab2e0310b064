"""Values and figures as a reviewer reads them."""

from collections.abc import Sequence
from typing import Any

from infra.cli.document.marked import code
from infra.plan.writes import shown as in_yaml
from infra.sides.types import Change

NONE = "–"
_LONGEST = 72  # characters of a value
_NAMES = 6  # that are listed of many


def cells(change: Change) -> tuple[str, str]:
    """Both values as code, each on one line; of long values the part that differs."""
    old, new = shown(change.old), shown(change.new)
    if max(len(old), len(new)) > _LONGEST:
        same = next((n for n, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
        start = max(0, same - 12)
        old, new = _cut(old, start), _cut(new, start)
    return old if old == NONE else code(old), new if new == NONE else code(new)


def shown(value: Any) -> str:
    """As a stack file has it, but a list has no brackets."""
    if value is None:
        return NONE
    return ", ".join(map(in_yaml, value)) or "[]" if isinstance(value, list | tuple) else in_yaml(value)


def _cut(text: str, start: int) -> str:
    text = f"…{text[start:]}" if start and len(text) > start else text
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def names(all_of_them: Sequence[str]) -> str:
    """The first of many, and how many more there are."""
    kept = [code(each) for each in all_of_them[:_NAMES]]
    more = len(all_of_them) - len(kept)
    return ", ".join(kept) + (f" and {more} more" if more else "")


def named(models: Sequence[str]) -> str:
    """One by its name, several by their number, as a title has room for."""
    return code(models[0]) if len(models) == 1 else f"{len(models)} models"


def signed(amount: float) -> str:
    """`+1,846`, `-20`, `0`."""
    return f"{amount:+,.0f}" if round(amount) else "0"
