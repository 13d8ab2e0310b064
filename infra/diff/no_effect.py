"""Settings that were typed or taken away and say what held already: a default, or what the program chose."""

from collections.abc import Iterator, Mapping
from typing import Any

from infra.settings.schema import forms, schema_at
from infra.sides.types import Change, Changes, Side

DEFAULT, CHOSEN, NOTHING_FOLLOWS = "the default", "the program chose the same", "nothing in the plan follows from it"
# What a plan is judged by, so that they count although nothing in the cluster follows from them; also of a model.
_JUDGE, _JUDGE_A_MODEL = ("allow", "budget", "prices"), ("concurrency", "isolated")


def without_effect(settings: Changes, old: Side, new: Side, *, alike: bool) -> dict[str, str]:
    """By path, why; `alike`: nothing else differs between the sides."""
    if not (old.exists and new.exists):
        return {}
    return {path: why for path, change in settings.items() for why in _why(path, change, old, new, alike)}


def _why(path: str, change: Change, old: Side, new: Side, alike: bool) -> Iterator[str]:
    section, *_ = key = tuple(path.split("."))
    if schema_at((section,)) is None:
        return
    one_sided = change.old is None or change.new is None
    without, value = (old, change.new) if change.old is None else (new, change.old)
    if one_sided and value == _chosen(without, path):
        yield CHOSEN
    elif one_sided and _has_parent(without, key) and value == _default(key):
        yield DEFAULT
    elif alike and section not in _JUDGE and not (section == "models" and key[-1] in _JUDGE_A_MODEL):
        yield NOTHING_FOLLOWS


def _chosen(side: Side, path: str) -> Any:
    return side.plan.get("chosen", {}).get(path, {}).get("value")


def _has_parent(side: Side, key: tuple[str, ...]) -> bool:
    """Whether its section is written there: that one is there may have an effect by itself."""
    node: Any = side.platform
    for part in key[:-1]:
        node = node.get(part) if isinstance(node, Mapping) else None
    return isinstance(node, Mapping)


def _default(key: tuple[str, ...]) -> Any:
    node = schema_at(key)
    found = () if node is None else (each["default"] for each in (node, *forms(node)) if "default" in each)
    return next(iter(found), None)
