"""Tokens per minute: the request that passes the limit still succeeds, and those after it are answered with 429."""

import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from infra.plan.gateway import TrafficPlan
from infra.services.gateway.envoy import token_limits
from tests.conftest import HANGS_SECONDS
from tests.gateway.engine import Engine
from tests.gateway.plans import client, traffic, upstream
from tests.gateway.running import Answer, Gateway, place_in, running
from tests.gateway.token_service import MISSING, PROGRAM, STORE, Programs, Service, limits_at
from tests.ports import free_ports

pytestmark = pytest.mark.programs
CHAT = "/v1/chat/completions"
LIMITS = {"chatty": 20, "counted": 1000, "streams": 1000, "tried": 1000, "vectors": 1000, "waits": 1000, "wrong": 1000}


@contextmanager
def _counted(plan: TrafficPlan, folder: Path) -> Iterator[Gateway]:
    """A request waits 20 ms for the service, then passes uncounted: too short for one that shares a busy machine with
    all other tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(token_limits, "ANSWERS_WITHIN", f"{HANGS_SECONDS}s")
        with running(plan, place_in(folder)) as gateway:
            patch.undo()
            yield gateway


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with Service(LIMITS) as service:
        yield service


@pytest.fixture(scope="module")
def wakes() -> Engine:
    """It isn't started yet."""
    return Engine(port=free_ports(1)[0])


@pytest.fixture(scope="module")
def gateway(
    engine: Engine, service: Service, wakes: Engine, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Gateway]:
    limited = [client(name, ("asleep", "paused", "small"), tokens_per_minute=limit) for name, limit in LIMITS.items()]
    plan = traffic(
        (*limited, client("often", ("small",), tokens_per_minute=5, requests_per_minute=1), client("free", ("small",))),
        (
            upstream("small", engine.port),
            upstream("paused", engine.port, paused=True),
            upstream("asleep", wakes.port, held_seconds=60),
        ),
        token_limits=limits_at(service.port),
    )
    with _counted(plan, tmp_path_factory.mktemp("gateway")) as gateway:
        yield gateway


def _ask(gateway: Gateway, who: str, does: str | None = None, model: str = "small") -> Answer:
    return gateway.ask("POST", CHAT, {"model": model, "does": does}, key=f"key-of-{who}-1")


@pytest.mark.parametrize(
    ("who", "does", "tokens"),
    [
        ("counted", None, [3, 5]),
        ("streams", "stream", [7, 9]),
        ("tried", "dies once", [3, 5]),
        ("vectors", "vectors", [4]),
    ],
)
def test_prompt_and_answer_count_once(
    gateway: Gateway, service: Service, who: str, does: str | None, tokens: list[int]
) -> None:
    """Also those of a stream whose caller didn't ask for its tokens, and of a request that was tried on two servers.
    The question before them adds nothing."""
    assert _ask(gateway, who, does).status == 200
    assert service.counted(who) == tokens
    assert [added for name, added in service.asked if name == who] == [0, *tokens]


def test_a_request_that_was_held_counts_once(gateway: Gateway, service: Service, wakes: Engine) -> None:
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(_ask, gateway, "waits", model="asleep")
        service.wait_for(lambda: ("waits", 0) in service.asked)
        with wakes:
            assert answer.result().status == 200
            assert service.counted("waits") == [3, 5]
    assert service.asked.count(("waits", 0)) == 1


def test_the_request_that_passes_the_limit_succeeds_and_the_next_one_is_refused(
    gateway: Gateway, service: Service
) -> None:
    def ask_until_counted() -> Answer:
        used = service.used["chatty"]
        answer = _ask(gateway, "chatty")
        service.wait_for(lambda: answer.status != 200 or service.used["chatty"] >= used + 8)
        return answer

    answers = [ask_until_counted() for _ in range(4)]
    assert [answer.status for answer in answers] == [200, 200, 200, 429]  # 8 tokens each, of 20
    assert answers[1].headers["x-ratelimit-remaining-tokens"] == "12"
    refused = answers[-1]
    assert (refused.error["code"], refused.error["type"]) == ("too_many_tokens", "rate_limit_error")
    assert refused.error["message"] == (
        "this client used more tokens in this minute than the 20 that it may; the next minute begins in 17 s"
    )
    assert (refused.headers["retry-after"], refused.headers["content-type"]) == ("17", "application/json")
    assert refused.error["request_id"] == refused.headers["x-request-id"]
    assert refused.error["contact"] == "ai@example.com"


def test_a_client_without_such_a_limit_asks_nobody(gateway: Gateway, service: Service) -> None:
    answer = _ask(gateway, "free")
    assert answer.status == 200
    assert not {name for name in answer.headers if name.endswith("-tokens")}
    assert "free" not in dict(service.asked)


@pytest.mark.parametrize(("model", "status"), [("unknown", 404), ("paused", 503)])
def test_what_no_model_answers_is_refused_for_that_and_counts_nothing(
    gateway: Gateway, service: Service, model: str, status: int
) -> None:
    assert _ask(gateway, "wrong", model=model).status == status
    assert "wrong" not in dict(service.asked)


def test_the_limit_of_requests_is_said_before_that_of_tokens(gateway: Gateway, service: Service) -> None:
    service.limits = {**service.limits, "often": 5}
    assert _ask(gateway, "often").status == 200
    service.wait_for(lambda: service.used["often"] == 8)
    codes = [_ask(gateway, "often").error["code"] for _ in range(2)]
    assert codes == ["too_many_tokens", "too_many_per_minute"]


def test_requests_pass_while_the_service_is_away_and_a_counter_says_so(engine: Engine, tmp_path: Path) -> None:
    """What it doesn't hear of is not counted later."""
    with ExitStack() as stack:
        service = stack.enter_context(Service({"app": 5}))
        plan = traffic(
            (client("app", ("small",), tokens_per_minute=5),),
            (upstream("small", engine.port),),
            token_limits=limits_at(service.port),
        )
        gateway = stack.enter_context(_counted(plan, tmp_path))
        assert _ask(gateway, "app").status == 200
        assert service.counted("app")
        assert _ask(gateway, "app").status == 429
        service.end()
        assert [_ask(gateway, "app").status for _ in range(5)] == [200] * 5
        counted = gateway.stats(r"model_small\.ratelimit")
        assert counted == {"cluster.model_small.ratelimit.error": 5, "cluster.model_small.ratelimit.over_limit": 1}


def test_a_request_does_not_wait_for_a_service_that_says_nothing(engine: Engine, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        plan = _of_app(engine, silent.getsockname()[1], 5)
        with running(plan, place_in(tmp_path)) as gateway:
            assert _ask(gateway, "app").status == 200
            assert gateway.stats(r"model_small\.ratelimit.error") == {"cluster.model_small.ratelimit.error": 1}


@pytest.mark.skipif(not (PROGRAM and STORE), reason=MISSING)
def test_the_real_service_and_its_real_store(engine: Engine, tmp_path: Path) -> None:
    """A changed limit is in force without a restart and keeps what was counted; without the store requests pass."""
    (port,) = free_ports(1)
    plan = _of_app(engine, port, 10)
    programs = Programs(tmp_path, port)
    programs.put(plan)
    with ExitStack() as store:
        store.enter_context(programs.store())
        with programs.service(), _counted(plan, tmp_path) as gateway:
            _begin_a_minute()
            first, *more = _until(gateway, lambda answer: answer.status == 429)
            assert first.headers["x-ratelimit-remaining-tokens"] == "10"
            programs.put(_of_app(engine, port, 1000))
            *_, raised = _until(gateway, lambda answer: answer.status == 200)
            used = 16 * len(more)  # the last of them was refused
            assert (raised.headers["x-ratelimit-limit-tokens"], raised.headers["x-ratelimit-remaining-tokens"]) == (
                "1000",
                str(1000 - used),
            )
            store.close()
            assert _ask(gateway, "app").status == 200


def _begin_a_minute() -> None:
    """So that none ends in the test."""
    if (seconds := time.time() % 60) > 30:
        time.sleep(60 - seconds)


def _until(gateway: Gateway, done: Callable[[Answer], bool]) -> list[Answer]:
    """Streams of 16 tokens, one after the other; the service hears of one a moment after its caller has it."""
    deadline, answers = time.monotonic() + HANGS_SECONDS, list[Answer]()
    while not answers or not done(answers[-1]):
        assert time.monotonic() < deadline, answers
        answers.append(_ask(gateway, "app", "stream"))
    return answers


def _of_app(engine: Engine, port: int, limit: int) -> TrafficPlan:
    app = client("app", ("small",), tokens_per_minute=limit)
    return traffic((app,), (upstream("small", engine.port),), token_limits=limits_at(port))
