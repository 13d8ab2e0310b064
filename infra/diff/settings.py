"""What the author of a change wrote, and which of the program's own choices follow from it."""

from collections.abc import Mapping
from typing import Any

from infra.diff.secret_values import MASK, NEW
from infra.diff.types import Change, Side
from infra.settings.mistakes import PLATFORM, dotted


def settings_changed(old: Side, new: Side) -> dict[str, Change]:
    """By dotted path, as the stack file has them; a list is one value."""
    before, after = _values(old.config), _values(new.config)
    changed = {path: Change(before.get(path), after.get(path)) for path in sorted(before.keys() | after.keys())}
    return {path: _shown(change) for path, change in changed.items() if change}


def choices_changed(old: Side, new: Side) -> dict[str, Change]:
    """Values that the program chose on both sides, and differently: of what is new or gone, the settings speak."""
    before, after = old.plan.get("chosen", {}), new.plan.get("chosen", {})
    both = sorted(before.keys() & after.keys())
    changed = {path: Change(before[path]["value"], after[path]["value"]) for path in both}
    return {path: change for path, change in changed.items() if change}


def _values(config: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in config.items():
        _collect(found, () if key == PLATFORM else (key,), value)
    return found


def _collect(found: dict[str, Any], path: tuple[str | int, ...], value: Any) -> None:
    if isinstance(value, Mapping) and value and list(value) != ["secure"]:
        for key, item in value.items():
            _collect(found, (*path, str(key)), item)
    else:
        found[dotted(path)] = value


def _shown(change: Change) -> Change:
    """That a secret changed is told; its encrypted text is not."""
    if not any(isinstance(value, Mapping) and "secure" in value for value in (change.old, change.new)):
        return change
    return Change(None if change.old is None else MASK, None if change.new is None else NEW)
