"""Ports of loopback for programs of a test. Tests run in several processes at once: a port that is found free and let
go would be another test's before its program opens it."""

import socket
import sys
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

_MOST = 100  # of them are kept: more than the tests that run at once use, less than a process may open
_kept: deque[socket.socket] = deque()


def free_ports(number: int) -> list[int]:
    """Each stays bound here, so that the system gives it to nobody; a program that names it may open it all the same,
    as servers do that start again (SO_REUSEADDR). Only Linux lets it."""
    found = [_bound() for _ in range(number)]
    ports = [each.getsockname()[1] for each in found]
    _kept.extend(found)
    while len(_kept) > (_MOST if sys.platform == "linux" else 0):
        _kept.popleft().close()
    return ports


def _bound() -> socket.socket:
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind(("127.0.0.1", 0))
    return made


@contextmanager
def port_of_nobody() -> Iterator[int]:
    """Until the end of the block no other program gets this port, and nothing listens on it."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]
