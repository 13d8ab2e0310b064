"""A request that waits for a model to wake has one trace, with the wait in it."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from infra.plan.gateway import Traces
from tests.gateway.engine import Engine
from tests.gateway.names import Names
from tests.gateway.plans import client, traffic, upstream
from tests.gateway.running import Answer, Gateway, place_in, resolved_by, running, until
from tests.gateway.span_receiver import attributes, receiving
from tests.gateway.test_held import CHAT, held
from tests.gateway.test_traces import SOON
from tests.ports import free_ports

pytestmark = pytest.mark.programs


def test_the_wait_is_in_the_one_span_of_a_request_whether_or_not_a_server_comes(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    asleep = upstream("small", port, host="small-pods.llm.svc.cluster.local", held_seconds=60)
    plan = traffic((client("app", ("small",)),), (asleep,), dns_refresh_seconds=1, held_requests=9)
    with Names([]) as names, receiving() as receiver, ThreadPoolExecutor() as pool:
        plan = replace(plan, traces=Traces("127.0.0.1", receiver.port, 1.0))
        bootstrap = {**SOON, **resolved_by(names.port)}
        with running(plan, place_in(tmp_path), bootstrap=bootstrap) as gateway:
            waits = pool.submit(_ask, gateway)
            until(lambda: held(gateway), 1)
            begun = time.monotonic()
            left = _ask(gateway, prefer="wait=1")
            with Engine(port=port) as engine:
                asleep_ms = (time.monotonic() - begun) * 1000
                names.addresses = ["127.0.0.1"]
                came = waits.result()
            assert (left.status, came.status) == (503, 200)
            found = [(receiver.of(each.headers["x-request-id"]), gateway.logged(each)) for each in (left, came)]
        assert len(receiver.spans()) == 2
        for span, line in found:
            said = attributes(span)
            assert int(said["llm_platform.held_ms"]) == line["held_ms"]
            assert said["http.status_code"] == str(line["status"])
            took = (span.end_time_unix_nano - span.start_time_unix_nano) / 1_000_000
            assert took > line["duration_ms"] - 50, "two clocks; it ends when Envoy comes to it, which may be later"
        (_, of_left), (_, of_came) = found
        # Where no server was asked, it waited all the time that it took: a pause of 0 to 2 s, which Envoy draws.
        assert of_left["held_ms"] == of_left["duration_ms"]
        assert of_came["duration_ms"] >= of_came["held_ms"] >= int(asleep_ms)
        (asked,) = engine.requests
        ours = found[1][0]
        assert asked.header("traceparent") == [f"00-{ours.trace_id.hex()}-{ours.span_id.hex()}-01"]


def _ask(gateway: Gateway, **headers: str) -> Answer:
    return gateway.ask("POST", CHAT, {"model": "small", "does": "stream"}, **headers)
