"""How long the gateway waits, for callers and for engines, and what it tries again."""

import socket
from collections.abc import Iterator

import pytest

from tests.gateway.engine import Engine
from tests.gateway.plans import client, traffic, upstream
from tests.gateway.running import Gateway, place_in, running

pytestmark = pytest.mark.programs
CHAT = "/v1/chat/completions"


@pytest.fixture(scope="module")
def hasty(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """It waits for one second where another one would for minutes."""
    models = ("closed", "nowhere", "small")
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    plan = traffic(
        (client("app", models),),
        (
            upstream("small", engine.port),
            upstream("closed", port),
            upstream("nowhere", 1, host="nowhere.invalid", start_seconds=240),
        ),
        idle_seconds=1,
    )
    with running(plan, place_in(tmp_path_factory.mktemp("hasty"), upload_seconds=1)) as gateway:
        yield gateway


def test_a_body_that_doesnt_come_ends_the_request(hasty: Gateway, engine: Engine) -> None:
    head = b"POST %s HTTP/1.1\r\nhost: llm\r\nauthorization: Bearer key-of-app-1\r\ncontent-type: application/json\r\n"
    answer = hasty.raw(head % CHAT.encode() + b'content-length: 100\r\n\r\n{"model":', rests=5)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b'"code":"request_timeout"' in answer
    assert engine.requests == []


def test_an_engine_that_is_silent_is_given_up(hasty: Gateway) -> None:
    answer = hasty.ask("POST", CHAT, {"model": "small", "does": "slow"})
    assert (answer.status, answer.error["code"]) == (504, "timeout")


def test_an_engine_that_refuses_connections_is_unavailable(hasty: Gateway) -> None:
    answer = hasty.ask("POST", CHAT, {"model": "closed"})
    assert (answer.status, answer.error["code"], answer.headers["retry-after"]) == (503, "unavailable", "1")
    assert hasty.logged(answer)["tries"] == 3


def test_a_model_without_servers_says_how_long_a_start_takes(hasty: Gateway) -> None:
    answer = hasty.ask("POST", CHAT, {"model": "nowhere"})
    assert (answer.status, answer.error["code"], answer.headers["retry-after"]) == (503, "model_starting", "240")
    assert answer.error["retry_after"] == 240


def test_a_request_whose_engine_died_is_sent_again_whole(hasty: Gateway, engine: Engine) -> None:
    engine.died = 0
    body = {"model": "small", "does": "dies once", "prompt": "x" * 3_000_000}
    assert hasty.ask("POST", CHAT, body).status == 200
    assert engine.requests[0].body == engine.requests[1].body


def test_an_engine_that_says_503_is_asked_three_times(hasty: Gateway, engine: Engine) -> None:
    answer = hasty.ask("POST", CHAT, {"model": "small", "does": "busy"})
    assert (answer.status, len(engine.requests)) == (503, 3)
    assert hasty.logged(answer)["tries"] == 3


def test_an_answer_ends_after_the_total_and_isnt_asked_again(
    engine: Engine, tmp_path_factory: pytest.TempPathFactory
) -> None:
    plan = traffic((client("app", ("small",)),), (upstream("small", engine.port),), total_seconds=1)
    with running(plan, place_in(tmp_path_factory.mktemp("total"))) as gateway:
        answer = gateway.ask("POST", CHAT, {"model": "small", "does": "slow"})
        assert (answer.status, answer.error["code"]) == (504, "timeout")
        assert len(engine.requests) == 1
