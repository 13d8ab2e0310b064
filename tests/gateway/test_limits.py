"""What one client may have, so that the others have something too."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.gateway.engine import Engine
from tests.gateway.plans import client, traffic, upstream
from tests.gateway.running import Answer, Gateway, place_in, running, two_places, until

pytestmark = pytest.mark.programs
CHAT = "/v1/chat/completions"
_UNDER_WAY = "cluster.model_small.upstream_rq_active"


@pytest.fixture(scope="module")
def gateways(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Gateway, Gateway]]:
    """Two Envoys of one gateway, with clients of few requests per minute and at once."""
    plan = traffic(
        (
            client("app", ("small",), requests_per_minute=6),
            client("busy", ("small",), concurrent_requests=3),
            client("other", ("small",), requests_per_minute=6),
            client("again", ("small",), requests_per_minute=6),
            client("rare", ("small",), requests_per_minute=1),
            client("flood", ("large", "small"), at_once_of={"small": 4}),
        ),
        (upstream("large", engine.port), upstream("small", engine.port)),
        replicas=2,
    )
    with ExitStack() as stack:
        places = two_places(tmp_path_factory)
        first, second = (stack.enter_context(running(plan, place)) for place in places)
        yield first, second


def test_requests_per_minute_are_those_of_all_envoys_together(gateways: tuple[Gateway, Gateway]) -> None:
    """Both keys and both headers of a client fill one bucket, and each Envoy has its share of it."""
    answers = [gateway.ask("POST", CHAT, {"model": "small"}) for gateway in gateways for _ in range(6)]
    assert [answer.status for answer in answers] == [200, 200, 200, 429, 429, 429] * 2


def test_who_asked_too_often_is_answered_when_to_come_again(gateways: tuple[Gateway, Gateway]) -> None:
    answer = _until(gateways[0], 429)
    assert answer.error["code"] == "too_many_per_minute"
    assert (answer.headers["retry-after"], answer.headers["x-ratelimit-limit"]) == ("20", "6")
    assert answer.headers["x-ratelimit-remaining"] == "0"


def test_a_client_at_its_limit_leaves_the_others_alone(gateways: tuple[Gateway, Gateway]) -> None:
    _until(gateways[0], 429)
    assert gateways[0].ask("POST", CHAT, {"model": "small"}, key="key-of-other-1").status == 200


def test_a_limit_below_the_number_of_envoys_lets_requests_pass(gateways: tuple[Gateway, Gateway]) -> None:
    answers = [gateways[0].ask("POST", CHAT, {"model": "small"}, key="key-of-rare-1") for _ in range(2)]
    assert [answer.status for answer in answers] == [200, 429]


def test_requests_at_once_are_limited_in_each_envoy_to_its_share(
    gateways: tuple[Gateway, Gateway], engine: Engine
) -> None:
    def ask() -> Answer:
        return gateways[0].ask("POST", CHAT, {"model": "small", "does": "waits"}, key="key-of-busy-1")

    with ThreadPoolExecutor(5) as at_once:
        asked = [at_once.submit(ask) for _ in range(5)]
        until(lambda: (sum(each.done() for each in asked), len(engine.requests)), (3, 2))
        engine.goes_on.set()
        answers = [each.result() for each in asked]
    assert sorted(answer.status for answer in answers) == [200, 200, 429, 429, 429]
    refused = next(answer for answer in answers if answer.status == 429)
    assert (refused.error["code"], refused.headers["retry-after"]) == ("too_many_at_once", "1")


def test_a_client_that_fills_its_part_of_a_model_leaves_the_rest_to_others(
    gateways: tuple[Gateway, Gateway], engine: Engine
) -> None:
    """It is refused for that model alone, in each Envoy from half of its part on."""
    gateway = gateways[0]

    def flood(model: str) -> Answer:
        return gateway.ask("POST", CHAT, {"model": model, "does": "waits"}, key="key-of-flood-1")

    with ThreadPoolExecutor(7) as at_once:
        flooding = [at_once.submit(flood, model) for model in ["small"] * 5 + ["large"] * 2]
        until(lambda: (sum(each.done() for each in flooding), len(engine.requests)), (3, 4))
        # Of all clients together, as the queries of a scaler count them.
        until(lambda: gateway.stats(_UNDER_WAY), {_UNDER_WAY: 2})
        other = gateway.ask("POST", CHAT, {"model": "small"}, key="key-of-busy-1")
        engine.goes_on.set()
        answers = [each.result() for each in flooding]
    assert other.status == 200
    assert sorted(answer.status for answer in answers[:5]) == [200, 200, 429, 429, 429]
    assert [answer.status for answer in answers[5:]] == [200, 200]
    refused = next(answer for answer in answers if answer.status == 429)
    assert (refused.error["code"], refused.headers["retry-after"]) == ("too_many_at_once", "1")
    assert gateway.logged(refused)["flags"] == "UO"


def _until(gateway: Gateway, status: int) -> Answer:
    answers = (gateway.ask("POST", CHAT, {"model": "small"}, key="key-of-again-1") for _ in range(20))
    return next(answer for answer in answers if answer.status == status)


def test_both_keys_of_a_client_share_its_limit(engine: Engine, tmp_path: Path) -> None:
    plan = traffic((client("app", ("small",), requests_per_minute=2, keys=(1, 2)),), (upstream("small", engine.port),))
    with running(plan, place_in(tmp_path)) as gateway:
        assert gateway.ask("POST", CHAT, {"model": "small"}, key="key-of-app-1").status == 200
        assert gateway.ask("POST", CHAT, {"model": "small"}, key=None, x_api_key="key-of-app-2").status == 200
        assert gateway.ask("POST", CHAT, {"model": "small"}, key="key-of-app-2").status == 429
