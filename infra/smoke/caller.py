"""Requests as a client sends them. Standard library only: no client that retries hides what came."""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPResponse
from ipaddress import ip_address
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, OpenerDirector, ProxyHandler, Request, build_opener

from infra.plan.versions import VERSION


class Unreachable(Exception):
    """Why there is no answer that could be judged."""


@dataclass(frozen=True)
class Reply:
    status: int
    body: Mapping[str, Any]  # empty where it isn't a JSON object
    version: str | None = None  # of the model, where it has two

    @property
    def error(self) -> str:
        """The status, and what the error says."""
        found = self.body.get("error")
        said = found.get("message") or found.get("code") if isinstance(found, Mapping) else found
        return f"{self.status}{f': {said}' if said else ''}"


@dataclass
class Streamed:
    status: int
    chunks: list[Mapping[str, Any]] = field(default_factory=list)
    first_seconds: float | None = None  # from the request to the first token
    done: bool = False  # it says itself that it is complete
    error: str = ""


class Gateway:
    """A gateway, called with one client's key."""

    def __init__(self, base_url: str, key: str, patience: int, version: str | None = None) -> None:
        """`patience`: seconds without a byte. `version`: what each request asks for."""
        self.base_url, self._key, self._patience = base_url.rstrip("/"), key, patience
        self._version = version
        self._opener = _opener(base_url)

    def asking_for(self, version: str | None) -> "Gateway":
        return Gateway(self.base_url, self._key, self._patience, version)

    def get(self, path: str) -> Reply:
        with self._opened(path, None, self._key) as response:
            return _reply(response)

    def own(self, name: str, *, key: str | None = None) -> Reply:
        """What an own server answers at its root."""
        with self._opened(f"/custom/{name}/", None, key or self._key, self.base_url.removesuffix("/v1")) as response:
            return _reply(response)

    def post(self, path: str, body: Mapping[str, Any], *, key: str | None = None) -> Reply:
        with self._opened(path, body, self._key if key is None else key) as response:
            return _reply(response)

    def stream(self, path: str, body: Mapping[str, Any]) -> Streamed:
        begun = time.monotonic()
        with self._opened(path, body, self._key) as response:
            if response.status != 200:
                reply = _reply(response)
                return Streamed(reply.status, error=reply.error)
            found = Streamed(200)
            for line in response:
                _take(found, line.decode(errors="replace").strip(), begun)
            return found

    def round_trip(self) -> float:
        """Seconds of a request that the gateway answers itself: what the way there takes."""
        seconds: Sequence[float] = sorted(self._timed() for _ in range(3))
        return seconds[1]

    def _timed(self) -> float:
        begun = time.monotonic()
        self.get("/models")
        return time.monotonic() - begun

    @contextmanager
    def _opened(
        self, path: str, body: Mapping[str, Any] | None, key: str, base: str | None = None
    ) -> Iterator[HTTPResponse | HTTPError]:
        headers = {
            "Authorization": f"Bearer {key}",
            "Content-Type": "application/json",
            "User-Agent": "llm-platform smoke",
            **({VERSION: self._version} if self._version is not None else {}),
        }
        data = None if body is None else json.dumps(body).encode()
        try:
            with self._answer(Request(f"{base or self.base_url}{path}", data, headers)) as response:
                yield response
        except (OSError, HTTPException) as error:
            raise Unreachable(_reason(error, self._patience)) from None

    def _answer(self, request: Request) -> HTTPResponse | HTTPError:
        try:
            return self._opener.open(request, timeout=self._patience)
        except HTTPError as refused:
            if refused.code == 429:
                after = refused.headers.get("Retry-After")
                more = f"; try again in {after} s" if after else ""
                raise Unreachable(f"429: the client's limit is reached, or the model's queue is full{more}") from None
            return refused


class _NoRedirect(HTTPRedirectHandler):
    """Another server would be sent the key."""

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> None:
        return None


def _opener(base_url: str) -> OpenerDirector:
    """With the proxy of the environment, but not to this machine."""
    host = urlsplit(base_url).hostname or ""
    try:
        here = ip_address(host).is_loopback
    except ValueError:
        here = host == "localhost"
    return build_opener(_NoRedirect(), *([ProxyHandler({})] if here else []))


def _reply(response: HTTPResponse | HTTPError) -> Reply:
    text = response.read()
    try:
        found = json.loads(text)
    except ValueError:
        found = {"error": text.decode(errors="replace").strip()[:200]}
    return Reply(response.status or 0, found if isinstance(found, dict) else {}, response.headers.get(VERSION))


def _take(found: Streamed, line: str, begun: float) -> None:
    """A line of a stream."""
    if not line.startswith("data:"):
        return
    data = line.removeprefix("data:").strip()
    if data == "[DONE]":
        found.done = True
        return
    try:
        chunk = json.loads(data)
    except ValueError:
        found.error = f"a line of the stream isn't JSON: {data[:80]}"
        return
    found.chunks.append(chunk)
    if found.first_seconds is None and any(_deltas(chunk)):
        found.first_seconds = time.monotonic() - begun


def _deltas(chunk: Mapping[str, Any]) -> Iterator[Any]:
    for choice in chunk.get("choices") or ():
        delta = choice.get("delta") or {}
        yield from (delta.get(name) for name in ("content", "reasoning", "reasoning_content", "tool_calls"))


def _reason(error: Exception, patience: int) -> str:
    reason = error.reason if isinstance(error, URLError) else error
    if isinstance(reason, TimeoutError):
        return f"no byte came for {patience} s"
    return str(getattr(reason, "strerror", None) or reason or type(error).__name__)
