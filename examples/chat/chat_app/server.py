"""The web service: it serves the page and forwards questions to a model. The key stays on the server."""

import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from openai import AsyncOpenAI, Timeout
from pydantic import BaseModel, Field, ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from chat_app.answers import Event, answer

_PAGE = Path(__file__).parent / "page"
_CONNECT_SECONDS = 5
_STREAM_HEADERS = {
    "Cache-Control": "no-cache",
    "X-Accel-Buffering": "no",  # otherwise an nginx in front of this service would collect words before it sends them
}


@dataclass(frozen=True)
class Settings:
    """Where the model is. `timeout_seconds` is how long it may send nothing, as in the platform's gateway."""

    base_url: str
    api_key: str
    model: str
    timeout_seconds: float

    @classmethod
    def from_environment(cls) -> "Settings":
        return cls(
            base_url=os.environ["OPENAI_BASE_URL"],
            api_key=os.environ["OPENAI_API_KEY"],
            model=os.environ["MODEL"],
            timeout_seconds=float(os.environ["TIMEOUT_SECONDS"]),
        )


class Message(BaseModel):
    """One turn of a conversation."""

    role: Literal["user", "assistant"]
    content: str = Field(min_length=1)


class Conversation(BaseModel):
    """What the page sends: every turn, the question last."""

    messages: list[Message] = Field(min_length=1)


def from_environment() -> Starlette:
    """What uvicorn runs in the image."""
    return make_app(Settings.from_environment())


def make_app(settings: Settings) -> Starlette:
    # No retries: the user would wait without any message, and the page itself says when to try again.
    client = AsyncOpenAI(
        base_url=settings.base_url,
        api_key=settings.api_key,
        timeout=Timeout(settings.timeout_seconds, connect=_CONNECT_SECONDS),
        max_retries=0,
    )

    async def answers(request: Request) -> Response:
        try:
            conversation = Conversation.model_validate_json(await request.body())
        except ValidationError as mistakes:
            return PlainTextResponse(str(mistakes), status_code=400)
        messages = [each.model_dump() for each in conversation.messages]
        events = answer(client, settings.model, messages, timeout_seconds=settings.timeout_seconds)
        return StreamingResponse(_server_sent(events), media_type="text/event-stream", headers=_STREAM_HEADERS)

    async def about(request: Request) -> Response:
        return JSONResponse({"model": settings.model})

    async def healthy(request: Request) -> Response:
        return PlainTextResponse("ok")

    @asynccontextmanager
    async def until_shutdown(app: Starlette) -> AsyncIterator[None]:
        async with client:
            yield

    return Starlette(
        lifespan=until_shutdown,
        routes=[
            Route("/api/answers", answers, methods=["POST"]),
            Route("/api/about", about),
            Route("/healthz", healthy),
            Mount("/", StaticFiles(directory=_PAGE, html=True)),
        ],
    )


async def _server_sent(events: AsyncIterator[Event]) -> AsyncIterator[str]:
    async for event in events:
        yield f"event: {event.name}\ndata: {json.dumps(event.data)}\n\n"
