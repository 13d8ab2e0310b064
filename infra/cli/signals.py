"""An end by a signal that removes what was made for the run. Standard library only: it is there before the SDKs are."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class _Ended(BaseException):
    """Nothing that catches an Exception stops it."""


@contextmanager
def until_a_signal() -> Iterator[None]:
    """For what runs until somebody ends it: a signal unwinds what is inside, and the program goes on behind it."""

    def end(_number: int, _frame: FrameType | None) -> None:
        for each in _SIGNALS:
            signal.signal(each, signal.SIG_IGN)  # a second one would leave half of it behind
        raise _Ended

    before = {each: signal.signal(each, end) for each in _SIGNALS}
    try:
        yield
    except _Ended:
        pass
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """A signal unwinds what is inside, then ends the process with 128 + its number, as a shell would say it."""
    came = 0

    def end(number: int, _frame: FrameType | None) -> None:
        nonlocal came
        came = number
        for each in _SIGNALS:
            signal.signal(each, signal.SIG_IGN)  # a second one would leave half of it behind
        raise SystemExit(128 + number)  # asyncio lets this one through, and keeps others in a task

    before = {each: signal.signal(each, end) for each in _SIGNALS}
    try:
        yield
    finally:
        if came:
            os._exit(128 + came)  # an SDK that was stopped half-way has nothing to say
        for each, handler in before.items():
            signal.signal(each, handler)
