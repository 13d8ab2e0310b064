"""An Envoy that is replaced: its pod sleeps, then Envoy gets SIGTERM, at which it cuts whatever is under way."""

import json
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from threading import Event

import pytest

from infra.plan.gateway import TrafficPlan
from infra.services.gateway.times import ends_after
from tests.conftest import HANGS_SECONDS
from tests.gateway.engine import Engine
from tests.gateway.plans import client, traffic, upstream
from tests.gateway.running import Gateway, place_in, running, until

pytestmark = pytest.mark.programs
_CALLERS = 12
_DRAIN = 3  # seconds; a stream takes a sixth of that, or as much longer as a busy machine makes it
_HEADERS = {"authorization": "Bearer key-of-app-1", "content-type": "application/json"}


class Caller:
    """Keeps its connection, as clients do, until an answer says that it closes. `gateways` get new connections."""

    def __init__(self, gateways: list[Gateway]) -> None:
        self.gateways = gateways

    def calls_until(self, end: Event) -> Counter[str]:
        ended: Counter[str] = Counter()
        while not end.is_set():
            with closing(HTTPConnection("127.0.0.1", self.gateways[0].place.port, timeout=HANGS_SECONDS)) as connection:
                while not end.is_set() and not self._closed_after(connection, ended):
                    pass
        return ended

    def _closed_after(self, connection: HTTPConnection, ended: Counter[str]) -> bool:
        stream = sum(ended.values()) % 2 == 0
        body = {"model": "small", **({"does": "stream", "pause": _DRAIN / 30} if stream else {})}
        try:
            connection.request("POST", "/v1/chat/completions", json.dumps(body), _HEADERS)
            answer = connection.getresponse()
            found = answer.read()
        except (OSError, HTTPException):
            ended["cut"] += 1
            return True
        whole = answer.status == 200 and (b"[DONE]" in found or not stream)
        ended["whole" if whole else "cut"] += 1
        return answer.will_close


def _replaced(folder: Path, engine: Engine, connection_seconds: int, sleep: float) -> Counter[str]:
    """What became of the requests of all callers while the first of two Envoys was replaced by the second."""
    plan = _plan(engine.port, connection_seconds)
    with ExitStack() as stack:
        (folder / "old").mkdir()
        (folder / "new").mkdir()
        old, new = (stack.enter_context(running(plan, place_in(folder / name))) for name in ("old", "new"))
        gateways, end = [old, new], Event()
        with ThreadPoolExecutor(_CALLERS) as pool:
            calls = [pool.submit(Caller(gateways).calls_until, end) for _ in range(_CALLERS)]
            until(lambda: len(engine.requests) > 2 * _CALLERS)
            gateways.remove(old)  # its pod ends: new connections lead to the others
            time.sleep(sleep)
            old.process.terminate()
            old.process.wait(HANGS_SECONDS)
            end.set()
            return sum((each.result() for each in calls), Counter[str]())


def _plan(port: int, connection_seconds: int) -> TrafficPlan:
    return traffic(
        (client("app", ("small",)),),
        (upstream("small", port),),
        connection_seconds=connection_seconds,
        drain_seconds=_DRAIN,
    )


def test_a_gateway_that_is_replaced_loses_no_request(tmp_path: Path) -> None:
    with Engine() as engine:
        sleep, _ = ends_after(_plan(engine.port, 2))
        ended = _replaced(tmp_path, engine, 2, sleep)
    assert ended["cut"] == 0
    assert ended["whole"] > 2 * _CALLERS


def test_without_the_end_of_old_connections_callers_stay_until_they_are_cut(tmp_path: Path) -> None:
    with Engine() as engine:
        ended = _replaced(tmp_path, engine, 60, 2)
    assert ended["cut"] > 0
