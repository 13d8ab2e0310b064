"""Rules for `gpuPools.NAME.capacity` where it is a list of steps: what each is, and when."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from infra.settings import capacity
from infra.settings.capacity import SHORT, CapacityStep, instant
from infra.settings.checks.scope import Scope
from infra.settings.cluster import GpuPool
from infra.settings.mistakes import Key

# docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-capacity-blocks.html: 26 weeks.
_LONGEST = timedelta(days=182)
_WINDOW = ("from", "to")
_BLOCK = "{capacityBlock: cr-..., from: ..., to: ...}"


def check_steps(scope: Scope, pool: GpuPool, key: Key) -> None:
    """`key`: of the list."""
    steps = pool.ladder
    if not isinstance(pool.capacity, str) and not steps:
        scope.report.wrong(key, "an empty list", "write capacity: on-demand, or [spot, on-demand]")
    for index, step in enumerate(steps):
        where: Key = (*key, index)
        _check_kind(scope, where, step)
        if step.capacity_block is not None:
            _check_window(scope, where, step)
        _check_once(scope, where, step, steps[:index])
    _check_minimum(scope, key, pool)


def _written(scope: Scope, where: Key) -> set[str]:
    """The keys of a step as it is written; a word has none."""
    at = scope.platform
    for part in where:
        at = at[part]
    return set(at) if isinstance(at, dict) else set()


def _check_kind(scope: Scope, where: Key, step: CapacityStep) -> None:
    keys = _written(scope, where)
    if step.word is not None:
        return
    if ("reservation" in keys) == ("capacityBlock" in keys):
        got = "needs exactly one of reservation and capacityBlock, the id of what was reserved"
        scope.report.wrong(where, got, f"write {{reservation: cr-...}}, or {_BLOCK}")
        return
    missing = [name for name in _WINDOW if name not in keys]
    if "capacityBlock" in keys and missing:
        shows = f"`aws ec2 describe-capacity-reservations --capacity-reservation-ids {step.capacity_block}` shows them"
        got = f"a Capacity Block without {' and '.join(missing)}, the times in UTC between which it has instances"
        scope.report.wrong(where, got, f"write {_BLOCK}; {shows}")
    for name in _WINDOW:
        if "reservation" in keys and name in keys:
            got = "an On-Demand Capacity Reservation has no window; a Capacity Block has"
            scope.report.wrong((*where, name), got, f"leave {name} out, or write {_BLOCK}")


def _check_window(scope: Scope, where: Key, step: CapacityStep) -> None:
    times: dict[str, datetime] = {}
    for name, text in zip(_WINDOW, (step.begins, step.ends), strict=True):
        try:
            times |= {name: instant(text)} if text is not None else {}
        except ValueError:
            scope.report.wrong((*where, name), f"{text} is no day or no time", f'write {name}: "2027-01-11T11:30:00Z"')
    reads: list[Key] = [(*where, name) for name in _WINDOW]
    end = times.get("to")
    if end is not None and end <= capacity.now():
        got = f"the Capacity Block has ended, {step.ends}"
        scope.report.wrong((*where, "to"), got, _instead(scope, where), reads=reads)
    elif len(times) == len(_WINDOW) and times["from"] >= times["to"]:
        got = f"from {step.begins} isn't before to {step.ends}"
        scope.report.wrong(where, got, f'write from: "{step.ends}", to: "{step.begins}"', reads=reads)
    elif len(times) == len(_WINDOW) and times["to"] - times["from"] > _LONGEST:
        days = (times["to"] - times["from"]).days
        got = f"a window of {days} days; a Capacity Block has {_LONGEST.days} at most"
        scope.report.wrong(where, got, "write its own times", reads=reads)


def _instead(scope: Scope, where: Key) -> str:
    """A pool keeps a step: what only this one gave nodes needs others."""
    _, pool, *_ = where
    others = [each for each in scope.settings.gpu_pools[str(pool)].ladder if not _has_ended(each)]
    if others:
        return "leave this step out"
    return f"write capacity: on-demand, or {_BLOCK} of the next Capacity Block, or the new to if this one was extended"


def _has_ended(step: CapacityStep) -> bool:
    try:
        return step.ends is not None and instant(step.ends) <= capacity.now()
    except ValueError:
        return False


def _check_once(scope: Scope, where: Key, step: CapacityStep, before: tuple[CapacityStep, ...]) -> None:
    """A second step of the same kind would never be asked: the first has had the same answer."""
    for index, other in enumerate(before):
        if (step.word, step.reserved) == (other.word, other.reserved) and (step.word or step.reserved):
            got = f"{step.word or step.reserved} is step {index + 1} already"
            scope.report.wrong(where, got, "leave it out here")
            return
        if step.kind == other.kind and _end(step) is not None and _end(step) == _end(other):
            got = f"{step.reserved} ends as {other.reserved} does, and node groups are named after that end"
            scope.report.wrong(where, got, "write it in a separate pool, or leave one of the two out")
            return


def _end(step: CapacityStep) -> str | None:
    return step.reserved[-SHORT:] if step.reserved else None


def _check_minimum(scope: Scope, key: Key, pool: GpuPool) -> None:
    """What is there for some days only holds no minimum."""
    counted = list(_counted(pool))
    if pool.ladder and None not in counted and pool.min > (room := sum(each or 0 for each in counted)):
        held = (
            f"its reservations hold {room} instances"
            if counted
            else "its Capacity Blocks end, and nothing else is there"
        )
        got = f"min {pool.min}; {held}"
        place: Key = (*key[:-1], "min")
        scope.report.wrong(place, got, "add on-demand to capacity, or write a smaller min", reads=[place, key])


def _counted(pool: GpuPool) -> Iterator[int | None]:
    """The instances of each step that is always there; None: as many as asked for."""
    return (each.instances for each in pool.ladder if each.kind != "block")
