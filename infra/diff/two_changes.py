"""How a change is made in two, where the new pods of one would wait for GPUs of the old ones."""

import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from infra.diff.interim import plan_of
from infra.diff.pods import Wait
from infra.diff.replacements import forces
from infra.diff.resources import compare_resources
from infra.diff.settings import settings_changed
from infra.diff.versions import model_of, one_version
from infra.diff.waiting import waits, waits_for_itself, with_rollouts
from infra.sides.types import Side


def two_changes(old: Side, new: Side, waiting: Mapping[str, Wait]) -> Iterator[str]:
    """A sentence for each model that holds GPUs; pods of a paused one end before `pulumi up` is over."""
    own = [name for name, wait in waiting.items() if waits_for_itself(name, wait)]
    ends = _end_first(own, old, new) if own else ()
    for name in sorted({holder for wait in waiting.values() for holder in wait.holders}):
        names = [each for each, wait in waiting.items() if name in wait.holders]
        those = ["its own new pod" if each == name else f"`{each}`" for each in names]
        wait = "waits" if len(those) == 1 else "wait"
        how = _before_itself(name, old, ends) if name in own else _how(name, old, new)
        yield f"`{name}` holds GPUs that {', '.join(those)} {wait} for: {how}."


def _before_itself(name: str, old: Side, ends: Collection[str]) -> str:
    if name in ends:
        return (
            f"`models.{name}.rollout.strategy: recreate` for this change, with which an old pod ends before a new one"
            " starts"
        )
    return f"`models.{model_of(old, name) or name}.paused: true` in a first change, and this change in a second one"


def _end_first(names: Collection[str], old: Side, new: Side) -> Collection[str]:
    """Those of them that wait for themselves no longer where their old pods end first."""
    platform: dict[str, Any] = json.loads(json.dumps(new.platform))
    own = [name for name in names if name in (platform.get("models") or {})]
    for name in own:
        written = platform["models"][name]
        written["rollout"] = {**(written.get("rollout") or {}), "strategy": "recreate"}
    then = plan_of(new, platform)
    if then is None or then.violations:
        return ()
    rollouts = {name: then.models[name].rollout for name in own if name in then.models}
    side = with_rollouts(new, {name: (each.max_surge, each.max_unavailable) for name, each in rollouts.items()})
    still = waits(old, side, compare_resources(old.resources, side.resources, forces, settings_changed(old, new)))
    return [name for name in rollouts if name not in still]


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
