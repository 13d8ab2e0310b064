"""What `status` finds: how each model is, and why."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

# ABSENT: the stack file has it, and the cluster doesn't.
State = Literal["READY", "STARTING", "PENDING", "ASLEEP", "PAUSED", "FAILING", "ABSENT", "UNKNOWN"]


@dataclass(frozen=True)
class Cause:
    """Why something isn't as planned, what to write or do, and what to run next."""

    kind: str  # a word for programs: no-capacity, quota, taint, ...
    said: str
    fix: str = ""  # in the stack file's words; blank: nothing has to be changed
    command: str = ""
    stops: bool = True  # False: it is on its way, and nobody has to do anything


@dataclass(frozen=True)
class FirstToken:
    """Seconds in which 95 of 100 first tokens came, and what was promised."""

    seconds: float | None  # None: not measured
    wanted: float | None
    promised: bool  # by the stack file; else it is the plan's aim

    @property
    def broken(self) -> bool:
        return self.promised and self.seconds is not None and self.wanted is not None and self.seconds > self.wanted


@dataclass(frozen=True)
class ServerStatus:
    """A model, its next version, or the gateway."""

    name: str
    state: State
    ready: int
    wanted: int
    since: datetime | None = None  # from when it is in this state; None: nobody knows
    seconds: int | None = None  # that it has been so
    planned_seconds: int | None = None  # that the plan has for it, in the middle
    late: bool = False  # longer than the plan's high end
    wakes_seconds: int | None = None  # of one that is asleep: how long its first caller waits
    first_token: FirstToken | None = None
    causes: Sequence[Cause] = ()

    @property
    def wrong(self) -> bool:
        """Whether somebody has to look at it."""
        broken = self.first_token is not None and self.first_token.broken
        stopped = self.state in ("FAILING", "ABSENT") or any(each.stops for each in self.causes)
        return stopped or broken or self.late


@dataclass(frozen=True)
class Status:
    stack: str
    at: datetime
    models: Sequence[ServerStatus]
    gateway: ServerStatus
    not_checked: Sequence[str] = field(default_factory=tuple[str, ...])

    @property
    def all(self) -> Sequence[ServerStatus]:
        return (*self.models, self.gateway)


def once(causes: Iterable[Cause]) -> list[Cause]:
    """Each one once, what stops first: the pods of a model mostly have the same."""
    found = {(each.kind, each.said): each for each in causes}
    return sorted(found.values(), key=lambda each: not each.stops)
