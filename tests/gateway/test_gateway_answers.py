"""What a caller is answered: by a model, or by the gateway with what to change."""

from pathlib import Path

import pytest

from infra.engines import ENGINES
from tests.gateway.engine import Engine
from tests.gateway.plans import ENGINE_KEY, client, traffic, upstream
from tests.gateway.running import Gateway, place_in, running

pytestmark = pytest.mark.programs
CHAT = "/v1/chat/completions"


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/completions", "/v1/responses", "/v1/messages"])
def test_a_model_is_asked_where_its_engine_serves_the_path(gateway: Gateway, engine: Engine, path: str) -> None:
    answer = gateway.ask("POST", path, {"model": "small"})
    assert (answer.status, [request.path for request in engine.requests]) == (200, [path])


def test_a_path_is_rewritten_to_where_the_engine_has_it(gateway: Gateway, engine: Engine) -> None:
    assert gateway.ask("POST", "/v1/tokenize", {"model": "two"}).status == 200
    assert engine.requests[0].path == "/tokenize"


def test_models_of_every_task_are_behind_one_gateway(engine: Engine, tmp_path: Path) -> None:
    """Their paths together are a long pattern, which Envoy refuses unless it is allowed to be."""
    served = next(each for each in ENGINES.values() if each.is_default)
    models = tuple(upstream(task, engine.port, paths=served.paths(task)) for task in ("chat", "embed", "rerank"))
    plan = traffic((client("app", ("chat", "embed", "rerank")),), models)
    with running(plan, place_in(tmp_path)) as gateway:
        asked = {"chat": CHAT, "embed": "/v1/embeddings", "rerank": "/v1/rerank"}
        assert [gateway.ask("POST", path, {"model": name}).status for name, path in asked.items()] == [200] * 3


def test_an_adapter_is_asked_at_its_model(gateway: Gateway, engine: Engine) -> None:
    assert gateway.ask("POST", CHAT, {"model": "lora"}).status == 200
    assert engine.requests[0].body == b'{"model": "lora"}'


def test_the_log_names_an_adapter_and_its_model(gateway: Gateway) -> None:
    """And of what is no adapter, or isn't asked, no model besides."""
    found = {
        name: gateway.logged(gateway.ask("POST", CHAT, {"model": name})) for name in ("lora", "two", "paused", "gpt-9")
    }
    assert {name: (line["model"], line["adapter_of"]) for name, line in found.items()} == {
        "lora": ("lora", "two"),
        "two": ("two", None),
        "paused": ("paused", None),
        "gpt-9": ("gpt-9", None),
    }


def test_the_log_says_that_a_slow_server_kept_nobody_waiting_for_it(gateway: Gateway) -> None:
    line = gateway.logged(gateway.ask("POST", CHAT, {"model": "small", "does": "slow"}))
    assert line["first_byte_ms"] - line["held_ms"] >= 1990  # the engine sleeps two seconds


def test_the_engine_learns_who_asks_and_never_the_key(gateway: Gateway, engine: Engine) -> None:
    answer = gateway.ask("POST", CHAT, {"model": "small"}, key="key-of-other-2")
    (request,) = engine.requests
    assert request.header("authorization") == [f"Bearer {ENGINE_KEY}"]
    assert (request.header("x-llm-client"), request.header("x-llm-team")) == (["other"], ["red"])
    assert request.header("x-request-id") == [answer.headers["x-request-id"]]
    assert not [name for name, _ in request.headers if name.startswith("x-envoy") or name == "x-llm-wait"]


@pytest.mark.parametrize("kind", ["application/json", "application/json; charset=utf-8", "Application/JSON"])
def test_json_is_taken_however_it_is_named(gateway: Gateway, kind: str) -> None:
    assert gateway.ask("POST", CHAT, {"model": "small"}, content_type=kind).status == 200


def test_per_cent_signs_and_umlauts_are_what_they_are(engine: Engine, tmp_path: Path) -> None:
    plan = traffic(
        (client("app", ("small",), team='100% "Größe"'),),
        (upstream("small", engine.port),),
        contact='"%REQ(AUTHORIZATION)%" Größe\\',
    )
    with running(plan, place_in(tmp_path), {"app": ["a%20key%"]}) as gateway:
        answer = gateway.ask("POST", CHAT, {"model": "%REQ(AUTHORIZATION)%"}, key="a%20key%")
        assert "'%REQ(AUTHORIZATION)%'" in answer.error["message"]
        assert answer.error["contact"] == '"%REQ(AUTHORIZATION)%" Größe\\'
        assert gateway.ask("POST", CHAT, {"model": "small"}, key="a%20key%").status == 200
        assert engine.requests[0].header("x-llm-team")[0].encode("latin-1").decode() == '100% "Größe"'
        assert gateway.logged(answer)["team"] == '100% "Größe"'


def test_anthropics_header_carries_the_key_too(gateway: Gateway, engine: Engine) -> None:
    assert gateway.ask("POST", "/v1/messages", {"model": "small"}, key=None, x_api_key="key-of-app-1").status == 200
    assert engine.requests[0].header("x-api-key") == []


REFUSED = {
    "an answer that is read, without its key": (
        "GET",
        "/v1/responses/resp_1",
        None,
        {"key": None},
        401,
        "invalid_api_key",
    ),
    "an answer that is ended": ("POST", "/v1/responses/resp_1/cancel", {}, {}, 404, "not_kept"),
    "an answer without a model": ("POST", "/v1/responses", {"input": "hi"}, {}, 400, "missing_model"),
    "no key": ("POST", CHAT, {"model": "small"}, {"key": None}, 401, "invalid_api_key"),
    "wrong key": ("POST", CHAT, {"model": "small"}, {"key": "key-of-app"}, 401, "invalid_api_key"),
    "unknown model": ("POST", CHAT, {"model": "gpt-9"}, {}, 404, "unknown_model"),
    "not allowed": ("POST", CHAT, {"model": "secret"}, {}, 403, "model_not_allowed"),
    "paused": ("POST", CHAT, {"model": "paused"}, {}, 503, "model_paused"),
    "the engine has no such path": ("POST", "/v1/rerank", {"model": "small"}, {}, 404, "unknown_path"),
    "no such path": ("GET", "/docs", None, {}, 404, "unknown_path"),
    "read where one writes": ("GET", CHAT, None, {}, 405, "method_not_allowed"),
    "no model": ("POST", CHAT, {"messages": []}, {}, 400, "missing_model"),
    "no body": ("POST", CHAT, None, {}, 400, "content_type"),
    "not JSON": ("POST", CHAT, b'{"model": "small"', {}, 400, "invalid_json"),
    "a form": (
        "POST",
        CHAT,
        b"model=small",
        {"content_type": "application/x-www-form-urlencoded"},
        400,
        "content_type",
    ),
    "audio": ("POST", "/v1/audio/transcriptions", b"x", {"content_type": "multipart/form-data"}, 400, "multipart"),
    "a kept answer": ("GET", "/v1/responses/resp_1", None, {}, 404, "not_kept"),
    "description of a model that is not allowed": ("GET", "/v1/models/secret", None, {}, 404, "unknown_model"),
}


@pytest.mark.parametrize(("method", "path", "body", "other", "status", "code"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused_says_why(
    gateway: Gateway,
    engine: Engine,
    method: str,
    path: str,
    body: object,
    other: dict[str, str],
    status: int,
    code: str,
) -> None:
    answer = gateway.ask(method, path, body, **other)
    assert (answer.status, answer.error["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/json"
    assert answer.error["request_id"] == answer.headers["x-request-id"]
    assert answer.error["contact"] == "ai@example.com"
    assert engine.requests == []


def test_an_unknown_model_is_answered_with_the_names_that_the_key_may_use(gateway: Gateway) -> None:
    said = gateway.ask("POST", CHAT, {"model": "gpt-9"}, key="key-of-other-1").error["message"]
    assert said == "no model is called 'gpt-9'; this key may use small"


def test_a_path_that_the_engine_lacks_is_answered_with_those_it_has(gateway: Gateway) -> None:
    said = gateway.ask("POST", "/v1/rerank", {"model": "small"}).error["message"]
    assert said == (
        "the server of 'small' has no such path; it has /v1/chat/completions, /v1/completions, /v1/messages,"
        " /v1/responses, /v1/tokenize"
    )


def test_models_lists_what_the_key_may_use(gateway: Gateway) -> None:
    def names(key: str) -> list[str]:
        return [each["id"] for each in gateway.ask("GET", "/v1/models", key=key).json["data"]]

    assert names("key-of-app-1") == ["paused", "small", "two", "lora"]
    assert names("key-of-other-1") == ["small"]
    assert gateway.ask("GET", "/v1/models/lora").json == {
        "id": "lora",
        "object": "model",
        "created": 0,
        "owned_by": "llm-platform",
        "max_model_len": 8192,
        "context_length": 8192,
        "abilities": {"tools": True, "vision": False},
        "paused": False,
        "parent": "two",
    }
