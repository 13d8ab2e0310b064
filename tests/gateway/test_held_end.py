"""Requests that are held for a sleeping model by one of two Envoys that ends: none is lost without a word."""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from openai import APIConnectionError, APIStatusError, OpenAI

from infra.plan.gateway import TrafficPlan
from infra.services.gateway.envoy.place import Place
from infra.services.gateway.times import ends_after
from tests.gateway.engine import Engine
from tests.gateway.names import Names
from tests.gateway.plans import client, traffic, upstream
from tests.gateway.running import Gateway, place_in, resolved_by, running, until
from tests.gateway.test_held import held
from tests.ports import free_ports

pytestmark = pytest.mark.programs
_EACH = 25  # streams that each of two Envoys holds
_FEW = 8  # where they are held for about 3 s only
_RETRIES = 10  # OpenAI's own number, 2, may be used up before an Envoy has started on a busy machine


def _plan(port: int, held_seconds: int) -> TrafficPlan:
    asleep = upstream("small", port, host="small-pods.llm.svc.cluster.local", held_seconds=held_seconds)
    # The pauses between three tries are drawn and may take 6 s in all, so a whole answer has 7.
    usual = traffic((client("app", ("small",)),), (asleep,), dns_refresh_seconds=1, total_seconds=4)
    return replace(usual, connection_seconds=1, pre_stop_seconds=1, drain_seconds=usual.longest_seconds)


class _Two:
    """Two Envoys before a model that sleeps."""

    def __init__(self, folder: Path, stack: ExitStack, held_seconds: int) -> None:
        (self._port,) = free_ports(1)
        self._stack, self._names = stack, stack.enter_context(Names([]))
        self.plan = _plan(self._port, held_seconds)
        self.places = [place_in(_made(folder / name)) for name in ("first", "second")]
        self.first, self.second = (self.start(place) for place in self.places)

    def start(self, place: Place) -> Gateway:
        return self._stack.enter_context(running(self.plan, place, bootstrap=resolved_by(self._names.port)))

    def wake(self) -> Engine:
        engine = self._stack.enter_context(Engine(port=self._port))
        self._names.addresses = ["127.0.0.1"]
        return engine


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _stream(gateway: Gateway, retries: int) -> str:
    """How it ends for a caller with OpenAI's library."""
    with OpenAI(
        base_url=f"http://127.0.0.1:{gateway.place.port}/v1", api_key="key-of-app-1", max_retries=retries
    ) as caller:
        try:
            chunks = caller.chat.completions.create(
                model="small", messages=[], stream=True, extra_body={"does": "stream"}
            )
            return "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
        except APIStatusError as error:
            return f"{error.status_code} {error.code}, again after {error.response.headers.get('retry-after')}"
        except APIConnectionError:
            return "cut"


def test_what_the_other_one_holds_is_answered_and_what_was_cut_is_asked_again(tmp_path: Path) -> None:
    """One ends without warning and starts again, as its container does."""
    with ExitStack() as stack, ThreadPoolExecutor(2 * _EACH) as pool:
        two = _Two(tmp_path, stack, held_seconds=60)
        asked = [pool.submit(_stream, gateway, _RETRIES) for gateway in [two.first, two.second] * (_EACH - 1)]
        asked_once = [pool.submit(_stream, gateway, 0) for gateway in (two.first, two.second)]
        until(lambda: [held(two.first), held(two.second)], [_EACH, _EACH])
        two.first.process.kill()
        two.first.process.wait()
        again = two.start(two.places[0])
        until(lambda: [held(again), held(two.second)], [_EACH - 1, _EACH])
        two.wake()
        assert [each.result() for each in asked_once] == ["cut", "abc"]
        assert Counter(each.result() for each in asked) == {"abc": 2 * (_EACH - 1)}


def test_an_envoy_that_is_replaced_cuts_nothing_that_it_holds(tmp_path: Path) -> None:
    """Its pod sleeps for long enough that all learn when to come again."""
    with ExitStack() as stack, ThreadPoolExecutor(2 * _EACH) as pool:
        two = _Two(tmp_path, stack, held_seconds=3)
        sleep, _ = ends_after(two.plan)
        asked = [pool.submit(_stream, two.first, 0) for _ in range(_FEW)]
        # The first ones may be answered before the last one has come: Envoy draws for how long it holds them.
        until(lambda: sum(each.done() for each in asked) + held(two.first), _FEW)
        time.sleep(sleep)
        two.first.process.terminate()
        assert Counter(each.result() for each in asked) == {"503 model_starting, again after 240": _FEW}
