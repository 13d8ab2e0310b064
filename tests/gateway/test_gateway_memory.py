"""Large bodies of many callers at once end as errors, and not with an Envoy that its container ends for its memory."""

import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path
from threading import Barrier

import pytest

from infra.services.gateway.envoy.messages import MIB
from tests.conftest import HANGS_SECONDS
from tests.gateway.engine import Engine
from tests.gateway.plans import client, traffic, upstream
from tests.gateway.running import Gateway, place_in, running

pytestmark = pytest.mark.programs
CALLERS, BODY_MIB = 24, 31
BODY = json.dumps({"model": "small", "does": "slow", "image": "x" * (BODY_MIB * MIB)}).encode()


@pytest.fixture(scope="module")
def gateway(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    plan = traffic((client("app", ("small",)),), (upstream("small", engine.port),), body_mib=32)
    with running(plan, place_in(tmp_path_factory.mktemp("memory"))) as found:
        yield found


def test_large_requests_of_many_callers_are_ended_before_the_memory_is_full(gateway: Gateway) -> None:
    together = Barrier(CALLERS, timeout=HANGS_SECONDS)
    with ThreadPoolExecutor(CALLERS) as callers:
        answers = list(callers.map(lambda _: _ask(gateway, together), range(CALLERS)))
    assert set(answers) <= {b"200", b"503", b""}
    assert b"503" in answers or b"" in answers, "all of them at once need more than there is"
    assert _largest_mib(gateway) < gateway.place.memory_mib
    assert gateway.ask("POST", "/v1/chat/completions", {"model": "small"}).status == 200


def _ask(gateway: Gateway, together: Barrier) -> bytes:
    """The status; blank: the connection was closed while the body was being sent, so its caller has read none."""
    head = (
        b"POST /v1/chat/completions HTTP/1.1\r\nhost: gateway\r\nauthorization: Bearer key-of-app-1\r\n"
        b"content-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(BODY)
    )
    with closing(socket.create_connection(("127.0.0.1", gateway.place.port), timeout=HANGS_SECONDS)) as connection:
        connection.sendall(head + BODY[:1000])
        together.wait()
        with suppress(ConnectionError):
            connection.sendall(BODY[1000:])
        with suppress(ConnectionError):
            return connection.recv(12)[9:]
    return b""


def _largest_mib(gateway: Gateway) -> int:
    lines = Path(f"/proc/{gateway.process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) // 1024
