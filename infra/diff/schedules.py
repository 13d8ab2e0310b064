"""What a change of a model's schedule means for its callers."""

from collections.abc import Iterator, Mapping
from typing import Any

from infra.diff.replicas import first_waits
from infra.sides.types import Side


def schedule_changed(name: str, old: Side, new: Side) -> Iterator[str]:
    """An older program has no schedules."""
    was, now = _said(old.models[name]), _said(new.models[name])
    slept = old.models[name]["replicas"]["min"] == 0
    if was == now and not (now and not slept and new.models[name]["replicas"]["min"] == 0):
        return
    sleeps = new.models[name]["replicas"]["min"] == 0
    waits = f"who comes first waits {first_waits(name, new)}" if sleeps else ""
    before = f", was {was}" if was not in ("", now) else ""
    if now and sleeps:
        yield f"it may be asleep outside {now}{before}: {waits} then"
    elif now:
        yield f"more replicas {now}{before}"
    elif sleeps:
        yield f"it may be asleep at any hour, and had a replica {was}: {waits}"
    else:
        yield f"the same minimum of replicas at all hours; there were more {was}"


def _said(model: Mapping[str, Any]) -> str:
    schedule = model.get("schedule")
    return schedule["said"] if schedule else ""
