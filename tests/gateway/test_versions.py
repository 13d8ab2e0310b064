"""Two versions of a model under one name: who is answered by which. A promotion and a rollback lose nothing."""

import json
import re
import socket
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from infra.plan.gateway import Next, TrafficPlan
from infra.services.gateway.envoy.files import BOOTSTRAP
from infra.services.gateway.envoy.versions import ways
from tests.conftest import HANGS_SECONDS
from tests.gateway.engine import Engine
from tests.gateway.load import end_when_idle, how_it_ends, under_load
from tests.gateway.names import Names
from tests.gateway.plans import client, traffic, upstream
from tests.gateway.running import Gateway, place_in, resolved_by, running, until, write

pytestmark = pytest.mark.programs
CHAT = "/v1/chat/completions"
_DRAWN, _CONNECTIONS, _IN_A_ROW = 10_000, 4, 50
_REQUESTS, _AT_ONCE = 600, 32
_GAP = 3  # seconds without a server


def _plan(
    present: Engine, coming: Engine | None, weight: int = 0, clients: tuple[str, ...] = (), trials: bool = True
) -> TrafficPlan:
    small = upstream("small", present.port, names=("small", "lora"))
    if coming is not None:
        server = upstream("small-next", coming.port, names=("small", "lora"))
        small = replace(small, next=Next(server, weight, clients, trials))
    both = ("lora", "small")
    return traffic((client("app", both), client("beta", both)), (small,), connection_seconds=600)


@pytest.mark.parametrize("weight", [0, 10, 100])
def test_a_client_with_a_part_of_a_model_has_it_of_both_versions(weight: int) -> None:
    """It goes where every client goes, by clusters that count its requests alone."""
    small = replace(upstream("small", 1), next=Next(upstream("small-next", 2), weight, (), trials=True))
    beta = replace(client("beta", ("small",)), at_once_of={"small": 4})
    all_go = list(ways(small, []))
    found = list(ways(small, [beta]))
    assert found[len(all_go) :] == all_go
    for alone, every in zip(found, all_go, strict=False):
        assert str(alone.action) == re.sub("small(-next)?", r"small\1:beta", str(every.action))
        assert [each["name"] for each in alone.headers] == ["x-llm-client", *(each["name"] for each in every.headers)]


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Engine, Engine, Gateway]]:
    with Engine() as present, Engine() as coming:
        plan = _plan(present, coming, 10, ("beta",))
        with running(plan, place_in(tmp_path_factory.mktemp("versions"))) as gateway:
            yield present, coming, gateway


def _drawn(gateway: Gateway, number: int) -> Counter[str]:
    """Which versions answered this many requests on one connection, several of them sent at once."""
    body = json.dumps({"model": "small"}).encode()
    head = f"POST {CHAT} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer key-of-app-1\r\n"
    request = f"{head}content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body
    found: Counter[str] = Counter()
    with socket.create_connection(("127.0.0.1", gateway.place.port), timeout=HANGS_SECONDS) as connection:
        for _ in range(number // _IN_A_ROW):
            connection.sendall(request * _IN_A_ROW)
            text = b""
            while text.count(b"completion_tokens") < _IN_A_ROW:
                more = connection.recv(65_536)
                assert more, "the connection ended"
                text += more
            found.update(each.decode() for each in re.findall(rb"x-llm-version: (\w+)", text))
            found["200"] += text.count(b"HTTP/1.1 200")
    return found


def test_ten_percent_are_ten_percent(both: tuple[Engine, Engine, Gateway]) -> None:
    """9 to 11 % of 10,000 requests. Envoy's numbers are random: one time in a thousand a right share is outside, so it
    is drawn a second time, and a right share fails one time in a million."""
    *_, gateway = both
    for last in (False, True):
        with ThreadPoolExecutor(_CONNECTIONS) as pool:
            parts = pool.map(lambda _: _drawn(gateway, _DRAWN // _CONNECTIONS), range(_CONNECTIONS))
            found = sum(parts, Counter[str]())
        assert (found["present"] + found["next"], found["200"]) == (_DRAWN, _DRAWN)
        if 0.09 <= found["next"] / _DRAWN <= 0.11:
            return
        assert not last, found


def _version(gateway: Gateway, name: str = "small", key: str = "key-of-app-1", **headers: str) -> str | None:
    answer = gateway.ask("POST", CHAT, {"model": name}, key=key, **headers)
    assert answer.status == 200, answer.body
    return answer.headers.get("x-llm-version")


def test_a_trial_is_by_header_or_by_client(both: tuple[Engine, Engine, Gateway], tmp_path: Path) -> None:
    present, coming, _ = both
    with running(_plan(present, coming, 0, ("beta",)), place_in(tmp_path)) as gateway:
        before = len(coming.requests)
        assert {_version(gateway) for _ in range(20)} == {"present"}
        assert len(coming.requests) == before
        assert {_version(gateway, x_llm_version="next") for _ in range(5)} == {"next"}
        assert {_version(gateway, "lora", x_llm_version="next") for _ in range(5)} == {"next"}
        assert {_version(gateway, key="key-of-beta-1") for _ in range(5)} == {"next"}
        assert len(coming.requests) == before + 15
        assert _version(gateway, x_llm_version="other") == "present"
        assert _version(gateway, x_llm_client="beta") == "present"
        assert _version(gateway, x_llm_served="next") == "present"
        assert gateway.ask("POST", CHAT, {"model": "small-next"}).status == 404
        listed = gateway.ask("GET", "/v1/models").json["data"]
        assert [each["id"] for each in listed] == ["small", "lora"]


def test_who_asks_for_the_present_version_gets_it(both: tuple[Engine, Engine, Gateway], tmp_path: Path) -> None:
    """Also a client whose requests all go to the next one, and with a share."""
    present, coming, shared = both
    with running(_plan(present, coming, 0, ("beta",)), place_in(tmp_path)) as gateway:
        assert {_version(gateway, key="key-of-beta-1", x_llm_version="present") for _ in range(5)} == {"present"}
    asked = {_version(shared, key=key, x_llm_version="present") for key in ("key-of-app-1", "key-of-beta-1") * 20}
    assert asked == {"present"}


def test_without_trials_the_header_asks_in_vain(both: tuple[Engine, Engine, Gateway], tmp_path: Path) -> None:
    """What comes before a server ends: nothing reaches it."""
    present, coming, _ = both
    with running(_plan(present, coming, 0, trials=False), place_in(tmp_path)) as gateway:
        before = len(coming.requests)
        keys = ("key-of-app-1", "key-of-beta-1")
        asked = {_version(gateway, key=key, x_llm_version="next") for key in keys for _ in range(5)}
        assert (asked, len(coming.requests)) == ({"present"}, before)


@pytest.mark.parametrize("headers", [{}, {"x_llm_version": "next"}], ids=str)
def test_no_server_says_which_version_it_is(both: tuple[Engine, Engine, Gateway], headers: dict[str, str]) -> None:
    *_, gateway = both
    answer = gateway.ask("POST", CHAT, {"model": "small", "does": "claims"}, **headers)
    assert answer.headers["x-llm-version"] in ("present", "next")
    assert (answer.status, gateway.logged(answer)["served_by"]) == (200, None)


def test_all_requests_are_all_requests(both: tuple[Engine, Engine, Gateway], tmp_path: Path) -> None:
    present, coming, _ = both
    with running(_plan(present, coming, 100), place_in(tmp_path)) as gateway:
        before = len(present.requests)
        assert {_version(gateway) for _ in range(20)} == {"next"}
        assert len(present.requests) == before


def test_the_log_and_the_counters_say_which_version_it_was(both: tuple[Engine, Engine, Gateway]) -> None:
    """The usage of the model is the sum of both."""
    *_, gateway = both
    for headers in ({}, {"x_llm_version": "next"}):
        answer = gateway.ask("POST", CHAT, {"model": "lora"}, **headers)
        line = gateway.logged(answer)
        assert (line["model"], line["version"]) == ("lora", answer.headers["x-llm-version"])
    text = _metrics(gateway)
    names = "|".join(("llm_version_requests", "llm_version_first_byte_count"))
    found = {
        (metric, version): int(value)
        for metric, labels, value in re.findall(rf"^envoy_({names})\{{(.*)\}} (\d+)$", text, re.MULTILINE)
        if 'model="lora"' in labels
        for version in re.findall(r'version="(\w+)"', labels)
    }
    assert found["llm_version_requests", "next"] >= 1
    assert ("llm_version_first_byte_count", "next") in found  # its numbers come every five seconds
    assert re.search(r'^envoy_llm_requests\{.*model="lora".*\} \d+$', text, re.MULTILINE)
    assert 'model="small-next"' not in text


def _metrics(gateway: Gateway) -> str:
    with socket.create_connection(("127.0.0.1", gateway.place.metrics_port), timeout=HANGS_SECONDS) as connection:
        connection.sendall(b"GET /stats/prometheus HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        return b"".join(iter(lambda: connection.recv(65_536), b"")).decode()


def _ask(gateway: Gateway, number: int) -> str:
    """Some ask for the next version, and some are of a client whose requests all go there."""
    key = "key-of-beta-1" if number % 3 == 0 else "key-of-app-1"
    headers = {"x_llm_version": "next"} if number % 4 == 0 else {}
    time.sleep(0.1)
    return how_it_ends(gateway, 0.2 if number % 5 == 0 else None, key, **headers)


def _answers(gateway: Gateway) -> bool:
    return gateway.ask("POST", CHAT, {"model": "small"}).status == 200


def _read(gateway: Gateway, versions: set[str | None]) -> None:
    """Both threads of Envoy have read the file, which `promote` leaves time for: of 20 connections each has some."""
    until(lambda: _answers(gateway) and {_version(gateway) for _ in range(20)}, versions)


@pytest.mark.parametrize("promoted", [True, False], ids=["promote", "rollback"])
def test_a_promotion_and_a_rollback_lose_nothing(tmp_path: Path, promoted: bool) -> None:
    """The files change as the commands change them, one step after the other, while requests and streams run."""
    with ExitStack() as stack:
        present, coming = stack.enter_context(Engine()), stack.enter_context(Engine())
        gateway = stack.enter_context(running(_plan(present, coming, 10, ("beta",)), place_in(tmp_path)))

        def apply(now: Engine, then: Engine | None, weight: int, versions: set[str | None]) -> None:
            time.sleep(0.5)
            clients = ("beta",) if weight else ()
            write(_plan(now, then, weight, clients, trials=bool(weight)), gateway.place, keep=BOOTSTRAP)
            _read(gateway, versions)

        def change() -> None:
            server = present
            if promoted:
                apply(present, coming, 100, {"next"})
                end_when_idle(present)
                server = stack.enter_context(Engine(port=present.port))
            apply(server, coming, 0, {"present"})
            end_when_idle(coming)  # it ends before Envoys read the last file
            time.sleep(0.5)
            apply(server, None, 0, {None})

        ended = under_load(lambda number: _ask(gateway, number), _AT_ONCE, _REQUESTS, change)
        assert set(ended) == {"whole"}
        assert present.requests
        assert coming.requests


@pytest.mark.parametrize("held", [0, 20], ids=["answered", "held"])
def test_in_the_gap_of_a_change_in_place_each_caller_is_answered_or_held_as_set(tmp_path: Path, held: int) -> None:
    """`rollout: {strategy: recreate}`: the old pod's address is gone before the new one's is there. A model that may
    sleep is one whose requests are held."""
    with ExitStack() as stack:
        engine = stack.enter_context(Engine())
        names = stack.enter_context(Names(["127.0.0.1"]))
        small = upstream("small", engine.port, host="small-pods.llm.svc.cluster.local", held_seconds=held)
        plan = traffic((client("app", ("small",)),), (small,), dns_refresh_seconds=1)
        gateway = stack.enter_context(running(plan, place_in(tmp_path), bootstrap=resolved_by(names.port)))
        ended: Counter[tuple[int, bool]] = Counter()

        def ask(number: int) -> tuple[int, bool]:
            time.sleep(0.05 * (number % 20))
            answer = gateway.ask("POST", CHAT, {"model": "small"})
            return answer.status, "retry-after" in answer.headers

        def change() -> None:
            names.addresses = []
            # The pod goes on answering until Envoy has seen that.
            until(lambda: {*gateway.stats(r"(model|pods)_small\.membership_total").values()}, {0})
            end_when_idle(engine)
            time.sleep(_GAP)
            stack.enter_context(Engine(port=engine.port))
            names.addresses = ["127.0.0.1"]

        assert ask(0)[0] == 200
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            changing = pool.submit(change)
            while not changing.done():
                ended.update(pool.map(ask, range(20)))
        assert set(ended) - {(200, False)} == (set() if held else {(503, True)})
        _read(gateway, {None})
