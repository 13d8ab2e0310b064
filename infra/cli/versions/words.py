"""What a promotion or a rollback does, for people and for programs."""

import difflib
import json
import shlex
from collections.abc import Sequence
from typing import Any

from infra.cli.client import NotApplied
from infra.cli.versions import ENVOY_HAS_IT, Change
from infra.cli.versions.edits import Step
from infra.plan.words import count


def step_said(change: Change, number: int, step: Step) -> str:
    """On the way, before a step is applied."""
    lines = [f"{change.nth(number)}: {step.says}", *(f"  {each}" for each in _diff(change, number))]
    if step.waits:
        lines.append(f"  then {ENVOY_HAS_IT} s, until each Envoy has read it")
    if step.grows:
        lines.append(f"  then until {_grown(step)}")
    return "\n".join(lines)


def _grown(step: Step) -> str:
    assert step.grows is not None
    return f"{count(step.grows.replicas, 'replica')} of {step.grows.server} are ready"


def as_text(change: Change, done: Sequence[int], not_applied: NotApplied | None) -> str:
    if not_applied is None:
        now = "has the settings of its next version" if change.action == "promote" else "is without its next version"
        return f"Done in {count(len(done), 'step')}: {change.model} {now}. {change.path} says so; commit it.\n"
    parts = [step_said(change, number, change.steps[number]) for number in done]
    again = f"llm-platform {change.action} {change.stack} {change.model}"
    what = "The file is changed; to apply it:" if done else "Nothing was written. First run:"
    parts.append(f"Not applied: {not_applied}. {what}\n  {shlex.join(not_applied.run)}")
    parts.append(_then(change, done, again))
    return "\n\n".join(parts) + "\n"


def _then(change: Change, done: Sequence[int], again: str) -> str:
    """`again`: the command, which goes on where the file stands."""
    if not done:
        return f"Then: {again}"
    if done[-1] == len(change.steps) - 1:
        return "That is the last step."
    step = change.steps[done[-1]]
    if step.grows:
        seen = f"`llm-platform status {change.stack} {change.model}` shows it"
        return f"Once that is applied, wait until {_grown(step)} ({seen}), and then run again: {again}"
    wait = f"wait {ENVOY_HAS_IT} s, until each Envoy has read it, and then " if step.waits else ""
    return f"Once that is applied, {wait}run again: {again}"


def as_json(change: Change, done: Sequence[int], not_applied: NotApplied | None) -> str:
    said: dict[str, Any] = {
        "stack": change.stack,
        "model": change.model,
        "action": change.action,
        "file": str(change.path),
        "steps": [
            {
                "says": step.says,
                "diff": _diff(change, number),
                "written": number in done,
                "wait_seconds": _wait(step),
                "grows": vars(step.grows) if step.grows else None,
            }
            for number, step in enumerate(change.steps)
        ],
        "applied": not_applied is None,
        "not_applied": {"why": str(not_applied), "run": list(not_applied.run)} if not_applied else None,
        "version": 1,
    }
    return json.dumps(said, indent=2) + "\n"


def _wait(step: Step) -> int:
    return ENVOY_HAS_IT if step.waits else 0


def _diff(change: Change, number: int) -> list[str]:
    """Of the file, against the step before."""
    was = change.steps[number - 1].text if number else change.text
    now = change.steps[number].text
    lines = difflib.unified_diff(was.splitlines(), now.splitlines(), n=0, lineterm="")
    return [line for line in lines if not line.startswith(("---", "+++", "@@"))]
