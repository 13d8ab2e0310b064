"""Many callers while something changes, and what became of their requests."""

import json
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from itertools import count

from tests.gateway.engine import Engine
from tests.gateway.running import Gateway, until


def under_load(ask: Callable[[int], str], at_once: int, least: int, meanwhile: Callable[[], None]) -> Counter[str]:
    """How requests ended while something else happened: of at least this number, and of more until it has happened.
    `ask` gets the number of the request."""
    with ThreadPoolExecutor(at_once + 1) as pool:
        changing, numbers = pool.submit(meanwhile), count()

        def caller() -> Counter[str]:
            ended: Counter[str] = Counter()
            while (number := next(numbers)) < least or not changing.done():
                ended[ask(number)] += 1
            return ended

        callers = [pool.submit(caller) for _ in range(at_once)]
        changing.result()
        return sum((each.result() for each in callers), Counter[str]())


def how_it_ends(gateway: Gateway, pause: float | None, key: str = "key-of-app-1", **more: str) -> str:
    """Whole, or what was wrong with the answer to a request of `small`. `pause`: between the events of a stream; None:
    no stream. `more`: headers."""
    body = {"model": "small", **({} if pause is None else {"does": "stream", "pause": pause})}
    try:
        answer = gateway.ask("POST", "/v1/chat/completions", body, key=key, **more)
    except (OSError, HTTPException) as error:
        return f"cut: {error}"
    if answer.status != 200:
        return f"{answer.status}: {answer.body.decode()[:200]}"
    whole = answer.body.endswith(b"data: [DONE]\n\n") if pause is not None else "usage" in json.loads(answer.body)
    return "whole" if whole else "cut"


def end_when_idle(engine: Engine) -> None:
    """As a server ends after SIGTERM: it answers what is under way."""
    until(lambda: engine.under_way, 0)
    engine.end()
