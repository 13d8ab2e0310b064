"""Runs inside vLLM: writes its log as lines of JSON, and one line for each request, with the id that the gateway gave
it. Nothing of what a request says, and nothing of what is answered."""

import logging
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from pythonjsonlogger.json import JsonFormatter

Message = MutableMapping[str, Any]
_PROBES = ("/health", "/metrics", "/ping")  # asked every few seconds, by the kubelet and by Prometheus
_LONGEST = 100  # characters of an id, should a caller inside the cluster send its own
_LOG = logging.getLogger("vllm.requests")


def lines() -> JsonFormatter:
    """Of every process of the server, and with Python's warnings, which are plain text otherwise."""
    logging.captureWarnings(True)
    fields = ("%(levelname)s", "%(name)s", "%(vllm_process_name)s", "%(message)s")
    names = {"levelname": "level", "name": "logger", "vllm_process_name": "process"}
    return JsonFormatter(" ".join(fields), rename_fields=names, timestamp="time")


class RequestLine:
    def __init__(self, app: Callable[..., Awaitable[None]]) -> None:
        self.app = app

    async def __call__(
        self,
        scope: Message,
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        if scope["type"] != "http" or scope["path"] in _PROBES:
            await self.app(scope, receive, send)
            return
        began, status = time.monotonic(), None

        async def sent(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, sent)
        finally:  # a caller that went away as well
            said = {
                "request_id": _request_id(scope),
                "method": scope["method"],
                "path": scope["path"],
                "status": status,
                "duration_ms": round((time.monotonic() - began) * 1000),
            }
            _LOG.info("request", extra=said)


def _request_id(scope: Message) -> str | None:
    found = (value for name, value in scope["headers"] if name == b"x-request-id")
    return next(found, b"").decode("latin-1")[:_LONGEST] or None
