"""One answer of the model, as events: its words as they arrive, then how it ended."""

import logging
from collections.abc import AsyncIterator
from dataclasses import asdict
from typing import Any, NamedTuple

from openai import APIError, AsyncOpenAI

from chat_app.problems import problem_of, problem_of_no_end

_LOG = logging.getLogger("uvicorn.error")  # in the same log as the server's lines


class Event(NamedTuple):
    """`words` {text}, then one `done` {too_long} or one `problem` {kind, message, retry_after_seconds}."""

    name: str
    data: dict[str, Any]


async def answer(
    client: AsyncOpenAI, model: str, messages: list[Any], *, timeout_seconds: float
) -> AsyncIterator[Event]:
    """When it is closed (when a reader leaves the page), the model stops generating too."""
    begun, reason = False, None
    try:
        async with await client.chat.completions.create(model=model, messages=messages, stream=True) as stream:
            async for chunk in stream:
                for choice in chunk.choices:
                    reason = choice.finish_reason or reason
                    if choice.delta.content:
                        begun = True
                        yield Event("words", {"text": choice.delta.content})
    except APIError as error:
        _LOG.warning("no whole answer from %s: %s: %s", model, type(error).__name__, error)
        yield Event("problem", asdict(problem_of(error, begun=begun, timeout_seconds=timeout_seconds)))
        return
    if reason is None:
        _LOG.warning("no whole answer from %s: the stream has no finish_reason", model)
        yield Event("problem", asdict(problem_of_no_end(begun=begun)))
    else:
        yield Event("done", {"too_long": reason == "length"})
