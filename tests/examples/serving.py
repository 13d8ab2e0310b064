"""The example's service and its fake endpoint on real sockets, with ports that the system chooses."""

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import uvicorn
from starlette.applications import Starlette

from chat_app.server import Settings, make_app
from chat_local.fake_endpoint import Pace, make_fake
from tests.conftest import HANGS_SECONDS

KEY = "k" * 43
MODEL = "llama-8b"
NEVER_ENDS = ("/timeout", "/silent")  # questions
IMPATIENT_SECONDS = 2  # how long a service waits for an answer that never comes


class Gate:
    """Sends the first `words` words at once, and the others after `open`."""

    def __init__(self, words: int) -> None:
        self._free, self._open = words, threading.Event()

    async def __call__(self) -> None:
        self._free -= 1
        while self._free < 0 and not self._open.is_set():
            await asyncio.sleep(0.005)

    def open(self) -> None:
        self._open.set()


async def at_once() -> None: ...


@dataclass(frozen=True)
class Chat:
    """A running service: where its page is, and the endpoint behind it."""

    url: str
    fake: Starlette


@contextmanager
def chat(pace: Pace = at_once, *, timeout_seconds: float = HANGS_SECONDS) -> Iterator[Chat]:
    fake = make_fake(pace)
    with _served(fake) as endpoint, service(endpoint, timeout_seconds=timeout_seconds) as url:
        yield Chat(url, fake)


@contextmanager
def fake_endpoint() -> Iterator[str]:
    """The fake endpoint alone."""
    with _served(make_fake(at_once)) as url:
        yield url


@contextmanager
def service(
    endpoint: str, *, key: str = KEY, model: str = MODEL, timeout_seconds: float = HANGS_SECONDS
) -> Iterator[str]:
    """The example's service in front of an endpoint."""
    with _served(make_app(Settings(f"{endpoint}/v1", key, model, timeout_seconds))) as url:
        yield url


def eventually(holds: Callable[[], bool], *, seconds: float = HANGS_SECONDS) -> bool:
    """What another thread does soon."""
    end = time.monotonic() + seconds
    while not holds() and time.monotonic() < end:
        time.sleep(0.005)
    return holds()


@contextmanager
def _served(app: Starlette) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical", timeout_graceful_shutdown=0, ws="none"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
