"""A server that answers as an engine would, and remembers each request byte for byte."""

import asyncio
import json
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Self

from tests.conftest import HANGS_SECONDS

CLAIMS = (  # headers of an answer that only the gateway may say
    "x-llm-served-by: somebody",
    "x-llm-version: somebody",
    "x-llm-held-ms: 987654321",
    "x-request-id: somebody",
    "x-ratelimit-limit: 987654321",
    "x-ratelimit-limit-tokens: 987654321",
)


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key == name]


@dataclass
class Engine:
    """`does`, by the body's field of this name: slow, stream, long stream, busy, dies once, vectors, much, claims,
    headers, redirects, waits, waiting stream. Anything else is answered at once. A stream has `pause` seconds between
    its events. Where something has to happen before an answer ends, no time is long enough on a busy machine: `waits`
    is answered, and a waiting stream goes on behind its first event, once `goes_on` is set."""

    requests: list[Request] = field(default_factory=list)
    port: int = 0
    address: str = "127.0.0.1"
    under_way: int = 0
    died: int = 0
    tls: ssl.SSLContext | None = None
    connections: int = 0
    cut: int = 0  # what was under way at its end
    goes_on: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._server = self._loop.run_until_complete(
            asyncio.start_server(self._serve, self.address, self.port, ssl=self.tls)
        )
        self.port = self._server.sockets[0].getsockname()[1]
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> None:
        """At once: what is under way is cut. A second time does nothing."""
        if self._loop.is_closed():
            return
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(HANGS_SECONDS)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _end(self) -> None:
        self._server.close()
        self.cut = self.under_way
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                request = await _read(reader)
                self.requests.append(request)
                self.under_way += 1
                try:
                    await self._answer(request, writer)
                finally:
                    self.under_way -= 1
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            writer.close()

    async def _answer(self, request: Request, writer: asyncio.StreamWriter) -> None:
        does = _does(request.body)
        if does == "dies once" and not self.died:
            self.died += 1
            writer.close()
            raise ConnectionError
        if does == "busy":
            return await write(writer, 503, {"detail": "starting"})
        if does == "stream":
            return await stream(writer, "abc", json.loads(request.body).get("pause", 0.01))
        if does == "long stream":
            return await stream(writer, "abc" * 10, 0.1)
        if does == "waiting stream":
            return await stream(writer, "abc", 0.01, self.goes_on.is_set)
        if does == "vectors":
            return await write(writer, 200, {"usage": {"prompt_tokens": 4, "total_tokens": 4}})
        if does == "claims":
            return await write(writer, 200, {}, *CLAIMS)
        if does == "redirects":
            return await write(writer, 302, {}, "location: /login?next=/a", "set-cookie: session=1; Path=/")
        if does == "headers":
            asked = json.loads(request.body)
            return await write(writer, 200, {}, *(f"x-a{n}: {'a' * asked['letters']}" for n in range(asked["headers"])))
        if does == "slow":
            await asyncio.sleep(2)
        while does == "waits" and not self.goes_on.is_set():
            await asyncio.sleep(0.01)
        if does == "much":
            return await write(writer, 200, {"much": "x" * json.loads(request.body).get("letters", 3_000_000)})
        return await write(writer, 200, {"usage": {"prompt_tokens": 3, "completion_tokens": 5}})


def _does(body: bytes) -> str | None:
    try:
        found = json.loads(body)
    except ValueError:
        return None
    return found.get("does") if isinstance(found, dict) else None


async def _read(reader: asyncio.StreamReader) -> Request:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    method, path, _ = head[0].split(" ")
    headers = tuple(
        (key.lower(), value.strip()) for key, _, value in (line.partition(":") for line in head[1:] if line)
    )
    sizes = [int(value) for key, value in headers if key == "content-length"]
    body = await reader.readexactly(sizes[0]) if sizes else b""
    return Request(method, path, headers, body)


async def write(writer: asyncio.StreamWriter, status: int, found: Mapping[str, object], *headers: str) -> None:
    body = json.dumps(found).encode()
    sized = ("content-type: application/json", f"content-length: {len(body)}")
    lines = (f"HTTP/1.1 {status} x", *sized, *headers, "", "")
    writer.write("\r\n".join(lines).encode() + body)
    await writer.drain()


async def stream(
    writer: asyncio.StreamWriter,
    letters: str,
    pause: float,
    goes_on: Callable[[], bool] = lambda: True,
    **more: object,
) -> None:
    """`goes_on`: whether more than the first event may be sent. `more`: what each event has besides."""
    words = [{"choices": [{"delta": {"content": word}}], **more} for word in letters]
    events = [*words, {"choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 9}, **more}]
    writer.write(b"HTTP/1.1 200 x\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
    for event in (*(f"data: {json.dumps(each)}\n\n" for each in events), "data: [DONE]\n\n"):
        writer.write(f"{len(event):x}\r\n{event}\r\n".encode())
        await writer.drain()
        await asyncio.sleep(pause)
        while not goes_on():
            await asyncio.sleep(0.01)
    writer.write(b"0\r\n\r\n")
    await writer.drain()
