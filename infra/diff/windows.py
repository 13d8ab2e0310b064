"""Pools that have nodes between two times alone, those of Capacity Blocks, and what that means for their models."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from infra.settings import capacity
from infra.sides.types import Side

_BLOCK = "block"
Windows = tuple[tuple[str, str], ...]  # from and to, as the stack file has them


def windows_of(name: str, side: Side) -> Windows:
    """The only times at which the model's pool has nodes; (): at any time."""
    steps = _steps(name, side)
    return _blocks(steps) if all(each["kind"] == _BLOCK for each in steps) else ()


def closed_until(name: str, side: Side) -> str | None:
    """When the next window begins, of a model that has no node now; None: it may have one."""
    windows, now = windows_of(name, side), capacity.now()
    if any(capacity.instant(begins) <= now < capacity.instant(ends) for begins, ends in windows):
        return None
    return next((begins for begins, _ in windows if capacity.instant(begins) > now), None)


def seconds_until(time: str) -> int:
    return int((capacity.instant(time) - capacity.now()).total_seconds())


def loses_times(name: str, old: Side, new: Side) -> bool:
    """Whether there are times at which the model had nodes, and has none any more."""
    was, now = windows_of(name, old), windows_of(name, new)
    kept = all(any(begins <= start and end <= ends for begins, ends in now) for start, end in was)
    return bool(now) and not (was and kept)


def windows_changed(name: str, old: Side, new: Side) -> Iterator[str]:
    was, now = windows_of(name, old), windows_of(name, new)
    if now and now != was:
        yield f"no node outside its Capacity Block's window, {said(now)}; was {_until_now(was)}"
    elif was and not now:
        yield f"nodes at any time, was {_until_now(was)}"
    before, after = (_blocks(_steps(name, side)) for side in (old, new))
    if not (was or now) and before and after and before != after:
        yield f"nodes of its Capacity Block {said(after)}, was {said(before)}; outside that the pool's other nodes"


def said(windows: Windows) -> str:
    return " and ".join(f"{at(begins)} to {at(ends)} UTC" for begins, ends in windows)


def at(time: str) -> str:
    """`2027-01-11T11:30:00Z` without its seconds."""
    return time.removesuffix("Z").replace("T", " ")[: len("2027-01-11 11:30")]


def _until_now(windows: Windows) -> str:
    return f"{said(windows)} alone" if windows else "at any time"


def _blocks(steps: Sequence[Mapping[str, Any]]) -> Windows:
    return tuple(sorted((each["from"], each["to"]) for each in steps if each["kind"] == _BLOCK))


def _steps(name: str, side: Side) -> Sequence[Mapping[str, Any]]:
    """Of its pool; none where all nodes are of one kind, or an older program planned it."""
    return side.pools.get((side.models.get(name) or {}).get("pool") or "", {}).get("steps") or ()
