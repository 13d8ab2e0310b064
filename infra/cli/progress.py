"""A sign that work goes on, for somebody who looks at a terminal; a pipe and a CI job get none."""

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_STEP = 1.0  # seconds between signs, and before the first
_LONGEST = 50  # characters, or the line would wrap in a narrow terminal


@contextmanager
def waiting(what: str) -> Iterator[None]:
    """On stderr, what is being done and for how long; the line is gone afterwards."""
    if not _is_watched():
        yield
        return
    done = threading.Event()
    counting = threading.Thread(target=_count, args=(what, done), daemon=True)
    counting.start()
    try:
        yield
    finally:
        done.set()
        counting.join()


def _is_watched() -> bool:
    return sys.stderr.isatty() and os.environ.get("TERM") != "dumb" and not os.environ.get("CI")


def _count(what: str, done: threading.Event) -> None:
    started, line = time.monotonic(), ""
    with suppress(OSError):  # a terminal that is gone stops no work
        while not done.wait(_STEP):
            line = f"{what[:_LONGEST]} ... {time.monotonic() - started:.0f} s"
            _write(f"\r{line}")
        if line:
            _write(f"\r{' ' * len(line)}\r")


def _write(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()
