"""Requests that hardly a library sends: each is refused in words or passes as any other, and none cuts a stream of
the same client."""

import json
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.gateway.engine import Engine
from tests.gateway.raw import CHUNKED, CHUNKS, JSON, KEY, SMALL, post, status_of
from tests.gateway.running import Gateway
from tests.gateway.test_attacks import PASSES as ATTACKS_THAT_PASS
from tests.gateway.test_attacks import REFUSED as ATTACKS

pytestmark = pytest.mark.programs


def _body(body: bytes) -> bytes:
    return post(KEY, JSON, body=body)


def _by(method: bytes, *headers: bytes, path: bytes = b"/v1/chat/completions") -> bytes:
    return post(*headers, path=path).replace(b"POST", method, 1)


def _in_chunks(body: bytes, *headers: bytes) -> bytes:
    return post(KEY, JSON, CHUNKS, *headers, body=body, sized=False)


def _host(host: bytes) -> bytes:
    return post(KEY, JSON).replace(b"host: llm", b"host:" + host)


REFUSED = {
    "an empty host": (_host(b""), 400, "bad_request"),
    "a host of spaces": (_host(b"   "), 400, "bad_request"),
    "a host with a user's name": (_host(b" a@llm"), 400, "bad_request"),
    "an empty host without a key": (post(JSON).replace(b"host: llm", b"host:"), 400, "bad_request"),
    "two hosts of which one is empty, in one path": (post(KEY, JSON, path=b"http:///v1/models"), 400, "bad_request"),
    "HTTP/1.2": (post(KEY, JSON).replace(b"HTTP/1.1", b"HTTP/1.2"), 400, "bad_request"),
    "HTTP/2 in words of HTTP/1": (post(KEY, JSON).replace(b"HTTP/1.1", b"HTTP/2.0"), 400, "bad_request"),
    "TLS where there is none": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"a" * 200, 400, "bad_request"),
    "a header without a colon": (post(KEY, JSON, b"x-a"), 400, "bad_request"),
    "a line that goes on before any header": (
        post(KEY, JSON).replace(b"\r\nhost", b"\r\n x-a: b\r\nhost"),
        400,
        "bad_request",
    ),
    "a method of 10 kB": (_by(b"P" * 10_000, KEY, JSON), 400, "bad_request"),
    "a path of 70 kB": (post(KEY, JSON, path=b"/v1/" + b"a" * 70_000), 431, "headers_too_large"),
    "a path of 50 kB": (post(KEY, JSON, path=b"/v1/" + b"a" * 50_000), 404, "unknown_path"),
    "no size at all": (post(KEY, JSON, sized=False), 400, "missing_model"),
    "an empty size": (post(KEY, JSON, b"content-length:", sized=False), 400, "bad_request"),
    "a size in hexadecimal digits": (post(KEY, JSON, b"content-length: 0x12", sized=False), 400, "bad_request"),
    "a size of 0 and chunks": (_in_chunks(CHUNKED, b"content-length: 0"), 400, "bad_request"),
    "chunks in HTTP/1.0": (_in_chunks(CHUNKED).replace(b"HTTP/1.1", b"HTTP/1.0"), 400, "bad_request"),
    "a transfer coding with a weight": (
        post(KEY, JSON, b"transfer-encoding: chunked;q=1", body=CHUNKED, sized=False),
        400,
        "bad_request",
    ),
    "a transfer coding behind a vertical tab": (
        post(KEY, JSON, b"transfer-encoding: \x0bchunked", body=CHUNKED, sized=False),
        400,
        "bad_request",
    ),
    "a chunk's size with 0x": (_in_chunks(b"0x" + CHUNKED), 400, "bad_request"),
    "a chunk's size behind a space": (_in_chunks(b" " + CHUNKED), 400, "bad_request"),
    "100 kB behind the body": (
        _in_chunks(CHUNKED[:-2] + b"x-a: " + b"a" * 100_000 + b"\r\n\r\n"),
        431,
        "headers_too_large",
    ),
    "a web socket for speech": (
        _by(b"GET", KEY, b"connection: upgrade", b"upgrade: websocket", path=b"/v1/realtime?model=small"),
        400,
        "bad_request",
    ),
    "an upgrade to HTTP/2 by TLS": (post(KEY, JSON, b"connection: upgrade", b"upgrade: h2"), 400, "bad_request"),
    "gRPC of browsers": (post(KEY, b"content-type: application/grpc-web+json"), 400, "content_type"),
    "lines of JSON": (post(KEY, b"content-type: application/x-ndjson"), 400, "content_type"),
    "two types in one header": (post(KEY, b"content-type: application/json, text/plain"), 400, "content_type"),
    "an empty body": (_body(b""), 400, "missing_model"),
    "spaces": (_body(b"    "), 400, "invalid_json"),
    "a text": (_body(b'"small"'), 400, "missing_model"),
    "a comma too many": (_body(b'{"model": "small",}'), 400, "invalid_json"),
    "a comment": (_body(b'{"model": "small" /* "model": "secret" */}'), 400, "invalid_json"),
    "NaN": (_body(b'{"model": "small", "a": NaN}'), 400, "invalid_json"),
    "words behind the object": (_body(b'{"model": "small"} x'), 400, "invalid_json"),
    "a letter in two bytes": (_body(b'{"model": "sm\xc1\xa1ll"}'), 400, "invalid_json"),
    "a tab in a name": (_body(b'{"model": "sm\tall"}'), 400, "invalid_json"),
    "a zero byte in a name": (_body(b'{"model": "small\x00"}'), 400, "invalid_json"),
    "a zero in the key of the object": (_body(b'{"model\\u0000": "small"}'), 400, "missing_model"),
    "the key of the object in capitals": (_body(b'{"MODEL": "small"}'), 400, "missing_model"),
    "a number with an exponent": (_body(b'{"model": 1e5}'), 404, "unknown_model"),
    "a way out of a name": (_body(b'{"model": "small/../secret"}'), 404, "unknown_model"),
    "a key behind two spaces": (post(b"authorization: Bearer  key-of-app-1", JSON), 401, "invalid_api_key"),
    "a key behind a tab": (post(b"authorization: Bearer\tkey-of-app-1", JSON), 401, "invalid_api_key"),
    "a key in quotes": (post(b'authorization: Bearer "key-of-app-1"', JSON), 401, "invalid_api_key"),
    "a key as a password": (post(b"authorization: Basic a2V5LW9mLWFwcC0x", JSON), 401, "invalid_api_key"),
    "a key in another cloud's header": (post(b"api-key: key-of-app-1", JSON), 401, "invalid_api_key"),
    "a key for a web socket": (
        post(JSON, b"sec-websocket-protocol: realtime, openai-insecure-api-key.key-of-app-1"),
        401,
        "invalid_api_key",
    ),
    "a key before the host": (
        post(JSON, path=b"http://app:key-of-app-1@llm/v1/chat/completions"),
        401,
        "invalid_api_key",
    ),
    "another word in the header of keys": (post(b"x-api-key: Bearer key-of-app-1", JSON), 401, "invalid_api_key"),
    "two keys behind a comma": (post(b"x-api-key: key-of-app-1,key-of-app-1", JSON), 401, "invalid_api_key"),
    "a host with a space": (_host(b" llm secret"), 400, "bad_request"),
    "a header in letters beside ASCII": (post(KEY, JSON, b"x-llm\xadclient: other"), 400, "bad_request"),
    "an empty transfer coding": (post(KEY, JSON, b"transfer-encoding:"), 400, "bad_request"),
    "a chunk's size with an underscore": (_in_chunks(CHUNKED.replace(b"12", b"1_2", 1)), 400, "bad_request"),
    "a second request in a body of size 0": (
        post(KEY, JSON, b"content-length: 0", body=post(JSON, path=b"/metrics"), sized=False),
        400,
        "missing_model",
    ),
    "UTF-7": (_body(b'{"model": "+AHM-mall"}'), 404, "unknown_model"),
    "a number of a million digits": (_body(b'{"model": "small", "a": %s}' % (b"1" * 10**6)), 400, "invalid_json"),
    "a model inside the first one": (_body(b'{"model": {"model": "a"}, "model": "secret"}'), 403, "model_not_allowed"),
    "5,000 ways out": (post(KEY, JSON, path=b"/v1" + b"/.." * 5000 + b"/metrics"), 404, "unknown_path"),
    "another line in the path": (_by(b"POST", KEY, JSON, path=b"/v1/completions%0d%0ax-a:%20b"), 404, "unknown_path"),
    "OPTIONS": (_by(b"OPTIONS", KEY), 405, "method_not_allowed"),
    "OPTIONS without a key": (_by(b"OPTIONS"), 401, "invalid_api_key"),
    "OPTIONS for all": (_by(b"OPTIONS", KEY, path=b"*"), 400, "bad_request"),
    "a body that is read": (_by(b"GET", KEY, JSON), 405, "method_not_allowed"),
    "a name with a way out": (_by(b"GET", KEY, path=b"/v1/models/%2e%2e/metrics"), 404, "unknown_path"),
    "a name with a zero in the path": (_by(b"GET", KEY, path=b"/v1/models/small%00"), 400, "bad_request"),
}  # fmt: skip


@pytest.mark.parametrize(("request_", "status", "code"), REFUSED.values(), ids=REFUSED)
def test_it_is_refused_in_words(gateway: Gateway, engine: Engine, request_: bytes, status: int, code: str) -> None:
    answer = gateway.raw(request_)
    body = json.loads(answer.partition(b"\r\n\r\n")[2])
    assert (status_of(answer), body["error"]["code"], engine.requests) == (status, code, [])


_STEERING = (b"upstream-rq-timeout-ms: 1", b"max-retries: 100", b"original-dst-host: 127.0.0.1:1", b"internal: true")
_SAID_OF_ITSELF = (
    b"forwarded: for=192.0.2.1;host=secret",
    b"x-forwarded-host: secret",
    b"x-forwarded-port: 1",
    b"x-forwarded-proto: ftp",
    b"x-real-ip: 192.0.2.1",
    b"x-llm-served-by: somebody",
    b"x-llm-served: next",
    b"x-llm-held-ms: 1",
)

# What passes: the headers that the engine gets of it besides those that it gets with every request.
PASSES: Mapping[str, tuple[bytes, Mapping[str, str]]] = {
    "empty lines before it": (b"\r\n" * 100 + post(KEY, JSON), {}),
    "a key that ends with spaces": (post(KEY + b"   ", JSON), {}),
    "a key on the next line": (post(KEY.replace(b" key", b"\r\n key"), JSON), {}),
    "an empty parameter of the type": (post(KEY, b"content-type: application/json;"), {}),
    "line feeds only": (post(KEY, JSON).replace(b"\r\n", b"\n"), {}),
    "a transfer coding in capitals": (_in_chunks(CHUNKED).replace(b"chunked", b"CHUNKED"), {}),
    "a chunk with an extension of 100 kB": (_in_chunks(CHUNKED.replace(b"12", b"12;" + b"a" * 100_000)), {}),
    "bytes behind a chunk that its size doesn't count": (_in_chunks(CHUNKED.replace(b"}", b"}, 5")), {}),
    "many headers behind the body": (_in_chunks(CHUNKED[:-2] + b"x-llm-client: other\r\n" * 50 + b"\r\n"), {}),
    "slashes without end": (post(KEY, JSON, path=b"/" * 1000 + b"v1//chat///completions"), {}),
    "a path that goes back to itself": (post(KEY, JSON, path=b"/v1/chat/./completions/../completions"), {}),
    "two keys in the header of Anthropic, one of them valid": (
        post(b"x-api-key: wrong", b"x-api-key: key-of-app-1", JSON),
        {},
    ),
    "HTTP/2 behind the first request": (post(KEY, JSON) + b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", {}),
    "a part of the answer": (post(KEY, JSON, b"range: bytes=0-1"), {"range": "bytes=0-1"}),
    "what it could take behind the answer": (post(KEY, JSON, b"te: trailers, gzip"), {"te": "trailers"}),
    "a wait of gRPC": (post(KEY, JSON, b"grpc-timeout: 1n"), {"grpc-timeout": "1n"}),
    "an upgrade that it doesn't ask for": (post(KEY, JSON, b"upgrade: websocket"), {}),
    "a request id of 10 kB": (post(KEY, JSON, b"x-request-id: " + b"a" * 10_000), {}),
    "two request ids": (post(KEY, JSON, b"x-request-id: a", b"x-request-id: b"), {}),
    "a request id with another line": (post(KEY, JSON, b"x-request-id: a\r\n x-llm-client: other"), {}),
    "what would steer Envoy": (post(KEY, JSON, *(b"x-envoy-" + each for each in _STEERING)), {}),
    "what nobody checked": (post(KEY, JSON, *_SAID_OF_ITSELF), {}),
    "a client twice": (post(KEY, JSON, b"x-llm-client: other", b"X-LLM-Client: secret"), {}),
}  # fmt: skip
_ALWAYS = {
    "authorization",
    "content-length",
    "content-type",
    "host",
    "x-forwarded-for",
    "x-forwarded-proto",
    "x-llm-client",
    "x-llm-routed",
    "x-llm-team",
    "x-request-id",
}


@pytest.mark.parametrize(("request_", "more"), PASSES.values(), ids=PASSES)
def test_it_passes_as_any_other(gateway: Gateway, engine: Engine, request_: bytes, more: Mapping[str, str]) -> None:
    assert status_of(gateway.raw(request_)) == 200
    (request,) = engine.requests
    assert (request.method, request.path, request.body) == ("POST", "/v1/chat/completions", SMALL)
    assert {name: value for name, value in request.headers if name not in _ALWAYS} == more
    found = {name: request.header(name) for name in ("x-llm-client", "x-llm-routed", "x-llm-team", "x-forwarded-proto")}
    assert found == {
        "x-llm-client": ["app"],
        "x-llm-routed": ["small"],
        "x-llm-team": ["-"],
        "x-forwarded-proto": ["http"],
    }
    (request_id,) = request.header("x-request-id")
    assert len(request_id) == 36


def test_an_empty_host_is_in_the_log(gateway: Gateway) -> None:
    line = gateway.logged(gateway.ask("POST", "/v1/chat/completions", {"model": "small"}, host=""))
    assert (line["status"], line["from"]) == (400, "127.0.0.1")


def test_a_caller_that_waits_for_a_go_on_gets_it_from_the_gateway(gateway: Gateway, engine: Engine) -> None:
    answers = gateway.raw(post(KEY, JSON, b"expect: 100-continue"), answers=2)
    assert (answers.startswith(b"HTTP/1.1 100"), answers.count(b"HTTP/1.1 200")) == (True, 1)
    assert engine.requests[0].header("expect") == []


@pytest.mark.parametrize("behind", [b"\0", b"\0" + b'{"model": "secret"}'])
def test_what_stands_behind_a_zero_chooses_no_model(gateway: Gateway, engine: Engine, behind: bytes) -> None:
    """Python's JSON refuses such a body, and C++'s ends at the zero, as Envoy's does."""
    assert status_of(gateway.raw(_body(SMALL + behind))) == 200
    assert engine.requests[0].header("x-llm-routed") == ["small"]


_SOON = 100_000  # bytes of a request that is sent at once


def test_none_of_them_cuts_a_stream_of_the_same_client(gateway: Gateway, engine: Engine) -> None:
    """The tiers speak HTTP/2 with each other, and the requests of a client share its connections."""
    tables = (ATTACKS, ATTACKS_THAT_PASS, REFUSED, PASSES)
    all_of_them = [each if isinstance(each, bytes) else each[0] for table in tables for each in table.values()]
    odd = [each for each in all_of_them if len(each) < _SOON]
    body = {"model": "small", "does": "stream", "pause": 0.5}
    with ThreadPoolExecutor(12) as pool:
        asked = [pool.submit(gateway.ask, "POST", "/v1/chat/completions", body) for _ in range(8)]
        while engine.under_way < 8 and not any(each.done() for each in asked):
            time.sleep(0.01)
        assert min(pool.map(lambda each: len(gateway.raw(each)), odd)) > 0
        assert all(each.result().body.endswith(b"[DONE]\n\n") for each in asked)
