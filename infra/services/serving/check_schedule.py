"""Rules for `schedule`: windows that never open, that are always open, or that ask for different numbers at once."""

from collections.abc import Sequence
from functools import cache
from itertools import combinations
from zoneinfo import available_timezones

from infra.plan.models import ReplicasPlan
from infra.plan.schedule import WEEK, Window, merged, minutes_in_common
from infra.services.serving import schedule_section
from infra.services.serving.schedule import window_of
from infra.services.serving.section import Model
from infra.settings.checks.scope import Scope
from infra.settings.mistakes import Key, nearest

_NEAR = 3  # names that a message suggests


def check_schedule(scope: Scope, key: Key, model: Model) -> None:
    where: Key = (*key, "schedule")
    right: dict[int, Window] = {}
    replicas = ReplicasPlan(model.replicas.min, model.replicas.max)
    for index, each in enumerate(model.schedule or ()):
        opens = _check_times(scope, (*where, index), each)
        _check_min(scope, (*where, index), each, replicas)
        if _check_timezone(scope, (*where, index), each) and opens:
            right[index] = window_of(each, each.min)
    for (one, first), (other, second) in combinations(right.items(), 2):
        if first.min != second.min and minutes_in_common(first, second):
            _say_overlap(scope, where, (one, first), (other, second))
    _check_always(scope, where, list(right.values()))


def _check_times(scope: Scope, at: Key, each: schedule_section.Window) -> bool:
    if each.from_ != each.to:
        return True
    got = f"from and to are both {each.to}: the window never opens"
    whole = 'from: "00:00" and to: "24:00" for whole days'
    scope.report.wrong((*at, "to"), got, f'write another time, such as to: "19:00"; or {whole}', reads=[(*at, "from")])
    return False


def _check_min(scope: Scope, at: Key, each: schedule_section.Window, replicas: ReplicasPlan) -> None:
    where, reads = (*at, "min"), [(*at[:2], "replicas")]
    if each.min > replicas.max:
        got = f"{each.min} is more than replicas.max, {replicas.max}"
        write = f"write min: {replicas.max} or less, or replicas: {{min: {replicas.min}, max: {each.min}}}"
        scope.report.wrong(where, got, write, reads=reads)
    elif each.min <= replicas.min:
        got = f"{each.min} is not more than replicas.min, {replicas.min}: the window changes nothing"
        write = f"write replicas: {{min: 0, max: {replicas.max}}} for a model that sleeps outside its windows"
        more = f"write min: {replicas.min + 1} or more, or " if replicas.min < replicas.max else ""
        scope.report.wrong(where, got, more + (write.removeprefix("write ") if more else write), reads=reads)


@cache
def _timezones() -> frozenset[str]:
    """They are read from hundreds of files, and advice checks many stack files."""
    return frozenset(available_timezones())


def _check_timezone(scope: Scope, at: Key, each: schedule_section.Window) -> bool:
    known = _timezones()
    if each.timezone in known:
        return True
    write = f"did you mean {' or '.join(near)}?" if (near := _near(each.timezone, known)) else "write Europe/Amsterdam"
    scope.report.wrong((*at, "timezone"), f"unknown time zone {each.timezone}", write)
    return False


def _near(name: str, known: frozenset[str]) -> list[str]:
    """By the whole name, or by the city alone."""
    cities = {zone.rpartition("/")[2].lower(): zone for zone in sorted(known, reverse=True)}
    whole = {zone.lower(): zone for zone in sorted(known)}
    city = name.rpartition("/")[2].lower().replace(" ", "_")
    if city in cities:
        return [cities[city]]
    near = nearest(name.lower(), whole, _NEAR, 0.75) or nearest(city, cities, _NEAR, 0.75)
    return [whole.get(each) or cities[each] for each in near]


def _say_overlap(scope: Scope, where: Key, one: tuple[int, Window], other: tuple[int, Window]) -> None:
    (first, before), (second, window) = one, other
    got = f"overlaps with schedule[{first}], {before.said}: min {window.min} and min {before.min} at the same time"
    reads: list[Key] = [(*where, first)]
    scope.report.wrong((*where, second), got, "write windows that end before the next one begins", reads=reads)


def _check_always(scope: Scope, where: Key, windows: Sequence[Window]) -> None:
    if windows and merged(span for window in windows for span in window.spans) == [(0, WEEK)]:
        low, rest = min(window.min for window in windows), "schedule out"
        if any(window.min > low for window in windows):
            rest = f"windows of min {low} out"
        got = "its windows are always open: there is no hour outside of them"
        scope.report.wrong(
            where, got, f"write windows that leave hours out; or write replicas.min: {low} and leave {rest}"
        )
