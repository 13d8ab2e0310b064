"""What Prometheus reads: requests and tokens by client, team and model, of requests that a model was asked, and of no
other name."""

import re
import time
from collections.abc import Callable, Mapping
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.conftest import HANGS_SECONDS
from tests.gateway.engine import Engine
from tests.gateway.plans import client, traffic, upstream
from tests.gateway.running import Gateway, place_in, running

pytestmark = pytest.mark.programs
CHAT = "/v1/chat/completions"


def _counted(gateway: Gateway) -> Mapping[tuple[str, ...], int]:
    """(metric, client, team, model, who served it, status) -> value; without the labels that a metric hasn't."""
    connection = HTTPConnection("127.0.0.1", gateway.place.metrics_port, timeout=HANGS_SECONDS)
    connection.request("GET", "/stats/prometheus")
    text = connection.getresponse().read().decode()
    connection.close()
    found = re.findall(r"^envoy_llm_(requests|tokens_in|tokens_out)\{(.*)\} (\d+)$", text, re.MULTILINE)
    return {(metric, *re.findall(r'="([^"]*)"', labels)): int(value) for metric, labels, value in found}


def _until(found: Callable[[], object], expected: object) -> None:
    """A stream is counted when it has ended, which is a moment after its caller has read it."""
    for _ in range(HANGS_SECONDS * 20):
        if found() == expected:
            return
        time.sleep(0.05)
    assert found() == expected


def test_what_was_asked_is_counted_by_client_and_by_the_name_that_was_sent(engine: Engine, tmp_path: Path) -> None:
    plan = traffic(
        (client("app", ("lora", "small"), team="blue"), client("other", ("small",))),
        (upstream("small", engine.port, names=("small", "lora")), upstream("gone", 1)),
    )
    with running(plan, place_in(tmp_path)) as gateway:
        for _ in range(3):
            assert gateway.ask("POST", CHAT, {"model": "small"}, x_llm_model="forged").status == 200
        assert gateway.ask("POST", CHAT, {"model": "lora", "does": "stream"}).status == 200
        assert gateway.ask("POST", CHAT, {"model": "small"}, key="key-of-other-1").status == 200
        refused = [
            gateway.ask("POST", CHAT, {"model": name}, x_llm_model="forged") for name in ("gone", "nobody", "x" * 50)
        ]
        assert [each.status for each in refused] == [403, 404, 404]
        assert gateway.ask("POST", CHAT, {"model": "small"}, key="wrong").status == 401
        _until(
            lambda: _counted(gateway),
            {
                ("requests", "app", "blue", "small", "", "200"): 3,
                ("tokens_in", "app", "blue", "small", ""): 9,
                ("tokens_out", "app", "blue", "small", ""): 15,
                ("requests", "app", "blue", "lora", "", "200"): 1,
                ("tokens_in", "app", "blue", "lora", ""): 7,
                ("tokens_out", "app", "blue", "lora", ""): 9,
                ("requests", "other", "-", "small", "", "200"): 1,
                ("tokens_in", "other", "-", "small", ""): 3,
                ("tokens_out", "other", "-", "small", ""): 5,
            },
        )


def test_an_answer_without_a_server_is_counted_as_failed(tmp_path: Path) -> None:
    plan = traffic((client("app", ("gone",)),), (upstream("gone", 1),))
    with running(plan, place_in(tmp_path)) as gateway:
        assert gateway.ask("POST", CHAT, {"model": "gone"}).status == 503
        _until(lambda: _counted(gateway), {("requests", "app", "-", "gone", "", "503"): 1})
