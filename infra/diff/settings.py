"""What the author changed in the stack file, and which choices of the program follow from it."""

from collections.abc import Mapping
from typing import Any

from infra.config_keys import PLATFORM
from infra.diff.secret_values import MASK, NEW
from infra.registry import region_keys
from infra.settings.mistakes import dotted
from infra.sides.types import Change, Side

_SECURE = "secure"  # how Pulumi marks an encrypted value


def settings_changed(old: Side, new: Side) -> dict[str, Change]:
    """By dotted path, as the stack file has them; a list is one value."""
    before, after = _values(old.config), _values(new.config)
    for path in {*before} ^ {*after}:
        _fold(path, before, after)
        _fold(path, after, before)
    changed = {path: Change(before.get(path), after.get(path)) for path in sorted(before.keys() | after.keys())}
    return {path: without_secrets(change) for path, change in changed.items() if change}


def _fold(path: str, values: Mapping[str, Any], sections: dict[str, Any]) -> None:
    """A value that stands for a section of the other side, such as `replicas: 2` for a minimum and a maximum, is one
    change."""
    inner = [key for key in sections if key.startswith(f"{path}.")] if path in values else []
    if inner:
        sections[path] = {key.removeprefix(f"{path}."): sections.pop(key) for key in inner}


def choices_changed(old: Side, new: Side) -> dict[str, Change]:
    """Values that the program chose on both sides, and differently, and pools that it makes or no longer makes: of what
    else is new or gone, the settings speak."""
    before, after = old.plan.get("chosen", {}), new.plan.get("chosen", {})
    both = sorted(before.keys() & after.keys())
    changed = {path: Change(before[path]["value"], after[path]["value"]) for path in both}
    return _pools_made(old, new) | {path: change for path, change in changed.items() if change}


def _pools_made(old: Side, new: Side) -> dict[str, Change]:
    """Pools that the program makes on one side alone; only for a stack that exists on both."""
    if not (old.exists and new.exists):
        return {}
    names = sorted(old.pools.keys() ^ new.pools.keys())
    changed = {f"gpuPools.{name}": Change(_made(old, name), _made(new, name)) for name in names}
    return {path: change for path, change in changed.items() if change}


def _made(side: Side, name: str) -> dict[str, Any] | None:
    """The type and capacity of a pool that the program made, and that the stack file doesn't have."""
    pool = side.pools.get(name)
    if pool is None or name in (side.platform.get("gpuPools") or {}):
        return None
    return {"instanceTypes": pool["instance_types"], "capacity": pool["capacity"]}


def _values(config: Mapping[str, Any]) -> dict[str, Any]:
    """Keys other than the platform's may contain a secret, even in plain text, unless a cloud says that they don't."""
    found: dict[str, Any] = {}
    never_secret = region_keys()
    for key, value in config.items():
        if key == PLATFORM:
            _collect(found, (), value)
        else:
            found[dotted((key,))] = value if key in never_secret else {_SECURE: value}
    return found


def _collect(found: dict[str, Any], path: tuple[str | int, ...], value: Any) -> None:
    if isinstance(value, Mapping) and value and _SECURE not in value:
        for key, item in value.items():
            _collect(found, (*path, str(key)), item)
    else:
        found[dotted(path)] = value


def without_secrets(change: Change) -> Change:
    """Says that a secret changed, without its encrypted text."""
    old, new = _masked(change.old, MASK), _masked(change.new, MASK)
    return Change(old, new if old != new else _masked(change.new, NEW))


def _masked(value: Any, mask: str) -> Any:
    if isinstance(value, Mapping):
        return mask if _SECURE in value else {key: _masked(item, mask) for key, item in value.items()}
    return [_masked(item, mask) for item in value] if isinstance(value, list) else value
