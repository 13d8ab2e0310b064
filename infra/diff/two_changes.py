"""How a change is made in two, where the new pods of one would wait for GPUs of the old ones."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from infra.diff.interim import plan_of
from infra.diff.versions import model_of, one_version
from infra.diff.waiting import Wait
from infra.sides.types import Side


def two_changes(old: Side, new: Side, waiting: Mapping[str, Wait]) -> Iterator[str]:
    """A sentence for each model that holds GPUs; pods of a paused one end before `pulumi up` is over."""
    for name in sorted({holder for wait in waiting.values() for holder in wait.holders}):
        those = [f"`{each}`" for each, wait in waiting.items() if name in wait.holders]
        wait = "waits" if len(those) == 1 else "wait"
        yield f"`{name}` holds GPUs that {', '.join(those)} {wait} for: {_how(name, old, new)}."


def _how(name: str, old: Side, new: Side) -> str:
    if model := model_of(old, name):
        return f"end it first, with {one_version(new, model)}, and make the other changes after that"
    if name in new.models:
        return f"`models.{name}.paused: true` in a first change, and where it moves to in a second one"
    if _is_possible(name, old, new):
        return f"keep `models.{name}` with `paused: true` in this change, and remove it in a second one"
    return "remove it in a first change, and make the other changes in a second one"


def _is_possible(name: str, old: Side, new: Side) -> bool:
    """Whether it can stay, paused, beside everything that is new."""
    platform: dict[str, Any] = json.loads(json.dumps(new.platform))
    written = (old.platform.get("models") or {}).get(name)
    if written is None:
        return False
    platform["models"][name] = {**written, "paused": True}
    then = plan_of(new, platform)
    return then is not None and not then.violations
