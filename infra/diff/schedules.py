"""What a change of a model's schedule means for its callers."""

from collections.abc import Iterator, Mapping
from typing import Any

from infra.diff.replicas import first_waits
from infra.sides.types import Side
from infra.sizing.estimates import span

_ONE = "1 replica"


def schedule_changed(name: str, old: Side, new: Side) -> Iterator[str]:
    """An older program has no schedules."""
    was, now = _said(old.models[name]), _said(new.models[name])
    few, many = _replicas(old.models[name]), _replicas(new.models[name])
    slept, sleeps = (side.models[name]["replicas"]["min"] == 0 for side in (old, new))
    if (was, few) == (now, many) and not (now and not slept and sleeps):
        return
    waits = f"who comes first waits {first_waits(name, new)}" if sleeps else ""
    before = f", was {was}" if was not in ("", now) else ""
    if now and sleeps:
        if was != now or not slept:
            yield f"it may be asleep outside {now}{before}: {waits} then"
        if few != many and {few, many} != {"", _ONE}:
            yield f"at least {many} {now}{f', was {few}' if few else ''}"
    elif now:
        yield f"at least {many} {now}{_before(few, was if was != now else '', same=few == many)}"
    elif sleeps:
        yield f"no schedule any more: it may be asleep at any hour, and had a replica {was}: {waits}"
    else:
        yield f"no schedule any more: the same minimum of replicas at all hours, was at least {few} {was}"


def without_schedule(old: Side, new: Side) -> list[str]:
    """Models that have none any more, and run."""
    return [each for each in _in_both(old, new) if _said(old.models[each]) and not _said(new.models[each])]


def sleeping(old: Side, new: Side) -> list[str]:
    """Models whose first caller waits from now on, at hours at which a replica ran."""
    slept = {each for each in old.models if old.models[each]["replicas"]["min"] == 0}
    ended = {*without_schedule(old, new)}
    return [
        each
        for each in _in_both(old, new)
        if new.models[each]["replicas"]["min"] == 0 < new.models[each]["replicas"]["max"]
        and (each not in slept or each in ended)
    ]


def _in_both(old: Side, new: Side) -> list[str]:
    both = sorted(old.models.keys() & new.models.keys())
    return [each for each in both if not any(side.endpoint(each).get("paused") for side in (old, new))]


def _before(few: str, was: str, *, same: bool) -> str:
    if was:
        return f", was {was}" if same else f", was at least {few} {was}"
    return "" if same or not few else f", was {few}"


def _replicas(model: Mapping[str, Any]) -> str:
    """The minimum in its windows; empty: it has none."""
    windows = (model.get("schedule") or {}).get("windows") or ()
    lowest = [each["min"] for each in windows]
    if not lowest:
        return ""
    both = span(str(min(lowest)), str(max(lowest)))
    return f"{both} replica{'s' * (both != '1')}"


def _said(model: Mapping[str, Any]) -> str:
    schedule = model.get("schedule")
    return schedule["said"] if schedule else ""
