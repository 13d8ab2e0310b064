"""Models that somebody else hosts: what goes out, what comes back, and what a caller reads when that goes wrong."""

import json
from collections.abc import Iterator
from http.client import IncompleteRead
from pathlib import Path
from typing import Any

import pytest

from tests.gateway.plans import PROVIDER_KEY, client, external, traffic, upstream
from tests.gateway.provider import Provider, certify
from tests.gateway.running import Gateway, place_in, running

pytestmark = pytest.mark.programs
CHAT = "/v1/chat/completions"
HINT = "Incorrect API key provided: sk-ab***yz of org-4711"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("external")


@pytest.fixture(scope="module")
def provider(folder: Path) -> Iterator[Provider]:
    with Provider(tls=certify(folder, "localhost")) as provider:
        yield provider


@pytest.fixture(scope="module")
def impostors(folder: Path) -> Iterator[dict[str, Provider]]:
    """One whose certificate is for another host, and one whose certificate nobody trusts."""
    with Provider(tls=certify(folder, "elsewhere.example")) as other_host, Provider(tls=certify(folder)) as unknown:
        yield {"other-host": other_host, "unknown": unknown}


@pytest.fixture(scope="module")
def gateway(provider: Provider, impostors: dict[str, Provider], folder: Path) -> Iterator[Gateway]:
    """`app` may use the model `small` of the platform and those hosted elsewhere; `other` only `small`."""
    hosted = (external("large", provider.port), *(external(name, each.port) for name, each in impostors.items()))
    trusted = folder / "trusted.pem"
    trusted.write_text("".join((folder / f"{host}.pem").read_text() for host in ("localhost", "elsewhere.example")))
    plan = traffic(
        (
            client("app", ("large", "other-host", "small", "unknown")),
            client("other", ("small",)),
            client("slow", ("large",), requests_per_minute=2),
        ),
        (upstream("small", 1),),
        hosted,
        idle_seconds=3,
    )
    with running(plan, place_in(folder, certificates=str(trusted))) as gateway:
        yield gateway


@pytest.fixture(autouse=True)
def _nothing_asked_yet(provider: Provider) -> None:
    provider.requests.clear()


def test_only_the_body_goes_out_and_the_key_of_the_platform(gateway: Gateway, provider: Provider) -> None:
    body = {"model": "large", "messages": [{"role": "user", "content": "Hello"}]}
    given = {
        "x_api_key": "mine",
        "cookie": "a=b",
        "openai_organization": "org",
        "x_llm_client": "other",
        "accept": "*/*",
    }
    assert gateway.ask("POST", f"{CHAT}?api-version=1", body, **given).status == 200
    (sent,) = provider.requests
    assert (sent.method, sent.path) == ("POST", "/api/v1/chat/completions")
    assert json.loads(sent.body) == {**body, "model": "acme/large-2"}
    assert dict(sent.headers) == {
        "host": f"localhost:{provider.port}",
        "content-type": "application/json",
        "content-length": str(len(sent.body)),
        "accept": "*/*",
        "authorization": f"Bearer {PROVIDER_KEY}",
    }


REST = '"a": {"model": "kept", "b": ["}", "\\"{", 1.50]}, "c": null'
BODIES = {
    "in front": f'{{"model": "large", {REST}}}',
    "at the end": f'{{{REST},\n "model" :\t"large" }}',
    "twice": f'{{"model": "gpt-9", {REST}, "model": "large"}}',
    "escaped": f'{{"model": "large", {REST}, "mod\\u0065l": "large"}}',
    "in other letters": f'{{"Model": "gpt-9", "model": "large", "MODEL": "gpt-9", {REST}}}',
    "with others that may answer": f'{{"model": "large", "models": ["gpt-9"], {REST}}}',
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_the_provider_reads_its_own_name_of_the_model_and_no_other(
    gateway: Gateway, provider: Provider, body: str
) -> None:
    assert gateway.ask("POST", CHAT, body.encode()).status == 200
    pairs = json.loads(provider.requests[0].body, object_pairs_hook=list)
    assert pairs[0] == ("model", "acme/large-2")
    assert pairs[1:] == json.loads(f"{{{REST}}}", object_pairs_hook=list)


def test_a_large_body_goes_out_as_a_whole(gateway: Gateway, provider: Provider) -> None:
    image = "x" * 3_900_000
    assert gateway.ask("POST", CHAT, {"image": image, "model": "large"}).status == 200
    assert json.loads(provider.requests[0].body) == {"model": "acme/large-2", "image": image}


def said(status: int, text: str = HINT, type: str = "application/json", **headers: str) -> dict[str, Any]:
    return {"status": status, "text": json.dumps({"error": {"message": text}}), "type": type, "headers": headers}


WRONG = {
    "the platform's key is refused": (said(401), 502, "external_key_refused"),
    "the platform's account may not": (said(403), 502, "external_key_refused"),
    "nothing is paid": (said(402), 502, "external_key_refused"),
    "no such model there": (said(404), 502, "external_not_found"),
    "too many requests": (said(429, **{"retry-after": "17"}), 429, "external_busy"),
    "it failed": (said(500), 502, "external_failed"),
    "a gateway there failed": ({"status": 502, "text": HINT, "type": "text/html"}, 502, "external_failed"),
    "overloaded": (said(503, **{"retry-after": "17"}), 503, "external_unavailable"),
    "overloaded, as some say": (said(529), 503, "external_unavailable"),
    "it leads elsewhere": (said(302, location="https://evil.example"), 502, "external_failed"),
    "broken JSON": ({"status": 200, "text": f'{{"choices": [{HINT}'}, 502, "external_broken"),
    "nothing": ({"status": 200, "text": ""}, 502, "external_broken"),
    "a page": ({"status": 200, "text": HINT, "type": "text/html"}, 502, "external_broken"),
    "refused without JSON": ({"status": 400, "text": HINT, "type": "text/plain"}, 400, "external_refused"),
    "the connection ends": ("cut", 503, "external_unavailable"),
    "no answer": ("never", 504, "external_timeout"),
}


@pytest.mark.parametrize(("does", "status", "code"), WRONG.values(), ids=WRONG)
def test_what_goes_wrong_is_said_once_and_in_our_words(
    gateway: Gateway, provider: Provider, does: object, status: int, code: str
) -> None:
    answer = gateway.ask("POST", CHAT, {"model": "large", "does": does})
    assert (answer.status, answer.error["code"]) == (status, code)
    assert answer.error["request_id"] == answer.headers["x-request-id"]
    assert answer.error["contact"] == "ai@example.com"
    assert answer.error["message"].startswith("large is answered elsewhere: its provider")
    assert answer.headers["x-llm-served-by"] == "large"
    assert HINT[-8:] not in f"{answer}"
    assert len(provider.requests) == 1
    wait = does.get("headers", {}).get("retry-after") if isinstance(does, dict) else None
    assert (answer.headers.get("retry-after"), answer.error.get("retry_after")) == (wait, int(wait) if wait else None)


def test_what_is_wrong_with_the_request_is_said_by_the_provider(gateway: Gateway) -> None:
    answer = gateway.ask("POST", CHAT, {"model": "large", "does": said(400, "max_tokens is too large")})
    assert (answer.status, answer.error["message"]) == (400, "max_tokens is too large")


@pytest.mark.parametrize("name", ["other-host", "unknown"])
def test_nothing_is_sent_to_a_server_whose_certificate_is_wrong(
    gateway: Gateway, impostors: dict[str, Provider], name: str
) -> None:
    answer = gateway.ask("POST", CHAT, {"model": name})
    assert (answer.status, answer.error["code"]) == (503, "external_unavailable")
    assert impostors[name].requests == []


def test_of_an_answer_only_what_is_needed_comes_back(gateway: Gateway) -> None:
    more = {"set-cookie": "a=b", "openai-organization": "org-4711", "x-request-id": "theirs", "x-llm-served-by": "me"}
    answer = gateway.ask("POST", CHAT, {"model": "large", "does": {"status": 200, "text": "{}", "headers": more}})
    assert (answer.status, answer.headers["x-llm-served-by"]) == (200, "large")
    assert not {"set-cookie", "openai-organization"} & answer.headers.keys()
    assert answer.headers["x-request-id"] != "theirs"


def test_a_large_answer_comes_back_as_a_whole(gateway: Gateway) -> None:
    vectors = json.dumps({"data": "x" * 1_100_000})  # more than the script reads
    answer = gateway.ask("POST", CHAT, {"model": "large", "does": {"status": 200, "text": vectors}})
    assert (answer.status, answer.body) == (200, vectors.encode())


def test_streams_pass_and_are_counted_and_the_log_says_who_answered(gateway: Gateway) -> None:
    answer = gateway.ask("POST", CHAT, {"model": "large", "does": "stream", "user": "a secret of the caller"})
    assert answer.body.count(b"data: ") == 5
    line = gateway.logged(answer)
    found = [line[name] for name in ("client", "model", "served_by", "tokens_in", "tokens_out")]
    assert found == ["app", "large", "large", 7, 9]
    log = (Path(gateway.place.folder) / "log").read_text()
    assert not [each for each in (PROVIDER_KEY, "key-of-app", "a secret of the caller") if each in log]


def test_a_stream_that_ends_in_the_middle_is_cut_for_the_caller_too(gateway: Gateway, provider: Provider) -> None:
    with pytest.raises(IncompleteRead):
        gateway.ask("POST", CHAT, {"model": "large", "does": "cut stream"})
    assert len(provider.requests) == 1


def test_a_request_with_as_many_headers_as_the_gateway_takes_goes_out(gateway: Gateway, provider: Provider) -> None:
    many = {f"a-{number}": "x" * 600 for number in range(90)}
    assert gateway.ask("POST", CHAT, {"model": "large"}, **many).status == 200
    assert len(provider.requests[0].headers) == 4


def test_the_limits_of_a_client_apply(gateway: Gateway, provider: Provider) -> None:
    statuses = [gateway.ask("POST", CHAT, {"model": "large"}, key="key-of-slow-1").status for _ in range(4)]
    assert statuses == [200, 200, 429, 429]
    assert len(provider.requests) == 2


REFUSED = {
    "a client that may not": (CHAT, {"key": "key-of-other-1"}, 403, "model_not_allowed"),
    "a path that it lacks": ("/v1/responses", {}, 404, "unknown_path"),
    "a path of nobody": ("/v1/files", {}, 404, "unknown_path"),
}


@pytest.mark.parametrize(("path", "other", "status", "code"), REFUSED.values(), ids=REFUSED)
def test_nothing_else_goes_out(
    gateway: Gateway, provider: Provider, path: str, other: dict[str, str], status: int, code: str
) -> None:
    answer = gateway.ask("POST", path, {"model": "large"}, **other)
    assert (answer.status, answer.error["code"]) == (status, code)
    assert provider.requests == []


def test_the_list_of_models_says_that_it_is_elsewhere(gateway: Gateway) -> None:
    found = {each["id"]: each for each in gateway.ask("GET", "/v1/models").json["data"]}
    assert (found["large"]["owned_by"], found["large"]["context_length"]) == ("external: localhost", 128_000)
    assert found["small"]["owned_by"] == "llm-platform"
    assert [each["id"] for each in gateway.ask("GET", "/v1/models", key="key-of-other-1").json["data"]] == ["small"]
