"""A fake OpenAI-compatible endpoint: it sends words as slowly as a model, and fails in every way on demand.

Ask `/401`, `/404`, `/429`, `/503`, `/timeout`, `/cut`, `/broken` or `/long` to see what the page shows.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from starlette.applications import Starlette
from starlette.datastructures import State
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Send

ANSWER = """\
Nobody thinks here: this is the fake endpoint of the example. It makes one word after the other, as a model does, \
and the page shows each as it comes.

## What a model writes

It writes **Markdown**: `code`, [links](https://example.com/), lists and tables.

1. One thing
   - and a part of it
2. Another

| model | holds |
|---|---|
| llama-8b | 8,192 tokens |

```python
print("refund")
```

HTML stays text: <b>this isn’t bold</b>, and <script>this does nothing</script>. No link runs a script, as \
[this one](javascript:alert(1)) would, and no picture is fetched: ![that one](https://example.com/picture.png).

Try Stop while it runs. Ask /401, /404, /429, /503, /timeout, /cut, /broken or /long to see what the page says \
when something goes wrong."""
WAKES_IN_SECONDS = 150
_FEW = 5  # words before the stream breaks
_HEADERS = {"429": {"Retry-After": "8"}, "503": {"Retry-After": str(WAKES_IN_SECONDS)}}

Pace = Callable[[], Awaitable[None]]


async def slowly() -> None:
    await asyncio.sleep(0.06)


def make_fake(pace: Pace = slowly) -> Starlette:
    """`pace` is awaited before each word. `app.state.requests` holds the requests, `.abandoned` how many clients left
    before the end."""

    async def complete(request: Request) -> Response:
        body = await request.json()
        state = request.app.state
        state.requests.append({"headers": dict(request.headers), **body})
        command = body["messages"][-1]["content"].strip().removeprefix("/")
        if command.isdecimal():
            error = {"error": {"message": "the fake endpoint was asked for this", "code": int(command)}}
            return JSONResponse(error, status_code=int(command), headers=_HEADERS.get(command))
        if not body.get("stream"):
            return await _whole(command, pace)
        answer = _Broken if command == "broken" else StreamingResponse
        return answer(_counting(_stream(command, pace), state), media_type="text/event-stream")

    app = Starlette(routes=[Route("/v1/chat/completions", complete, methods=["POST"])])
    app.state.requests, app.state.abandoned = [], 0
    return app


class _Broken(StreamingResponse):
    """Closes the connection before the end of the body."""

    async def stream_response(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        async for chunk in self.body_iterator:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})


async def _counting(stream: AsyncIterator[bytes], state: State) -> AsyncIterator[bytes]:
    try:
        async for chunk in stream:
            yield chunk
    except asyncio.CancelledError:
        state.abandoned += 1
        raise


async def _whole(command: str, pace: Pace) -> Response:
    """Without `stream` nothing is sent before the last word is ready; an answer can't break in the middle."""
    if command == "timeout":
        await _for_ever()
    await pace()
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": ANSWER},
        "finish_reason": "length" if command == "long" else "stop",
    }
    return JSONResponse(_completion("chat.completion", choice))


async def _stream(command: str, pace: Pace) -> AsyncIterator[bytes]:
    """As vLLM does it: a role, words, a reason, `[DONE]`; a stream that breaks ends after a few words."""
    if command == "nothing":
        return
    yield _chunk({"role": "assistant", "content": ""})
    if command == "timeout":
        await _for_ever()
    breaks = command in ("long", "cut", "broken", "silent", "error")
    for position, word in enumerate(ANSWER.split(" ")[: _FEW if breaks else None]):
        await pace()
        yield _chunk({"content": word if position == 0 else f" {word}"})
    if command == "silent":
        await _for_ever()
    elif command == "error":
        yield b'data: {"error": {"message": "the engine died", "code": 500}}\n\n'
    elif command not in ("cut", "broken"):
        yield _chunk({}, "length" if command == "long" else "stop")
        yield b"data: [DONE]\n\n"


async def _for_ever() -> None:
    await asyncio.Event().wait()


def _chunk(delta: dict[str, Any], reason: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": reason}
    return f"data: {json.dumps(_completion('chat.completion.chunk', choice))}\n\n".encode()


def _completion(kind: str, choice: dict[str, Any]) -> dict[str, Any]:
    return {"id": "chatcmpl-fake", "object": kind, "created": 0, "model": "fake", "choices": [choice]}
