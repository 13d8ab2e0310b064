"""A key is rotated and a client revoked while requests run: what is allowed is answered, and nothing else passes."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.conftest import HANGS_SECONDS
from tests.gateway.engine import Engine
from tests.gateway.plans import client, traffic, upstream
from tests.gateway.running import Gateway, place_in, running, until, write

pytestmark = pytest.mark.programs
CHAT = "/v1/chat/completions"
ASKED = {"model": "small"}


@pytest.fixture
def gateway(engine: Engine, tmp_path: Path) -> Iterator[Gateway]:
    plan = traffic((client("app", ("small",)), client("other", ("small",))), (upstream("small", engine.port),))
    with running(plan, place_in(tmp_path)) as found:
        yield found


def change(gateway: Gateway, **clients: tuple[int, ...]) -> None:
    """The files, with these numbers of keys; a client that isn't named is revoked."""
    plan = gateway.plan
    kept = {name: replace(plan.clients[name], keys=keys) for name, keys in clients.items()}
    write(replace(plan, clients=kept), gateway.place)


@dataclass
class Load:
    """Requests on several connections, each with the key that is the newest when it begins."""

    gateway: Gateway
    key: str
    answers: Counter[int] = field(default_factory=Counter)
    sent: dict[int, str] = field(default_factory=dict)  # thread -> the key of its last request
    ended: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def running(self) -> Iterator[None]:
        threads = [threading.Thread(target=self._ask) for _ in range(4)]
        for each in threads:
            each.start()
        try:
            yield
        finally:
            self.ended.set()
            for each in threads:
                each.join()

    def _ask(self) -> None:
        with closing(HTTPConnection("127.0.0.1", self.gateway.place.port, timeout=HANGS_SECONDS)) as connection:
            while not self.ended.is_set():
                key = self.sent[threading.get_ident()] = self.key
                headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
                connection.request("POST", CHAT, b'{"model": "small"}', headers)
                answer = connection.getresponse()
                answer.read()
                self.answers[answer.status] += 1


def status(gateway: Gateway, key: str) -> int:
    return gateway.ask("POST", CHAT, ASKED, key).status


def statuses(gateway: Gateway, key: str) -> set[int]:
    """Of 20 connections: both threads of Envoy have some, and one may read a file later than the other."""
    return {status(gateway, key) for _ in range(20)}


def test_no_request_is_refused_while_a_key_is_rotated_and_the_old_key_is_refused_after(gateway: Gateway) -> None:
    load = Load(gateway, "key-of-app-1")
    with load.running():
        change(gateway, app=(1, 2), other=(1,))
        until(lambda: statuses(gateway, "key-of-app-2"), {200})
        load.key = "key-of-app-2"  # applications take it from the Secret
        until(lambda: load.answers.total() > 200)
        until(lambda: {*load.sent.values()}, {"key-of-app-2"})  # all that were sent with the old key have ended
        change(gateway, app=(2,), other=(1,))
        until(lambda: statuses(gateway, "key-of-app-1"), {401})
        before = load.answers.total()
        until(lambda: load.answers.total() > before + 100)
    assert set(load.answers) == {200}
    assert status(gateway, "key-of-other-1") == 200


def test_a_revoked_client_is_refused_and_its_stream_ends_by_itself(gateway: Gateway, engine: Engine) -> None:
    body = b'{"model": "small", "does": "waiting stream"}'
    headers = {"authorization": "Bearer key-of-app-1", "content-type": "application/json"}
    with closing(HTTPConnection("127.0.0.1", gateway.place.port, timeout=HANGS_SECONDS)) as connection:
        connection.request("POST", CHAT, body, headers)
        answer = connection.getresponse()
        assert answer.readline().startswith(b"data:")
        change(gateway, other=(1,))
        until(lambda: statuses(gateway, "key-of-app-1"), {401})
        engine.goes_on.set()
        rest = answer.read()
        assert rest.count(b"delta") == 2
        assert rest.endswith(b"data: [DONE]\n\n")
        connection.request("POST", CHAT, body, headers)
        assert connection.getresponse().status == 401
    assert status(gateway, "key-of-other-1") == 200


def test_no_key_is_in_the_log_or_the_metrics(gateway: Gateway) -> None:
    right, wrong = "key-of-app-1", "key-of-nobody"
    answers = {
        200: [gateway.ask("POST", CHAT, ASKED, right), gateway.ask("POST", CHAT, ASKED, None, x_api_key=right)],
        401: [gateway.ask("POST", CHAT, ASKED, wrong), gateway.ask("POST", f"{CHAT}?api_key={right}", ASKED, None)],
        404: [gateway.ask("GET", f"/{wrong}", None, right)],
    }
    for code, found in answers.items():
        for answer in found:
            assert answer.status == code
            gateway.logged(answer)
    with closing(HTTPConnection("127.0.0.1", gateway.place.metrics_port, timeout=HANGS_SECONDS)) as connection:
        connection.request("GET", "/stats/prometheus")
        metrics = connection.getresponse().read().decode()
    assert "envoy_llm_requests" in metrics
    for text in ((Path(gateway.place.folder) / "log").read_text(), metrics):
        assert right not in text
        assert wrong not in text
