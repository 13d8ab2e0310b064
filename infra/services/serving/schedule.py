"""When a model has more replicas than its minimum, and what KEDA gets of it.

KEDA's cron trigger is on while its next end comes before its next start. So each window that KEDA gets ends before it
begins again: windows that touch are one. Where several triggers ask for replicas, the largest number wins.
"""

import re
from collections.abc import Iterator, Sequence

from infra.plan.models import ColdStart, ReplicasPlan
from infra.plan.schedule import DAY, DAYS, WEEK, Opening, Schedule, Span, Window, merged
from infra.plan.words import count, minutes
from infra.services.serving import schedule_section
from infra.services.serving.scaling import CONFIRMED_SECONDS, WAKING
from infra.services.serving.section import Model

STEP_MINUTES = 5  # to which the time is rounded up by which a window opens earlier
_NODE_SECONDS = 600  # until the autoscaler ends a node that is empty


def windows_of(model: Model, replicas: ReplicasPlan) -> tuple[Window, ...]:
    """Of a next version too, which may have fewer replicas than its model."""
    found = (window_of(each, min(each.min, replicas.max)) for each in model.schedule or ())
    return tuple(each for each in found if each.min > replicas.min)


def window_of(each: schedule_section.Window, replicas: int) -> Window:
    said = f"{each.days} {each.from_} to {each.to} {each.timezone}"
    return Window(days_of(each.days), _minute(each.from_), _minute(each.to) % DAY, each.timezone, replicas, said)


def days_of(text: str) -> tuple[int, ...]:
    """`mon-wed,sat` are 0, 1, 2 and 5; `sat-mon` goes over the end of the week."""
    if text == "daily":
        return tuple(range(7))
    return tuple(sorted({day for part in re.split(r", ?", text) for day in _range(part)}))


def _range(part: str) -> Iterator[int]:
    first, _, last = part.partition("-")
    start, end = DAYS.index(first), DAYS.index(last or first)
    return (day % 7 for day in range(start, (end if end >= start else end + 7) + 1))


def _minute(text: str) -> int:
    hour, minute = text.split(":")
    return int(hour) * 60 + int(minute)


def plan_schedule(model: Model, replicas: ReplicasPlan, start: ColdStart, cooldown_seconds: int) -> Schedule | None:
    windows = windows_of(model, replicas)
    if not windows:
        return None
    highest = max(window.min for window in windows)
    until_last = CONFIRMED_SECONDS + (rounds(max(replicas.min, 1), highest) - 1) * cooldown_seconds
    ahead = STEP_MINUTES * -(-(start.high + WAKING + max(0, until_last)) // (STEP_MINUTES * 60))
    after = -(-(cooldown_seconds + _NODE_SECONDS) // 60)
    return Schedule(windows, ahead, after, tuple(_openings(windows, ahead)))


def rounds(replicas: int, wanted: int) -> int:
    """How often a scaler adds replicas until they are as many: twice as many within a cooldown, or two more."""
    number = 0
    while replicas < wanted:
        replicas, number = max(2 * replicas, replicas + 2), number + 1
    return number


def say_schedule(schedule: Schedule | None, replicas: ReplicasPlan, start: ColdStart) -> Iterator[str]:
    """When it runs, and what a caller waits."""
    if schedule is None:
        return
    runs = "; ".join(f"{count(window.min, 'replica')} at least {window.said}" for window in schedule.windows)
    outside = f"{count(replicas.min, 'replica')} at least" if replicas.min else "no replica while nobody asks"
    yield f"schedule: {runs}; outside, {outside}"
    early = f"{schedule.ahead_minutes} min before a window, since a start takes up to {minutes(start.high)}"
    yield f"schedule: replicas are started {early}: who comes as it begins waits for none"


def _openings(windows: Sequence[Window], ahead: int) -> Iterator[Opening]:
    """One for each time of day at which windows of as many replicas begin and end."""
    for timezone, replicas in sorted({(window.timezone, window.min) for window in windows}):
        same = [window for window in windows if (window.timezone, window.min) == (timezone, replicas)]
        spans = merged((start - ahead, end) for window in same for start, end in window.spans)
        by_time: dict[Span, list[int]] = {}
        for start, end in spans:
            day = start // DAY
            by_time.setdefault((start % DAY, _before_the_same(start, end) - day * DAY), []).append(day)
        for (start, end), days in sorted(by_time.items()):
            yield Opening(_cron(start, days), _cron(end, days), timezone, replicas)


def _before_the_same(start: int, end: int) -> int:
    """A window of the whole week ends one minute before it begins again, which no cooldown sees."""
    return end - 1 if end - start == WEEK else end


def _cron(minute: int, days: Sequence[int]) -> str:
    """Minute, hour, and days of the week, where Sunday is 0. `minute` counts from the beginning of these days."""
    over, of_day = divmod(minute, DAY)
    numbers = sorted((day + over + 1) % 7 for day in days)
    return f"{of_day % 60} {of_day // 60} * * {_listed(numbers)}"


def _listed(numbers: Sequence[int]) -> str:
    if len(numbers) == 7:
        return "*"
    runs = [number for number in numbers if number - 1 not in numbers]
    return ",".join(_run(first, numbers) for first in runs)


def _run(first: int, numbers: Sequence[int]) -> str:
    last = next(number for number in range(first, 8) if number + 1 not in numbers)
    return str(first) if first == last else f"{first}-{last}"
