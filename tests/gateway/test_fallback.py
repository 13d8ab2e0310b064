"""Requests that go elsewhere when a model's own servers don't answer: those and no others, once, and said so."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from infra.plan.external import Fallback
from infra.plan.gateway import Next, Upstream
from tests.conftest import HANGS_SECONDS
from tests.gateway.engine import Engine
from tests.gateway.plans import PROVIDER_KEY, client, external, traffic, upstream
from tests.gateway.provider import Provider
from tests.gateway.running import Gateway, place_in, running, until
from tests.ports import free_ports

pytestmark = pytest.mark.programs
CHAT = "/v1/chat/completions"
NOBODY = 1  # a port on which nothing listens


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with Provider() as provider:
        yield provider


@pytest.fixture(scope="module")
def opens() -> int:
    """A port on which a server listens later."""
    return free_ports(1)[0]


@pytest.fixture(scope="module")
def gateway(
    engine: Engine, provider: Provider, opens: int, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Gateway]:
    """No client may send the name of the external itself."""
    at_once, late = Fallback("large", None), Fallback("large", 1)
    models = (
        upstream("up", engine.port, fallback=at_once),
        upstream("down", NOBODY, names=("down", "lora"), fallback=at_once),
        upstream("hurried", engine.port, fallback=late),
        upstream("asleep", NOBODY, held_seconds=2, fallback=late),
        upstream("opens", opens, held_seconds=HANGS_SECONDS, fallback=at_once),
        upstream("paused", NOBODY, paused=True, fallback=at_once),
        upstream("alone", NOBODY),
        _two_versions("trial", engine.port, NOBODY, 0, at_once),
        _two_versions("both", engine.port, engine.port, 50, late),
        _two_versions("promoted", engine.port, NOBODY, 100, at_once),
    )
    names = tuple(sorted(name for each in models for name in each.names))
    plan = traffic(
        (client("app", names), client("beta", names)), models, (external("large", provider.port, encrypted=False),)
    )
    with running(plan, place_in(tmp_path_factory.mktemp("fallback"))) as gateway:
        yield gateway


def _two_versions(name: str, port: int, next_port: int, weight: int, fallback: Fallback) -> Upstream:
    coming = Next(upstream(f"{name}-next", next_port, names=(name,)), weight, ("beta",))
    return upstream(name, port, fallback=fallback, next=coming)


@pytest.fixture(autouse=True)
def _nothing_sent_yet(provider: Provider) -> None:
    provider.requests.clear()


# model, what its own server does -> how often that one is asked
ELSEWHERE = {
    "no server": ("down", None, 0),
    "no server for its adapter": ("lora", None, 0),
    "servers that begin or end": ("up", "busy", 3),
    "paused": ("paused", None, 0),
    "late": ("hurried", "waits", 1),
    "asleep for longer than a caller is to wait": ("asleep", None, 0),
}


@pytest.mark.parametrize(("model", "does", "asked"), ELSEWHERE.values(), ids=ELSEWHERE)
def test_what_its_servers_do_not_answer_is_answered_elsewhere(
    gateway: Gateway, engine: Engine, provider: Provider, model: str, does: str, asked: int
) -> None:
    answer = gateway.ask("POST", CHAT, {"model": model, "does": does, "user": "me"})
    assert (answer.status, answer.headers["x-llm-served-by"]) == (200, "large")
    (sent,) = provider.requests
    assert json.loads(sent.body) == {"model": "acme/large-2", "does": does, "user": "me"}
    assert sent.header("authorization") == [f"Bearer {PROVIDER_KEY}"]
    assert len(engine.requests) == asked
    line = gateway.logged(answer)
    assert [line[name] for name in ("model", "served_by", "tokens_in")] == [model, "large", 3]


# model, client, the version asked for, what a server does -> the version that answers; None: it is answered elsewhere
VERSIONS = {
    "the model's own server": ("trial", "app", "", None, "present"),
    "own servers that begin or end": ("trial", "app", "", "busy", None),
    "a next version without a server, by a trial": ("trial", "app", "next", None, None),
    "a next version without a server, by a client": ("trial", "beta", "", None, None),
    "the present one, asked for by that client": ("trial", "beta", "present", None, "present"),
    "a next version that has all requests": ("promoted", "app", "", None, None),
    "either of a share": ("both", "app", "", "waits", None),
    "the next one of a share": ("both", "beta", "", None, "next"),
}


@pytest.mark.parametrize(("model", "who", "asked", "does", "version"), VERSIONS.values(), ids=VERSIONS)
def test_of_two_versions_the_one_asked_answers_or_an_external(
    gateway: Gateway, provider: Provider, model: str, who: str, asked: str, does: str | None, version: str | None
) -> None:
    """Never by the other version, which the request wasn't for."""
    headers = {"x_llm_version": asked} if asked else {}
    answer = gateway.ask("POST", CHAT, {"model": model, "does": does}, key=f"key-of-{who}-1", **headers)
    served_by = None if version else "large"
    assert (answer.status, answer.headers.get("x-llm-version")) == (200, version)
    assert answer.headers.get("x-llm-served-by") == served_by
    assert len(provider.requests) == (0 if version else 1)
    line = gateway.logged(answer)
    assert (line["model"], line["version"], line["served_by"]) == (model, version, served_by)


def test_its_own_server_can_not_say_that_another_one_answered(gateway: Gateway) -> None:
    answer = gateway.ask("POST", CHAT, {"model": "up", "does": "claims"})
    line = gateway.logged(answer)
    assert (answer.status, [name for name in answer.headers if name.startswith("x-llm-")]) == (200, [])
    assert (line["served_by"], line["held_ms"] <= line["first_byte_ms"]) == (None, True)


def test_the_log_has_the_wait_for_its_own_server(gateway: Gateway, opens: int) -> None:
    """The tier before that server knows it, and no caller is shown it."""
    tried = "cluster.model_opens.upstream_rq_retry"
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(gateway.ask, "POST", CHAT, {"model": "opens"})
        until(lambda: gateway.stats(f"{tried}$")[tried] > 0)
        begun = time.monotonic()
        time.sleep(0.5)
        closed_ms = (time.monotonic() - begun) * 1000
        with Engine(port=opens):
            answer = asked.result()
    line = gateway.logged(answer)
    assert (answer.status, [name for name in answer.headers if name.startswith("x-llm-")]) == (200, [])
    assert int(closed_ms) <= line["held_ms"] <= line["first_byte_ms"]


def test_an_answer_that_has_begun_stays_here(gateway: Gateway, engine: Engine, provider: Provider) -> None:
    """It takes three times as long as the first byte may."""
    answer = gateway.ask("POST", CHAT, {"model": "hurried", "does": "long stream"})
    assert answer.status == 200
    assert answer.body.endswith(b"[DONE]\n\n")
    assert "x-llm-served-by" not in answer.headers
    assert (len(engine.requests), provider.requests) == (1, [])


def test_without_a_time_a_slow_answer_is_waited_for(gateway: Gateway, engine: Engine, provider: Provider) -> None:
    answer = gateway.ask("POST", CHAT, {"model": "up", "does": "slow"})
    assert answer.status == 200
    assert "x-llm-served-by" not in answer.headers
    assert (len(engine.requests), provider.requests) == (1, [])


def test_a_sleeping_model_wakes_for_a_caller_that_is_answered_elsewhere(gateway: Gateway) -> None:
    """What is held counts as a retry of its cluster, as without a fallback."""
    assert gateway.ask("POST", CHAT, {"model": "asleep"}).status == 200
    tries = gateway.stats("cluster.model_asleep.upstream_rq_retry$")
    assert tries["cluster.model_asleep.upstream_rq_retry"] >= 1


@pytest.mark.parametrize(("model", "path"), [("down", "/v1/tokenize"), ("alone", CHAT)])
def test_where_no_fallback_is_written_nothing_leaves(
    gateway: Gateway, provider: Provider, model: str, path: str
) -> None:
    answer = gateway.ask("POST", path, {"model": model})
    assert (answer.status, answer.error["code"]) == (503, "unavailable")
    assert provider.requests == []


def test_where_both_fail_the_caller_reads_one_error(gateway: Gateway, provider: Provider) -> None:
    answer = gateway.ask("POST", CHAT, {"model": "down", "does": {"status": 503}})
    assert (answer.status, answer.error["code"]) == (503, "external_unavailable")
    assert len(provider.requests) == 1


def test_the_name_of_the_external_is_not_the_clients_to_send(gateway: Gateway, provider: Provider) -> None:
    assert gateway.ask("POST", CHAT, {"model": "large"}).error["code"] == "model_not_allowed"
    assert provider.requests == []
