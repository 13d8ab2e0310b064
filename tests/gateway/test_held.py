"""Requests to a model that sleeps: held and answered, counted for Prometheus, and bounded in number and in time."""

import json
import re
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from http.client import HTTPConnection
from pathlib import Path

import pytest

from infra.plan.gateway import TrafficPlan
from infra.services.gateway.envoy.held import asked_query, held_query, up_to
from infra.usage.prometheus import Prometheus
from tests.conftest import HANGS_SECONDS
from tests.gateway.engine import Engine
from tests.gateway.names import Names
from tests.gateway.plans import client, traffic, upstream
from tests.gateway.running import Answer, Gateway, place_in, resolved_by, running, until
from tests.ports import free_ports
from tests.prometheus import MISSING, WHY, scraping

pytestmark = pytest.mark.programs
CHAT = "/v1/chat/completions"
_STREAMS = 50
APP, PART = "key-of-app-1", "key-of-part-1"
_ASLEEP = 8  # seconds at least until the server is there


def _plan(port: int, held_seconds: int = 60, held_requests: int = 100) -> TrafficPlan:
    asleep = upstream("small", port, host="small-pods.llm.svc.cluster.local", held_seconds=held_seconds)
    return traffic((client("app", ("small",)),), (asleep,), dns_refresh_seconds=1, held_requests=held_requests)


@contextmanager
def _asleep(folder: Path, **plan: int) -> Iterator[tuple[Gateway, Names, int]]:
    (port,) = free_ports(1)
    with (
        Names([]) as names,
        running(_plan(port, **plan), place_in(folder), bootstrap=resolved_by(names.port)) as gateway,
    ):
        yield gateway, names, port


def _ask(gateway: Gateway, key: str = APP, **headers: str) -> Answer:
    return gateway.ask("POST", CHAT, {"model": "small", "does": "stream"}, key, **headers)


def held(gateway: Gateway) -> int:
    """As the query of the scaler counts them."""
    connection = HTTPConnection("127.0.0.1", gateway.place.metrics_port, timeout=HANGS_SECONDS)
    connection.request("GET", "/stats/prometheus")
    lines = connection.getresponse().read().decode().splitlines()
    connection.close()
    name = 'envoy_cluster_circuit_breakers_default_remaining_retries{envoy_cluster_name="model_small"}'
    (found,) = [line for line in lines if line.startswith(name)]
    return gateway.plan.held_requests - int(found.rsplit(" ", 1)[1])


def test_streams_are_held_until_the_server_is_there_and_counted_meanwhile(tmp_path: Path) -> None:
    with ExitStack() as stack:
        gateway, names, port = stack.enter_context(_asleep(tmp_path))
        assert held(gateway) == 0
        pool = stack.enter_context(ThreadPoolExecutor(_STREAMS))
        asked = [pool.submit(_ask, gateway) for _ in range(_STREAMS)]
        until(lambda: held(gateway), _STREAMS)
        time.sleep(_ASLEEP)
        until(lambda: held(gateway), _STREAMS)
        stack.enter_context(Engine(port=port))
        names.addresses = ["127.0.0.1"]
        ended = Counter(
            (each.status, each.body.endswith(b"data: [DONE]\n\n")) for each in (one.result() for one in asked)
        )
        assert ended == {(200, True): _STREAMS}
        until(lambda: held(gateway), 0)
        line = gateway.logged(asked[0].result())
        assert _ASLEEP * 1000 <= line["held_ms"] <= line["first_byte_ms"]


def test_who_waits_no_longer_is_answered_why_and_when_to_come_again(tmp_path: Path) -> None:
    with _asleep(tmp_path, held_seconds=3) as (gateway, _, _):
        answer = _ask(gateway)
        assert (answer.status, answer.error["code"], answer.headers["retry-after"]) == (503, "model_starting", "240")
        assert answer.error["request_id"] == answer.headers["x-request-id"]
        line = gateway.logged(answer)
        assert line["held_ms"] == line["duration_ms"] > 0


def test_a_caller_that_would_wait_longer_than_the_model_is_answered_as_all_others(tmp_path: Path) -> None:
    """And not that its answer took too long."""
    with _asleep(tmp_path, held_seconds=3) as (gateway, _, _):
        answer = _ask(gateway, prefer="wait=900")
        assert (answer.status, answer.error["code"], answer.headers["retry-after"]) == (503, "model_starting", "240")


@pytest.mark.parametrize("most", [0, 7, 10, 60, 305, 1200])
def test_a_wait_is_read_up_to_the_time_of_the_model(most: int) -> None:
    found = re.compile(up_to(most))
    assert [number for number in range(2000) if found.fullmatch(str(number))] == list(range(most + 1))


_PREFERENCES: Mapping[str, bool] = {  # of a header -> whether the caller is answered at once
    "wait=0": True,
    "respond-async, wait=5": True,
    "wait=3; foo=1": True,
    "wait=30": False,
    "wait=soon": False,
    "respond-async": False,
}


def test_a_caller_may_wait_for_a_shorter_time(tmp_path: Path) -> None:
    with (
        _asleep(tmp_path, held_seconds=600) as (gateway, names, port),
        ThreadPoolExecutor() as pool,
        Engine() as engine,
    ):
        asked = {prefer: pool.submit(_ask, gateway, prefer=prefer) for prefer in _PREFERENCES}
        until(lambda: {prefer: asked[prefer].done() for prefer in asked}, _PREFERENCES)
        assert engine.requests == []
        with Engine(port=port) as engine_of_model:
            names.addresses = ["127.0.0.1"]
            statuses = {prefer: each.result().status for prefer, each in asked.items()}
            headers = {name for request in engine_of_model.requests for name, _ in request.headers}
            assert not [name for name in headers if name.startswith("x-envoy")]
        assert statuses == {prefer: 503 if at_once else 200 for prefer, at_once in _PREFERENCES.items()}


def test_a_request_that_ends_its_server_is_not_sent_again(tmp_path: Path) -> None:
    with _asleep(tmp_path, held_seconds=600) as (gateway, names, port), Engine(port=port) as engine:
        names.addresses = ["127.0.0.1"]
        assert _ask(gateway).status == 200
        answer = gateway.ask("POST", CHAT, {"model": "small", "does": "dies once"})
        assert (answer.status, answer.error["code"], engine.died) == (503, "unavailable", 1)
        assert len(engine.requests) == 2


def test_no_more_are_held_than_fit_in_memory(tmp_path: Path) -> None:
    with _asleep(tmp_path, held_requests=5) as (gateway, names, port), ThreadPoolExecutor(20) as pool:
        asked = [pool.submit(_ask, gateway) for _ in range(20)]
        until(lambda: sum(each.done() for each in asked), 15)
        until(lambda: held(gateway), 5)
        with Engine(port=port):
            names.addresses = ["127.0.0.1"]
            found = [each.result() for each in asked]
        assert Counter(each.status for each in found) == {200: 5, 503: 15}
        assert {json.loads(each.body)["error"]["code"] for each in found if each.status == 503} == {"model_starting"}


def test_a_large_body_is_held_in_no_memory(tmp_path: Path) -> None:
    with _asleep(tmp_path) as (gateway, _, _):
        answer = gateway.ask("POST", CHAT, {"model": "small", "prompt": "x" * 1_000_000})
        assert (answer.status, answer.error["code"], held(gateway)) == (503, "model_starting", 0)


@pytest.mark.skipif(bool(MISSING), reason=WHY)
def test_a_model_that_is_asked_briefly_and_rarely_stays_awake(
    tmp_path: Path,
) -> None:
    """Whenever Prometheus looks, none is under way. What no server was asked keeps it awake neither."""
    with ExitStack() as stack:
        (port,) = free_ports(1)
        names, plan = stack.enter_context(Names([])), _plan(port, held_seconds=3)
        folders = [tmp_path / name for name in ("envoy", "prometheus")]
        for folder in folders:
            folder.mkdir()
        gateway = stack.enter_context(running(plan, place_in(folders[0]), bootstrap=resolved_by(names.port)))
        url = stack.enter_context(scraping(folders[1], a=gateway.place.metrics_port))
        query = asked_query("llm", "small")

        def asked() -> list[float]:
            return [each.value for each in Prometheus(url).ask(query)]

        until(asked, [0])
        assert _ask(gateway, prefer="wait=0").status == 503
        stack.enter_context(Engine(port=port))
        names.addresses = ["127.0.0.1"]
        time.sleep(2)
        assert asked() == [0]
        assert gateway.ask("POST", CHAT, {"model": "small"}).status == 200
        until(asked, [1])


@pytest.mark.skipif(bool(MISSING), reason=WHY)
def test_the_query_that_wakes_a_model_counts_what_all_envoys_hold(tmp_path: Path) -> None:
    """As KEDA asks a real Prometheus that reads two Envoys. One of the clients may fill only a part of the model."""
    with ExitStack() as stack:
        (port,) = free_ports(1)
        plan, names = _plan(port), stack.enter_context(Names([]))
        plan = replace(plan, clients={**plan.clients, "part": client("part", ("small",), at_once_of={"small": 20})})
        folders = [tmp_path / name for name in ("first", "second", "prometheus")]
        for folder in folders:
            folder.mkdir()
        first, second = (
            stack.enter_context(running(plan, place_in(folder), bootstrap=resolved_by(names.port)))
            for folder in folders[:2]
        )
        url = stack.enter_context(scraping(folders[2], a=first.place.metrics_port, b=second.place.metrics_port))
        query = held_query(plan, "llm", "small")

        def wakes() -> list[float]:
            return [each.value for each in Prometheus(url).ask(query)]

        until(wakes, [0])
        pool = stack.enter_context(ThreadPoolExecutor(_STREAMS))
        asked = [pool.submit(_ask, gateway, key) for gateway, key in [(first, APP)] * 30 + [(second, PART)] * 20]
        until(wakes, [_STREAMS])
        stack.enter_context(Engine(port=port))
        names.addresses = ["127.0.0.1"]
        assert Counter(each.result().status for each in asked) == {200: _STREAMS}
        until(wakes, [0])
