"""Errors under `/v1/messages` have Anthropic's shape, with what all other errors have."""

import json
from collections.abc import Iterator

import pytest

from tests.gateway.engine import Engine
from tests.gateway.plans import client, traffic, upstream
from tests.gateway.running import Gateway, place_in, running
from tests.ports import port_of_nobody

pytestmark = pytest.mark.programs
MESSAGES, CHAT = "/v1/messages", "/v1/chat/completions"


@pytest.fixture(scope="module")
def asked(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with port_of_nobody() as nobody:
        plan = traffic(
            (
                client("app", ("away", "paused", "small")),
                client("slow", ("small",), requests_per_minute=1),
            ),
            (
                upstream("small", engine.port),
                upstream("secret", engine.port),
                upstream("paused", engine.port, paused=True),
                upstream("away", nobody),
            ),
        )
        with running(plan, place_in(tmp_path_factory.mktemp("shapes"))) as gateway:
            yield gateway


SLOW = {"key": "key-of-slow-1"}
ERRORS = {
    "no key": (MESSAGES, {"model": "small"}, {"key": None}, 401, "invalid_api_key", "authentication_error"),
    "not allowed": (MESSAGES, {"model": "secret"}, {}, 403, "model_not_allowed", "permission_error"),
    "unknown model": (MESSAGES, {"model": "gpt-9"}, {}, 404, "unknown_model", "not_found_error"),
    "behind ?": (f"{MESSAGES}?beta=true", {"model": "gpt-9"}, {}, 404, "unknown_model", "not_found_error"),
    "a path below": (f"{MESSAGES}/batches", {"model": "small"}, {}, 404, "unknown_path", "not_found_error"),
    "no model": (MESSAGES, {}, {}, 400, "missing_model", "invalid_request_error"),
    "no JSON": (MESSAGES, b"{", {}, 400, "invalid_json", "invalid_request_error"),
    "too many": (MESSAGES, {"model": "small"}, SLOW, 429, "too_many_per_minute", "rate_limit_error"),
    "paused": (MESSAGES, {"model": "paused"}, {}, 503, "model_paused", "overloaded_error"),
    "no server": (MESSAGES, {"model": "away"}, {}, 503, "unavailable", "overloaded_error"),
}  # fmt: skip


@pytest.mark.parametrize(("path", "body", "other", "status", "code", "kind"), ERRORS.values(), ids=ERRORS)
def test_an_error_has_the_shape_that_anthropics_clients_read(
    asked: Gateway, path: str, body: object, other: dict[str, str], status: int, code: str, kind: str
) -> None:
    answers = [asked.ask("POST", path, body, **other) for _ in range(3 if other is SLOW else 1)]
    assert [each.status for each in answers[:-1]] == [200] * (len(answers) - 1)
    answer = answers[-1]
    request_id = answer.headers["x-request-id"]
    assert (answer.status, answer.headers["content-type"], answer.json["type"]) == (status, "application/json", "error")
    assert (answer.error["type"], answer.error["code"]) == (kind, code)
    assert (answer.json["request_id"], answer.error["request_id"]) == (request_id, request_id)
    assert answer.error["contact"] == "ai@example.com"
    assert answer.error["message"]


def test_a_body_that_is_too_large_is_too_large_in_anthropics_words(asked: Gateway) -> None:
    head = b"POST /v1/messages HTTP/1.1\r\nhost: llm\r\nauthorization: Bearer key-of-app-1\r\n"
    for size in (
        b"content-length: 100000000\r\n\r\n",
        b"transfer-encoding: chunked\r\n\r\n500000\r\n" + b" " * 5242880,
    ):
        found = json.loads(asked.raw(head + size).split(b"\r\n\r\n", 1)[1])
        assert (found["type"], found["error"]["type"], found["error"]["code"]) == (
            "error",
            "request_too_large",
            "too_large",
        )


def test_other_paths_keep_openais_shape(asked: Gateway) -> None:
    for model, key in (("gpt-9", "key-of-app-1"), ("away", "key-of-app-1"), ("small", "wrong")):
        assert asked.ask("POST", CHAT, {"model": model}, key=key).json.keys() == {"error"}
    assert asked.ask("GET", "/v1/responses/msg_1").error["type"] == "invalid_request_error"
