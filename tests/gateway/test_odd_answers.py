"""Answers that no engine should give: the caller reads that the server is at fault, is shown nothing that only the
gateway may say, and keeps its other streams."""

from collections.abc import Mapping

import pytest

from tests.gateway.engine import Engine
from tests.gateway.raw import JSON, KEY, post, status_of
from tests.gateway.running import Gateway

pytestmark = pytest.mark.programs
CHAT = "/v1/chat/completions"


def _headers(number: int, letters: int) -> bytes:
    return b'{"model": "small", "does": "headers", "headers": %d, "letters": %d}' % (number, letters)


# headers of an answer, and letters of each -> the status that its caller gets
SIZES: Mapping[tuple[int, int], int] = {
    (98, 10): 200,  # with its type and its size they are 100
    (99, 10): 502,
    (300, 10): 502,
    (1, 61_000): 200,
    (1, 61_500): 502,
    (1, 90_000): 502,
    (1, 1_000_000): 502,
    (90, 670): 200,
    (90, 690): 502,
}


@pytest.mark.parametrize(("headers", "status"), SIZES.items(), ids=str)
def test_an_answer_with_too_many_headers_is_the_servers_fault(
    gateway: Gateway, headers: tuple[int, int], status: int
) -> None:
    """And what passes is not cut by what the gateway adds."""
    answer = gateway.raw(post(KEY, JSON, body=_headers(*headers)))
    assert status_of(answer) == status
    said = b"the server's answer isn't HTTP, or has more than 100 headers or 60 KiB of them"
    assert (said in answer) == (status == 502)


def test_what_only_the_gateway_may_say_is_not_believed_of_a_server(gateway: Gateway, engine: Engine) -> None:
    """By x-llm-served-by is counted: each value would be a series, or the price of a provider."""
    for model in ("small", "lora"):
        answer = gateway.ask("POST", CHAT, {"model": model, "does": "claims"})
        line = gateway.logged(answer)
        assert (answer.status, [name for name in answer.headers if name.startswith("x-llm-")]) == (200, [])
        assert not {"somebody", "987654321"} & set(answer.headers.values())
        assert (line["served_by"], line["version"], line["held_ms"] <= line["first_byte_ms"]) == (None, None, True)
    assert gateway.stats("somebody") == {}
