"""How long the gateway waits, for callers and for engines, and what it tries again."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from tests.gateway.engine import Engine
from tests.gateway.names import Names
from tests.gateway.plans import client, traffic, upstream
from tests.gateway.running import Gateway, place_in, resolved_by, running, until, write
from tests.ports import port_of_nobody

pytestmark = pytest.mark.programs
CHAT = "/v1/chat/completions"


@pytest.fixture(scope="module")
def hasty(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """It waits for one second where another one would for minutes."""
    models = ("closed", "nowhere", "small")
    with port_of_nobody() as closed, Names([]) as names:
        plan = traffic(
            (client("app", models),),
            (
                upstream("small", engine.port),
                upstream("closed", closed),
                upstream("nowhere", 1, host="nowhere.invalid", start_seconds=240),
            ),
            idle_seconds=1,
        )
        place = place_in(tmp_path_factory.mktemp("hasty"), upload_seconds=1)
        with running(plan, place, bootstrap=resolved_by(names.port)) as gateway:
            yield gateway


def test_a_body_that_doesnt_come_ends_the_request(hasty: Gateway, engine: Engine) -> None:
    head = b"POST %s HTTP/1.1\r\nhost: llm\r\nauthorization: Bearer key-of-app-1\r\ncontent-type: application/json\r\n"
    answer = hasty.raw(head % CHAT.encode() + b'content-length: 100\r\n\r\n{"model":')
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b'"code":"request_timeout"' in answer
    assert engine.requests == []


def test_headers_that_dont_end_end_the_request(hasty: Gateway, engine: Engine) -> None:
    answer = hasty.raw(b"GET /v1/models HTTP/1.1\r\nhost: llm\r\nauthorization: Bearer key-of-app-1\r\n")
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert engine.requests == []


def test_an_engine_that_is_silent_is_given_up(hasty: Gateway) -> None:
    answer = hasty.ask("POST", CHAT, {"model": "small", "does": "waits"})
    assert (answer.status, answer.error["code"]) == (504, "timeout")


def test_an_engine_that_refuses_connections_is_unavailable(hasty: Gateway) -> None:
    answer = hasty.ask("POST", CHAT, {"model": "closed"})
    assert (answer.status, answer.error["code"], answer.headers["retry-after"]) == (503, "unavailable", "1")
    assert hasty.logged(answer)["tries"] == 3


def test_a_model_without_servers_says_how_long_a_start_takes(hasty: Gateway) -> None:
    answer = hasty.ask("POST", CHAT, {"model": "nowhere"})
    assert (answer.status, answer.error["code"], answer.headers["retry-after"]) == (503, "model_starting", "240")
    assert answer.error["retry_after"] == 240


def test_a_request_whose_engine_died_is_sent_again_whole(gateway: Gateway, engine: Engine) -> None:
    engine.died = 0
    body = {"model": "small", "does": "dies once", "prompt": "x" * 3_000_000}
    assert gateway.ask("POST", CHAT, body).status == 200
    assert engine.requests[0].body == engine.requests[1].body


def test_an_engine_that_says_503_is_asked_three_times(gateway: Gateway, engine: Engine) -> None:
    answer = gateway.ask("POST", CHAT, {"model": "small", "does": "busy"})
    assert (answer.status, len(engine.requests)) == (503, 3)
    assert gateway.logged(answer)["tries"] == 3


def test_an_answer_ends_after_the_total_and_isnt_asked_again(
    engine: Engine, tmp_path_factory: pytest.TempPathFactory
) -> None:
    plan = traffic((client("app", ("small",)),), (upstream("small", engine.port),), total_seconds=1)
    with running(plan, place_in(tmp_path_factory.mktemp("total"))) as gateway:
        answer = gateway.ask("POST", CHAT, {"model": "small", "does": "waits"})
        assert (answer.status, answer.error["code"]) == (504, "timeout")
        assert len(engine.requests) == 1


def test_streams_outlive_a_change_of_the_listener_that_carries_them(engine: Engine, tmp_path: Path) -> None:
    plan = traffic((client("app", ("small",)),), (upstream("small", engine.port),))
    place = place_in(tmp_path)
    with running(plan, place) as gateway, ThreadPoolExecutor(10) as at_once:
        body = {"model": "small", "does": "waiting stream"}
        streams = [at_once.submit(gateway.ask, "POST", CHAT, body) for _ in range(10)]
        until(lambda: len(engine.requests), 10)
        write(replace(plan, contact="new@example.com", body_mib=8), place)
        until(lambda: gateway.ask("POST", CHAT, {"model": "other"}).error["contact"], "new@example.com")
        assert not any(stream.done() for stream in streams)
        engine.goes_on.set()
        assert all(stream.result().body.endswith(b"data: [DONE]\n\n") for stream in streams)
