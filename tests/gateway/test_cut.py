"""Answers that end before they are whole: the log says who ended them, and what the caller saw."""

import json
import time
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection, HTTPResponse, IncompleteRead
from pathlib import Path

import pytest

from tests.conftest import HANGS_SECONDS
from tests.gateway.engine import Engine
from tests.gateway.plans import client, traffic, upstream
from tests.gateway.running import Answer, Gateway, place_in, running

pytestmark = pytest.mark.programs
_KEEPALIVE_TIMER = "02"  # of the column `tr` of /proc/net/tcp


def _begun(gateway: Gateway, **body: object) -> HTTPConnection:
    connection = HTTPConnection("127.0.0.1", gateway.place.port, timeout=HANGS_SECONDS)
    headers = {"authorization": "Bearer key-of-app-1", "content-type": "application/json"}
    connection.request("POST", "/v1/chat/completions", json.dumps({"model": "small", **body}), headers)
    return connection


def _read(found: HTTPResponse) -> tuple[Answer, bool]:
    """The answer, and whether it is whole."""
    with closing(found):
        headers = dict(found.getheaders())
        try:
            return Answer(found.status, headers, found.read()), True
        except IncompleteRead as cut:
            return Answer(found.status, headers, cut.partial), False


@pytest.fixture(scope="module")
def hurried(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """An answer may take two seconds, and be silent for one."""
    plan = traffic((client("app", ("small",)),), (upstream("small", engine.port),), idle_seconds=1, total_seconds=2)
    with running(plan, place_in(tmp_path_factory.mktemp("hurried"))) as gateway:
        yield gateway


@pytest.mark.parametrize(
    ("body", "status", "whole", "cut"),
    [
        ({"does": "waits"}, 504, True, "no"),  # it got an error, and no part of an answer
        ({"does": "waiting stream"}, 200, False, "time"),
        ({"does": "long stream"}, 200, False, "time"),
    ],
    ids=str,
)
def test_the_log_says_that_a_time_of_the_gateway_cut_an_answer(
    hurried: Gateway, body: dict[str, object], status: int, whole: bool, cut: str
) -> None:
    with closing(_begun(hurried, **body)) as connection:
        answer, came_whole = _read(connection.getresponse())
    assert (answer.status, came_whole) == (status, whole)
    assert hurried.logged(answer)["cut"] == cut


@pytest.mark.parametrize(("does", "status"), [("", 200), ("stream", 200), ("busy", 503)])
def test_the_log_says_that_no_time_cut_an_answer(gateway: Gateway, does: str, status: int) -> None:
    with closing(_begun(gateway, does=does)) as connection:
        answer, whole = _read(connection.getresponse())
    assert (answer.status, whole, gateway.logged(answer)["cut"]) == (status, True, "no")


def test_the_log_says_that_a_client_went_away(gateway: Gateway) -> None:
    with closing(_begun(gateway, does="waiting stream")) as connection, closing(connection.getresponse()) as found:
        found.read1(10)
    assert gateway.logged(Answer(found.status, dict(found.getheaders()), b""))["cut"] == "client"


def test_the_log_says_that_a_server_ended_in_the_middle_of_a_stream(tmp_path: Path) -> None:
    """As on spot: what its caller gets has no end, so no client takes it for a whole answer."""
    with Engine() as engine:
        plan = traffic((client("app", ("small",)),), (upstream("small", engine.port),))
        with running(plan, place_in(tmp_path)) as gateway:
            with closing(_begun(gateway, does="waiting stream")) as connection:
                found = connection.getresponse()
                assert _keeps_alive(engine.port)
                engine.end()
                answer, whole = _read(found)
            line = gateway.logged(answer)
    assert not whole
    assert b"[DONE]" not in answer.body
    assert (line["status"], line["cut"]) == (200, "server")


def _keeps_alive(port: int) -> bool:
    """Whether the connection to a server is probed while it is silent: a node that vanishes closes none."""
    deadline = time.monotonic() + HANGS_SECONDS
    end = f":{port:04X}"
    while time.monotonic() < deadline:
        rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        if any(row[2].endswith(end) and row[5].startswith(_KEEPALIVE_TIMER) for row in rows):
            return True
        time.sleep(0.02)
    return False
