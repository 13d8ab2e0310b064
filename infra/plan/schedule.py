"""Windows of the week in which more replicas run: plain data, and how many run when.

Times are minutes of the week that begins on Monday at 00:00. Daylight saving time is left out of all that is counted,
since KEDA reads the clock of the time zone itself: hours are those of the zone's time in January.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

DAY = 24 * 60
WEEK = 7 * DAY
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_JANUARY = datetime(2026, 1, 15)
Span = tuple[int, int]  # from, to; beyond WEEK where it ends in the next week


@dataclass(frozen=True)
class Window:
    """`end` isn't after `start` where the window ends on the next day."""

    days: tuple[int, ...]  # 0: Monday
    start: int  # minute of the day
    end: int
    timezone: str
    min: int  # replicas
    said: str  # as people read it: `mon-fri 08:00 to 19:00 Europe/Amsterdam`

    @property
    def spans(self) -> list[Span]:
        """In its own time zone."""
        length = (self.end - self.start) % DAY or DAY
        return [(day * DAY + self.start, day * DAY + self.start + length) for day in self.days]

    @property
    def hours(self) -> tuple[str, str]:
        """From and to."""
        return _clock(self.start), _clock(self.end or DAY)

    @property
    def offset(self) -> int:
        """Minutes that the clock of its zone is ahead of UTC."""
        found = _JANUARY.replace(tzinfo=ZoneInfo(self.timezone)).utcoffset()
        return round(found.total_seconds() / 60) if found else 0


@dataclass(frozen=True)
class Opening:
    """What KEDA's cron trigger gets."""

    start: str
    end: str
    timezone: str
    replicas: int


@dataclass(frozen=True)
class Schedule:
    """When a model has more replicas than its minimum."""

    windows: tuple[Window, ...]
    ahead_minutes: int  # each window opens earlier, so that its replicas answer when it begins
    after_minutes: int  # a replica and its node stay after a window
    openings: tuple[Opening, ...]

    @property
    def said(self) -> str:
        return "; ".join(window.said for window in self.windows)

    @property
    def largest(self) -> int:
        return max(window.min for window in self.windows)

    def min_at(self, minute: int, low: int) -> int:
        """The replicas that are paid for at this minute of the week in UTC, where `low` run outside the windows."""
        running = (window.min for window in self.windows if _covers(self._paid(window), minute))
        return max((low, *running))

    @property
    def changes(self) -> set[int]:
        """The minutes of the week in UTC at which the number of replicas may change."""
        return {end % WEEK for window in self.windows for span in self._paid(window) for end in span}

    def _paid(self, window: Window) -> list[Span]:
        ahead, after = self.ahead_minutes + window.offset, self.after_minutes - window.offset
        return [(start - ahead, end + after) for start, end in window.spans]


def share_of_week(parts: Iterable[Schedule]) -> list[tuple[int, float]]:
    """Minutes of the week, each with the share of the week from it to the next one: nothing changes between two."""
    found = sorted({0, *(minute for each in parts for minute in each.changes)})
    return [(start, (end - start) / WEEK) for start, end in zip(found, [*found[1:], WEEK], strict=True)]


def merged(spans: Iterable[Span]) -> list[Span]:
    """Those of the week, where those that touch are one. The whole week is one from its first minute to its last."""
    taken = bytearray(WEEK)
    for start, end in spans:
        for minute in range(start, min(end, start + WEEK)):
            taken[minute % WEEK] = 1
    if all(taken):
        return [(0, WEEK)]
    begins = [minute for minute in range(WEEK) if taken[minute] and not taken[minute - 1]]
    return [(start, next(end for end in range(start, 2 * WEEK) if not taken[end % WEEK])) for start in begins]


def minutes_in_common(one: Window, other: Window) -> int:
    return overlap(_in_utc(one), _in_utc(other))


def overlap(one: Sequence[Span], other: Sequence[Span]) -> int:
    """Minutes of the week that both have."""
    return sum(
        max(0, min(end, to + shift) - max(start, begin + shift))
        for start, end in one
        for begin, to in other
        for shift in (-WEEK, 0, WEEK)
    )


def _in_utc(window: Window) -> list[Span]:
    return [(start - window.offset, end - window.offset) for start, end in window.spans]


def _covers(spans: Iterable[Span], minute: int) -> bool:
    return any((minute - start) % WEEK < end - start for start, end in spans)


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
