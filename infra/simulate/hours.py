"""When a schedule asks for replicas, on the clock of a run.

As KEDA's cron trigger does (pkg/scalers/cron_scaler.go of kedacore/keda), which opens before each window of the plan.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from infra.plan.plan import Plan
from infra.plan.schedule import WEEK, Schedule, Window

WEEK_SECONDS = WEEK * 60


@dataclass(frozen=True)
class Hours:
    """Spans are seconds of the week in UTC that begins on Monday at 00:00; beyond it where one ends in the next."""

    spans: tuple[tuple[int, int, int], ...]  # from, to, replicas

    def replicas(self, second: float) -> int:
        """That are asked for at this second of the week; 0: no trigger is on."""
        return max(
            (number for start, end, number in self.spans if (second - start) % WEEK_SECONDS < end - start), default=0
        )


def hours_of(schedule: Schedule | None) -> Hours | None:
    if schedule is None:
        return None
    return Hours(
        tuple(
            (60 * (start - schedule.ahead_minutes - window.offset), 60 * (end - window.offset), window.min)
            for window in schedule.windows
            for start, end in window.spans
        )
    )


def second_of_week(date: datetime) -> float:
    """Of the week in UTC."""
    utc = date.astimezone(UTC)
    return utc.weekday() * 86_400 + utc.hour * 3_600 + utc.minute * 60 + utc.second


def monday(plan: Plan) -> float:
    """The second of the week in UTC at which Monday begins where the first schedule of the plan has its clock."""
    first = _first(plan)
    return -60 * first.offset % WEEK_SECONDS if first is not None else 0


def zone(plan: Plan) -> str:
    """Whose Monday that is."""
    first = _first(plan)
    return first.timezone if first is not None else "UTC"


def _first(plan: Plan) -> Window | None:
    schedules = (model.schedule for model in plan.models.values() if model.schedule is not None)
    return next((window for each in schedules for window in each.windows), None)
