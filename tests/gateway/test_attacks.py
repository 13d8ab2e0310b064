"""What somebody tries who wants more than the key allows: each try has its answer, and no engine sees it."""

import gzip
import json
from dataclasses import replace
from pathlib import Path

import pytest

from infra.services.gateway.envoy.files import BOOTSTRAP, files
from infra.services.gateway.envoy.place import in_pod
from tests.gateway.engine import Engine
from tests.gateway.plans import ENGINE_KEY, client, traffic, upstream
from tests.gateway.raw import CHUNKED, CHUNKS, JSON, KEY, SMALL, post, status_of
from tests.gateway.running import Gateway, place_in, running

pytestmark = pytest.mark.programs

REFUSED = {
    "two keys, the second one valid": (post(b"authorization: Bearer x", KEY, JSON), 401),
    "two valid keys": (post(KEY, b"authorization: Bearer key-of-other-1", JSON), 401),
    "the same key twice": (post(KEY, KEY, JSON), 401),
    "the beginning of a key": (post(b"authorization: Bearer key-of-app-", JSON), 401),
    "a key and more": (post(b"authorization: Bearer key-of-app-11", JSON), 401),
    "a key without Bearer": (post(b"authorization: key-of-app-1", JSON), 401),
    "a key in the URL": (post(JSON, path=b"/v1/chat/completions?api_key=key-of-app-1&key=key-of-app-1"), 401),
    "the key of the engines": (post(b"authorization: Bearer " + ENGINE_KEY.encode(), JSON), 401),
    "only the client's name": (post(b"x-llm-client: app", JSON), 401),
    "the client's name in another spelling": (post(KEY, b"x_llm_client: other", JSON), 400),
    "a model in a header": (post(KEY, b"x-llm-model: small", JSON, body=b"{}"), 400),
    "model twice, the last one forbidden": (post(KEY, JSON, body=b'{"model": "small", "model": "secret"}'), 403),
    "an escaped key of the object": (post(KEY, JSON, body=b'{"mod\\u0065l": "secret"}'), 403),
    "an escaped model": (post(KEY, JSON, body=b'{"model": "s\\u0065cret"}'), 403),
    "a model deeper inside": (post(KEY, JSON, body=b'{"a": {"model": "small"}}'), 400),
    "a list of models": (post(KEY, JSON, body=b'{"model": ["small"]}'), 400),
    "no model but null": (post(KEY, JSON, body=b'{"model": null}'), 400),
    "a number": (post(KEY, JSON, body=b'{"model": 5}'), 404),
    "an empty name": (post(KEY, JSON, body=b'{"model": ""}'), 404),
    "a name with a line end and a header": (post(KEY, JSON, body=b'{"model": "small\\r\\nx-llm-client: other"}'), 404),
    "a name with a zero": (post(KEY, JSON, body=b'{"model": "small\\u0000"}'), 404),
    "a name of 20 kB": (post(KEY, JSON, body=b'{"model": "%s"}' % (b"m" * 20_000)), 400),
    "deeply nested lists": (post(KEY, JSON, body=b'{"model": "small", "a": %s%s}' % (b"[" * 10**5, b"]" * 10**5)), 400),
    "deeply nested objects": (post(KEY, JSON, body=b'{"model": "small", "a": ' + b'{"a":' * 10**5), 400),
    "UTF-16": (post(KEY, JSON, body=SMALL.decode().encode("utf-16")), 400),
    "no content type": (post(KEY), 400),
    "text": (post(KEY, b"content-type: text/plain"), 400),
    "two content types": (post(KEY, JSON, b"content-type: text/plain"), 400),
    "a content type that begins so": (post(KEY, b"content-type: application/jsonx"), 400),
    "a size and chunks": (post(KEY, JSON, b"transfer-encoding: chunked", body=CHUNKED), 400),
    "two sizes": (post(KEY, JSON, b"content-length: 3"), 400),
    "a negative size": (post(KEY, JSON, b"content-length: -3", sized=False), 400),
    "an unknown transfer coding": (post(KEY, JSON, b"transfer-encoding: xchunked", body=CHUNKED, sized=False), 400),
    "two transfer codings": (post(KEY, JSON, b"transfer-encoding: chunked, identity", body=CHUNKED, sized=False), 400),
    "a tunnel": (b"CONNECT small:8000 HTTP/1.1\r\nhost: small:8000\r\n" + KEY + b"\r\n\r\n", 401),
    "a web socket": (post(KEY, JSON, b"connection: upgrade", b"upgrade: websocket"), 400),
    "headers of 70 kB": (post(KEY, JSON, b"x-a: " + b"a" * 70_000), 431),
    "a request line of HTTP/1.0": (post(KEY, JSON).replace(b"HTTP/1.1", b"HTTP/1.0"), 400),
    "a request line of HTTP/0.9": (b"GET /v1/models\r\n\r\n", 400),
    "no host": (post(KEY, JSON).replace(b"host: llm\r\n", b""), 400),
    "a host with a path": (post(KEY, JSON).replace(b"host: llm", b"host: llm/metrics"), 400),
    "a header that looks like Envoy's": (post(KEY, JSON, b":path: /metrics"), 400),
    "a header's name with a space": (post(KEY, JSON, b"transfer-encoding : chunked", body=CHUNKED, sized=False), 400),
    "a zero in a header": (post(KEY, JSON, b"x-a: b\x00"), 400),
    "the same size twice in one header": (post(KEY, JSON, b"content-length: 18, 18", sized=False), 400),
    "a size with a sign": (post(KEY, JSON, b"content-length: +18", sized=False), 400),
    "a size that is no number": (post(KEY, JSON, b"content-length: 99999999999999999999", sized=False), 400),
    "a size of 64 bits": (post(KEY, JSON, b"content-length: 9223372036854775808", sized=False), 413),
    "chunks twice": (post(KEY, JSON, b"transfer-encoding: chunked, chunked", body=CHUNKED, sized=False), 400),
    "compressed chunks": (post(KEY, JSON, b"transfer-encoding: gzip, chunked", body=CHUNKED, sized=False), 400),
    "a chunk of a negative size": (post(KEY, JSON, CHUNKS, body=b"-1\r\n" + CHUNKED, sized=False), 400),
    "a chunk of 68 bits": (post(KEY, JSON, CHUNKS, body=b"1" + b"0" * 16 + CHUNKED, sized=False), 400),
    "a line end inside a chunk's extension": (post(KEY, JSON, CHUNKS, body=b"12;a\nb\r\n" + CHUNKED, sized=False), 400),
    "chunks with line feeds only": (post(KEY, JSON, CHUNKS, body=CHUNKED.replace(b"\r\n", b"\n"), sized=False), 400),
    "a key behind the body": (post(JSON, CHUNKS, body=CHUNKED[:-2] + KEY + b"\r\n\r\n", sized=False), 401),
    "a key in a cookie": (post(JSON, b"cookie: authorization=Bearer key-of-app-1; x-api-key=key-of-app-1"), 401),
    "a key for a proxy": (post(JSON, b"proxy-authorization: Bearer key-of-app-1"), 401),
    "another word for Bearer": (post(b"authorization: bearer key-of-app-1", JSON), 401),
    "a key in capitals": (post(b"authorization: Bearer KEY-OF-APP-1", JSON), 401),
    "two keys in one header": (post(KEY + b", Bearer key-of-other-1", JSON), 401),
    "a key that its caller wants dropped": (post(KEY, JSON, b"connection: authorization"), 401),
    "a compressed body": (post(KEY, JSON, b"content-encoding: gzip", body=gzip.compress(SMALL)), 400),
    "a look-alike of a name": (post(KEY, JSON, body='{"model": "sm\u0430ll"}'.encode()), 404),
    "a name with a space": (post(KEY, JSON, body=b'{"model": "small "}'), 404),
    "half of a character": (post(KEY, JSON, body=b'{"model": "small\\ud800"}'), 400),
    "bytes that are no UTF-8": (post(KEY, JSON, body=b'{"model": "small\xff"}'), 400),
    "true": (post(KEY, JSON, body=b'{"model": true}'), 404),
    "a number that is none": (post(KEY, JSON, body=b'{"model": "small", "a": 1e999}'), 400),
    "an object as model": (post(KEY, JSON, body=b'{"model": {"small": 1}}'), 400),
    "model twice, the last one null": (post(KEY, JSON, body=b'{"model": "small", "model": null}'), 400),
    "model twice, the last one escaped": (post(KEY, JSON, body=b'{"model": "small", "mod\\u0065l": "secret"}'), 403),
    "a list": (post(KEY, JSON, body=b'[{"model": "small"}]'), 400),
    "two objects": (post(KEY, JSON, body=b'{"model": "small"}{"model": "secret"}'), 400),
    "a mark before a forbidden model": (post(KEY, JSON, body=b'\xef\xbb\xbf{"model": "secret"}'), 403),
    "a name of 10 MB": (post(KEY, JSON, body=b'{"model": "%s"}' % (b"m" * 10_000_000)), 413),
    "a command of Envoy": (post(KEY, JSON, body=b'{"model": "%REQ(AUTHORIZATION)%"}'), 404),
    "another method": (post(KEY, JSON).replace(b"POST", b"PUT"), 405),
    "a method in small letters": (post(KEY, JSON).replace(b"POST", b"post"), 400),
    "TRACE": (post(KEY).replace(b"POST", b"TRACE"), 405),
    "TRACE without a key": (post().replace(b"POST", b"TRACE"), 401),
    "the list, to be deleted": (post(KEY, JSON, path=b"/v1/models").replace(b"POST", b"DELETE"), 405),
    "a tunnel with a path": (b"CONNECT /v1/chat/completions HTTP/1.1\r\nhost: llm\r\n" + KEY + b"\r\n\r\n", 400),
    "a tunnel by upgrade": (post(KEY, JSON, b"connection: upgrade", b"upgrade: connect-udp"), 400),
    "the load balancer's own protocol": (b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n" + post(KEY, JSON), 400),
    "200 headers": (post(KEY, JSON, *(b"x-a%d: 1" % number for number in range(200))), 431),
}  # fmt: skip


@pytest.mark.parametrize(("request_", "status"), REFUSED.values(), ids=REFUSED)
def test_it_is_refused(gateway: Gateway, engine: Engine, request_: bytes, status: int) -> None:
    assert (status_of(gateway.raw(request_)), engine.requests) == (status, [])


PATHS = {
    b"/metrics": 404,
    b"//metrics": 404,
    b"/v1/../metrics": 404,
    b"/v1/%2e%2e/metrics": 404,
    b"/v1/.%2e/metrics": 404,
    b"/v1/..%2fmetrics": 400,
    b"/v1/..%5cmetrics": 400,
    b"/v1\\..\\metrics": 404,
    b"/v1/..;/metrics": 404,
    b"/v1/chat/completions/../../../metrics": 404,
    b"/v1/chat/completions;/../../../metrics": 404,
    b"/v1/chat/completions%00": 400,
    b"/v1/chat/completions%3f": 404,
    b"/v1/chat/completions#/metrics": 400,
    b"/v1/chat/completions/": 404,
    b"/v1/chat/completions2": 404,
    b"/a/v1/chat/completions": 404,
    b"/V1/chat/completions": 404,
    b"http://small:8000/metrics": 404,
    b"file:///v1/chat/completions": 400,
    b"v1/chat/completions": 400,
    b"*": 400,
    b"/v1/%252e%252e/metrics": 404,
    b"/healthz/../metrics": 404,
    b"/stats/prometheus": 404,
    b"/invocations": 404,
    b"/docs": 404,
    b"/openapi.json": 404,
    b"/tokenize": 404,
    b"/load": 404,
    b"/v1/load_lora_adapter": 404,
    b"/sleep": 404,
    b"/api/pull": 404,
}


# What passes: no engine takes more out of it than the gateway did.
PASSES = {
    "the host of a listener": post(KEY, JSON).replace(b"host: llm", b"host: models-all"),
    "two hosts": post(KEY, JSON, b"host: secret"),
    "another host in the path": post(KEY, JSON, path=b"http://a:b@secret/v1/chat/completions"),
    "a letter of the path escaped": post(KEY, JSON, path=b"/v1/%63hat/completions"),
    "another method, in a header": post(KEY, JSON, b"x-http-method-override: DELETE"),
    "another path, in a header": post(KEY, JSON, b"x-original-url: /metrics", b"x-envoy-original-path: /metrics"),
    "headers that its caller wants dropped": post(KEY, JSON, b"connection: x-llm-client, x-llm-routed, x-request-id"),
    "a client behind a line feed": post(KEY, JSON, b"x-a: b\nx-llm-client: other"),
    "a client behind a carriage return": post(KEY, JSON, b"x-a: b\rx-llm-client: other"),
    "chunks behind a line that goes on": post(KEY, JSON, b"x-a: b\r\n transfer-encoding: chunked"),
    "a chunk with an extension": post(KEY, JSON, CHUNKS, body=CHUNKED.replace(b"12", b"12;a=b"), sized=False),
    "another size behind the body": post(
        KEY, JSON, CHUNKS, body=CHUNKED[:-2] + b"content-length: 4\r\n\r\n", sized=False
    ),
    "another key, valid too": post(KEY, JSON, b"x-api-key: key-of-other-1"),
    "addresses without end": post(KEY, JSON, b"x-forwarded-for: " + b", ".join([b"192.0.2.1"] * 1000)),
    "a preference without end": post(KEY, JSON, b"prefer: " + b",wait=" * 5000),
    "as many headers as it may have": post(KEY, JSON, *(b"x-a%d: 1" % number for number in range(94))),
    "headers as large as they may be": post(KEY, JSON, b"x-a: " + b"a" * 60_000),
}


@pytest.mark.parametrize("request_", PASSES.values(), ids=PASSES)
def test_it_is_a_request_like_any_other(gateway: Gateway, engine: Engine, request_: bytes) -> None:
    assert status_of(gateway.raw(request_)) == 200
    (request,) = engine.requests
    assert (request.method, request.path, request.body) == ("POST", "/v1/chat/completions", SMALL)
    found = {name: request.header(name) for name in ("host", "x-llm-client", "x-llm-routed", "transfer-encoding")}
    assert found == {"host": ["127.0.0.1"], "x-llm-client": ["app"], "x-llm-routed": ["small"], "transfer-encoding": []}


@pytest.mark.parametrize(("path", "status"), PATHS.items())
def test_no_other_path_of_an_engine_is_reached(gateway: Gateway, engine: Engine, path: bytes, status: int) -> None:
    assert (status_of(gateway.raw(post(KEY, JSON, path=path))), engine.requests) == (status, [])


def test_what_only_the_gateway_may_say_is_not_believed_of_a_caller(gateway: Gateway, engine: Engine) -> None:
    said = [b"x-llm-client: other", b"x-llm-team: red", b"x-llm-wait: 1", b"x-request-id: mine", b"host: set-1"]
    said += [b"x-llm-routed: secret", b"x-llm-held: yes"]
    envoys = [b"x-envoy-retry-on: 5xx", b"x-envoy-upstream-alt-stat-name: a", b"x-envoy-new-in-the-next-release: 1"]
    assert status_of(gateway.raw(post(KEY, JSON, *said, *envoys))) == 200
    (request,) = engine.requests
    assert (request.header("x-llm-client"), request.header("x-llm-team")) == (["app"], ["-"])
    assert not [name for name, _ in request.headers if name.startswith("x-envoy")]
    assert (request.header("x-llm-routed"), request.header("x-llm-held"), request.header("x-llm-wait")) == (
        ["small"],
        [],
        [],
    )
    assert request.header("x-request-id") not in ([], ["mine"])
    assert request.header("host") == ["127.0.0.1"]


def test_the_last_of_two_models_is_asked_as_engines_read_it(gateway: Gateway, engine: Engine) -> None:
    answer = gateway.ask("POST", "/v1/chat/completions", b'{"model": "secret", "model": "small"}')
    assert (answer.status, gateway.logged(answer)["model"]) == (200, "small")


def test_a_body_in_chunks_reaches_the_engine_with_its_size(gateway: Gateway, engine: Engine) -> None:
    request = post(KEY, JSON, b"transfer-encoding: chunked", body=CHUNKED, sized=False)
    assert status_of(gateway.raw(request)) == 200
    assert (engine.requests[0].body, engine.requests[0].header("transfer-encoding")) == (SMALL, [])


def test_a_second_request_behind_the_first_needs_a_key_too(gateway: Gateway, engine: Engine) -> None:
    first = post(KEY, JSON).replace(b"connection: close\r\n", b"")
    answers = gateway.raw(first + post(JSON), answers=2)
    assert (answers.count(b"HTTP/1.1 200"), answers.count(b"HTTP/1.1 401"), len(engine.requests)) == (1, 1, 1)


def test_a_body_of_100_mb_is_refused_before_it_comes(gateway: Gateway, engine: Engine) -> None:
    head = post(KEY, JSON, b"content-length: 100000000", body=b"", sized=False)
    assert (status_of(gateway.raw(head)), engine.requests) == (413, [])


def test_a_large_body_in_chunks_is_refused_once_it_is_too_large(gateway: Gateway, engine: Engine) -> None:
    part = b"100000\r\n" + b" " * 1_048_576 + b"\r\n"
    request = post(KEY, JSON, b"transfer-encoding: chunked", body=part * 6, sized=False)
    assert (status_of(gateway.raw(request)), engine.requests) == (413, [])


def test_no_key_is_in_the_log(gateway: Gateway, engine: Engine) -> None:
    path, body = "/v1/chat/completions?api_key=key-of-app-1", {"model": "small", "prompt": "private words"}
    text = str([gateway.logged(gateway.ask("POST", path, body, key=key)) for key in ("key-of-app-1", "wrong-key")])
    assert not [word for word in ("key-of-", "wrong-key", ENGINE_KEY, "private words") if word in text]


def test_an_address_that_a_caller_claims_is_not_believed(gateway: Gateway) -> None:
    answer = gateway.ask("GET", "/v1/models", key="wrong", x_forwarded_for="203.0.113.9")
    assert gateway.logged(answer)["from"] == "127.0.0.1"


def test_of_several_addresses_the_last_is_believed_which_the_load_balancer_saw(engine: Engine, tmp_path: Path) -> None:
    plan = traffic((client("app", ("small",)),), (upstream("small", engine.port),), trusted_hops=1)
    with running(plan, place_in(tmp_path)) as gateway:
        claimed_and_seen = "203.0.113.9, 198.51.100.7"
        answer = gateway.ask("GET", "/v1/models", key="wrong", x_forwarded_for=claimed_and_seen)
        assert gateway.logged(answer)["from"] == "198.51.100.7"


def test_a_caller_that_passes_by_the_load_balancer_is_known_by_its_connection(engine: Engine, tmp_path: Path) -> None:
    """A pod of the cluster can write into the log any address that a load balancer could have seen."""
    plan = traffic((client("app", ("small",)),), (upstream("small", engine.port),), trusted_hops=1)
    with running(plan, place_in(tmp_path)) as gateway:
        logged = gateway.logged(gateway.ask("GET", "/v1/models", key="wrong", x_forwarded_for="203.0.113.9"))
        assert (logged["from"], logged["peer"]) == ("203.0.113.9", "127.0.0.1")


def test_a_refused_call_of_grpc_has_its_status_in_the_log(gateway: Gateway) -> None:
    answers = [gateway.ask("POST", "/x", b"x", key="wrong", content_type=kind) for kind in ("application/grpc", "text")]
    found = [(line["status"], line["grpc_status"]) for line in map(gateway.logged, answers)]
    assert found == [(200, 16), (401, None)]


def test_the_port_of_the_metrics_shows_nothing_else(gateway: Gateway) -> None:
    """The admin interface is on loopback: its /config_dump has the keys, and its /quitquitquit ends Envoy."""
    at_metrics = replace(gateway, place=replace(gateway.place, port=gateway.place.metrics_port))
    statuses = {
        path: at_metrics.ask("GET", path).status
        for path in ("/stats/prometheus", "/healthz", "/config_dump", "/quitquitquit")
    }
    assert statuses == {"/stats/prometheus": 200, "/healthz": 200, "/config_dump": 404, "/quitquitquit": 404}
    admin = json.loads(files(gateway.plan, in_pod("llm"))[BOOTSTRAP])["admin"]
    assert admin["address"]["socket_address"]["address"] == "127.0.0.1"


def test_a_connection_to_an_engine_stays_http_1(gateway: Gateway, engine: Engine) -> None:
    upgrade = [b"connection: upgrade, http2-settings", b"upgrade: h2c", b"http2-settings: AAMAAABkAARAAAAAAAIAAAAA"]
    assert status_of(gateway.raw(post(KEY, JSON, *upgrade))) == 200
    assert not [name for name, _ in engine.requests[0].headers if name in ("connection", "upgrade", "http2-settings")]


def test_headers_behind_a_body_are_dropped(gateway: Gateway, engine: Engine) -> None:
    body = CHUNKED.removesuffix(b"\r\n") + b"x-llm-client: other\r\nauthorization: Bearer x\r\n\r\n"
    assert status_of(gateway.raw(post(KEY, JSON, b"transfer-encoding: chunked", body=body, sized=False))) == 200
    assert engine.requests[0].header("x-llm-client") == ["app"]
