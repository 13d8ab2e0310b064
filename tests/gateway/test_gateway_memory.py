"""Large bodies of many callers at once end as errors, and not with an Envoy that its container ends for its memory."""

import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from dataclasses import replace
from pathlib import Path
from selectors import EVENT_READ, DefaultSelector
from threading import Barrier

import pytest

from infra.plan.gateway import TrafficPlan
from infra.services.gateway.envoy.bodies import MAX_VALUES
from infra.services.gateway.envoy.messages import MIB
from tests.conftest import HANGS_SECONDS
from tests.gateway.engine import Engine
from tests.gateway.plans import client, custom, traffic, upstream
from tests.gateway.running import Gateway, place_in, running
from tests.ports import port_of_nobody

pytestmark = pytest.mark.programs
CALLERS, BODY_MIB = 24, 31
BODY = json.dumps({"model": "small", "does": "slow", "image": "x" * (BODY_MIB * MIB)}).encode()


def _plan(engine: Engine) -> TrafficPlan:
    app = client("app", ("small",), custom=("whisper",))
    own = {"whisper": custom("whisper", engine.port, audio=True)}
    return traffic((app,), (upstream("small", engine.port),), body_mib=32, custom=own)


@pytest.fixture(scope="module")
def gateway(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with running(_plan(engine), place_in(tmp_path_factory.mktemp("memory"))) as found:
        yield found


@pytest.fixture
def full(engine: Engine, tmp_path: Path) -> Iterator[Gateway]:
    """For what fills it: the largest size that a process ever had is what it says from then on."""
    with running(_plan(engine), place_in(tmp_path)) as found:
        yield found


def numbers(values: int) -> bytes:
    """A request with this many values: the body, its model and its list are one each."""
    return b'{"model":"small","prompt":[' + (b"1," * (values - 2))[:-1] + b"]}"


MANY = {
    "as many values as there may be": (numbers(MAX_VALUES), 200),
    "one more": (numbers(MAX_VALUES + 1), 413),
    "6,000,000 numbers": (numbers(6_000_000), 413),
    "objects in objects": (b'{"model":"small","prompt":[' + b'{"a":{}},' * 160_000 + b"1]}", 413),
    "fields": (b'{"model":"small",' + b",".join(b'"%d":1' % each for each in range(310_000)) + b"}", 413),
    "lists behind a quote": (
        b'{"a":"\\\\\\"[","model":"small","b":[' + b"[]," * 310_000 + b"1]}",
        413,
    ),
    "a string of commas and quotes": (b'{"model":"small","prompt":"' + b'\\",[{' * 400_000 + b'\\\\"}', 200),
}


@pytest.mark.parametrize(("body", "status"), MANY.values(), ids=MANY.keys())
def test_a_request_of_too_many_values_is_refused_before_they_need_memory(
    gateway: Gateway, body: bytes, status: int
) -> None:
    answer = gateway.ask("POST", "/v1/chat/completions", body)
    assert answer.status == status
    assert status == 200 or (answer.error["code"], "300,000 values" in answer.error["message"]) == ("too_large", True)
    assert _largest_mib(gateway) < gateway.place.memory_mib / 3


def test_what_is_not_json_has_no_values(gateway: Gateway) -> None:
    kind = "multipart/form-data; boundary=b"
    sent = gateway.ask("POST", "/v1/audio/transcriptions", b"," * MIB, content_type=kind, x_llm_model="whisper")
    assert sent.status == 200


def test_large_requests_of_many_callers_are_ended_before_the_memory_is_full(full: Gateway) -> None:
    together = Barrier(CALLERS, timeout=HANGS_SECONDS)
    with ThreadPoolExecutor(CALLERS) as callers:
        answers = list(callers.map(lambda _: _ask(full, together), range(CALLERS)))
    assert set(answers) <= {b"200", b"503", b""}
    assert b"503" in answers or b"" in answers, "all of them at once need more than there is"
    assert _largest_mib(full) < full.place.memory_mib
    assert full.ask("POST", "/v1/chat/completions", {"model": "small"}).status == 200


def test_many_requests_below_1_mib_are_ended_too(tmp_path: Path) -> None:
    """In a small pod, of a model that sleeps; if none were ended, the pod would refuse all others."""
    body = b'{"model":"small","prompt":"' + b"x" * 500_000 + b'"}'
    with ExitStack() as stack:
        asleep = upstream("small", stack.enter_context(port_of_nobody()), held_seconds=60)
        plan = traffic((client("app", ("small",)),), (asleep,))
        gateway = stack.enter_context(running(plan, replace(place_in(tmp_path), memory_mib=160)))
        callers = [stack.enter_context(closing(_connected(gateway, body))) for _ in range(500)]
        for caller in callers:
            with suppress(ConnectionError):
                caller.sendall(body)
        ended = stack.enter_context(DefaultSelector())
        for caller in callers:
            ended.register(caller, EVENT_READ)
        assert 0 < len(ended.select(HANGS_SECONDS)) < len(callers)
        assert gateway.ask("GET", "/v1/models").status == 200


def _ask(gateway: Gateway, together: Barrier) -> bytes:
    """The status; blank: the connection was closed while the body was being sent, so its caller has read none."""
    with closing(_connected(gateway, BODY)) as connection:
        together.wait()
        with suppress(ConnectionError):
            connection.sendall(BODY)
        with suppress(ConnectionError):
            return connection.recv(12)[9:]
    return b""


def _connected(gateway: Gateway, body: bytes) -> socket.socket:
    """A caller that has sent all but its body."""
    connection = socket.create_connection(("127.0.0.1", gateway.place.port), timeout=HANGS_SECONDS)
    connection.sendall(
        b"POST /v1/chat/completions HTTP/1.1\r\nhost: gateway\r\nauthorization: Bearer key-of-app-1\r\n"
        b"content-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body)
    )
    return connection


def _largest_mib(gateway: Gateway) -> int:
    lines = Path(f"/proc/{gateway.process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) // 1024
