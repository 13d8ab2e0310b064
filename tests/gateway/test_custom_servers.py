"""Own servers behind the gateway, under `/custom/NAME/` and on OpenAI's paths of audio."""

from collections.abc import Iterator

import pytest

from tests.conftest import HANGS_SECONDS
from tests.gateway.engine import Engine
from tests.gateway.plans import client, custom, traffic, upstream
from tests.gateway.running import Gateway, place_in, running
from tests.ports import port_of_nobody

pytestmark = pytest.mark.programs
AUDIO = "/v1/audio/transcriptions"
FORM = 'multipart/form-data; boundary="b"'
SPEECH = b'--b\r\ncontent-disposition: form-data; name="model"\r\n\r\nwhatever\r\n--b--\r\n'


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Gateway, Engine]]:
    """`app` may use a reranker and whisper, `other` the reranker; nothing listens where `gone` should be."""
    with Engine() as engine, port_of_nobody() as nobody:
        plan = traffic(
            (
                client("app", ("small",), custom=("gone", "rank", "whisper"), team="red"),
                client("other", ("small",), custom=("rank",), concurrent_requests=1, requests_per_minute=3),
                client("none", ("small",)),
            ),
            (upstream("small", engine.port),),
            custom={
                each.name: each
                for each in (
                    custom("gone", nobody),
                    custom("rank", engine.port),
                    custom("whisper", engine.port, audio=True),
                    custom("secret", engine.port, audio=True),
                )
            },
        )
        with running(plan, place_in(tmp_path_factory.mktemp("own"))) as gateway:
            yield gateway, engine


@pytest.fixture(autouse=True)
def _nothing_asked(own: tuple[Gateway, Engine]) -> None:
    own[1].requests.clear()
    own[1].died = 0


PATHS = {
    "/custom/rank/rerank": "/rerank",
    "/custom/rank/": "/",
    "/custom/rank/a/b?c=1&d=%2F": "/a/b?c=1&d=%2F",
    "/custom/rank/../rank/metrics": "/metrics",
    "/custom/rank/custom/whisper/x": "/custom/whisper/x",
    "/custom//rank//x": "/x",
}


@pytest.mark.parametrize(("asked", "served"), PATHS.items())
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_each_path_of_a_server_is_reached_below_its_name(
    own: tuple[Gateway, Engine], method: str, asked: str, served: str
) -> None:
    gateway, engine = own
    assert gateway.ask(method, asked, b"text", content_type="text/plain").status == 200
    assert [(each.method, each.path, each.body) for each in engine.requests] == [(method, served, b"text")]


def test_a_server_learns_who_asks_and_no_key_at_all(own: tuple[Gateway, Engine]) -> None:
    gateway, engine = own
    answer = gateway.ask("POST", "/custom/rank/x", {"model": "secret"}, x_api_key="key-of-app-1", x_llm_team="blue")
    (request,) = engine.requests
    assert (request.header("authorization"), request.header("x-api-key")) == ([], [])
    assert (request.header("x-llm-client"), request.header("x-llm-team")) == (["app"], ["red"])
    assert request.header("x-request-id") == [answer.headers["x-request-id"]]
    assert not [name for name, _ in request.headers if name.startswith("x-envoy-r") or name == "x-llm-wait"]


def test_a_request_is_logged_and_counted_under_the_name_of_the_server(own: tuple[Gateway, Engine]) -> None:
    gateway, _ = own
    answer = gateway.ask("POST", "/custom/rank/x?prompt=private", {})
    line = gateway.logged(answer)
    assert (line["route"], line["client"], line["status"], line["tokens_out"]) == ("custom:rank", "app", 200, 5)
    assert "private" not in str(line)
    counted = gateway.stats(r"llm\.requests.*custom.rank.*app|llm\.requests.*app.*custom.rank")
    assert sum(counted.values()) >= 1


def test_a_server_can_not_say_that_a_provider_answered(own: tuple[Gateway, Engine]) -> None:
    """By this header is counted: each value would be a series, or the price of a provider."""
    gateway, _ = own
    answer = gateway.ask("POST", "/custom/rank/x", {"does": "claims"})
    assert (answer.status, [name for name in answer.headers if name.startswith("x-llm-")]) == (200, [])
    assert (gateway.logged(answer)["served_by"], gateway.stats("somebody")) == (None, {})


def test_a_redirect_and_a_cookie_pass_as_they_are(own: tuple[Gateway, Engine]) -> None:
    gateway, engine = own
    answer = gateway.ask("POST", "/custom/rank/a", {"does": "redirects"}, cookie="session=0")
    assert answer.status == 302
    assert (answer.headers["location"], answer.headers["set-cookie"]) == ("/login?next=/a", "session=1; Path=/")
    assert [each.header("cookie") for each in engine.requests] == [["session=0"]]


@pytest.mark.parametrize(
    ("key", "paths"),
    [
        (
            "key-of-app-1",
            "/custom/gone/, /custom/rank/, /custom/whisper/, /v1/audio/transcriptions, /v1/audio/translations, ",
        ),
        ("key-of-none-1", ""),
    ],
)
def test_an_unknown_path_is_answered_with_those_of_the_servers_that_the_key_may_use(
    own: tuple[Gateway, Engine], key: str, paths: str
) -> None:
    said = own[0].ask("GET", "/docs", key=key).error["message"]
    assert said == (
        f"there is no such path; there are {paths}/v1/chat/completions, /v1/completions, /v1/messages, /v1/models,"
        " /v1/responses, /v1/tokenize"
    )


REFUSED = {
    "no key": ("POST", "/custom/rank/x", {}, {"key": None}, 401, "invalid_api_key"),
    "a server that the client doesn't name": ("POST", "/custom/secret/x", {}, {}, 403, "server_not_allowed"),
    "no server at all": ("POST", "/custom/rank/x", {}, {"key": "key-of-none-1"}, 403, "server_not_allowed"),
    "an unknown server": ("GET", "/custom/ranks/x", None, {}, 404, "unknown_server"),
    "the name alone": ("GET", "/custom/rank", None, {}, 404, "unknown_server"),
    "out of the server": ("GET", "/custom/rank/../secret/x", None, {}, 403, "server_not_allowed"),
    "out of all servers": ("GET", "/custom/rank/../../metrics", None, {}, 404, "unknown_path"),
    "escaped dots": ("GET", "/custom/rank/%2e%2e/secret/x", None, {}, 403, "server_not_allowed"),
    "nothing listens": ("POST", "/custom/gone/x", {}, {}, 503, "unavailable"),
    "audio that the client may not use": (
        "POST",
        AUDIO,
        SPEECH,
        {"x_llm_model": "secret", "content_type": FORM},
        403,
        "model_not_allowed",
    ),
    "audio of a server without": ("POST", AUDIO, SPEECH, {"x_llm_model": "rank"}, 404, "unknown_model"),
    "audio of a model": ("POST", AUDIO, SPEECH, {"x_llm_model": "small"}, 404, "unknown_model"),
    "audio of nobody": ("POST", AUDIO, SPEECH, {"content_type": FORM}, 400, "missing_model"),
    "audio that is read": ("GET", AUDIO, None, {"x_llm_model": "whisper"}, 405, "method_not_allowed"),
}


@pytest.mark.parametrize(("method", "path", "body", "other", "status", "code"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused_says_why_and_reaches_no_server(
    own: tuple[Gateway, Engine],
    method: str,
    path: str,
    body: object,
    other: dict[str, str],
    status: int,
    code: str,
) -> None:
    gateway, engine = own
    answer = gateway.ask(method, path, body, **other)
    assert (answer.status, answer.error["code"], engine.requests) == (status, code, [])
    assert answer.error["request_id"] == answer.headers["x-request-id"]


@pytest.mark.parametrize("path", [b"/custom/rank%2f..%2fsecret/x", b"/custom/rank%5c..%5csecret/x"])
def test_escaped_slashes_lead_nowhere(own: tuple[Gateway, Engine], path: bytes) -> None:
    gateway, engine = own
    request = b"GET %s HTTP/1.1\r\nhost: llm\r\nconnection: close\r\nauthorization: Bearer key-of-app-1\r\n\r\n" % path
    assert (gateway.raw(request).split(b" ", 2)[1], engine.requests) == (b"400", [])


def test_a_body_in_chunks_that_is_too_large_is_refused(own: tuple[Gateway, Engine]) -> None:
    gateway, engine = own
    head = b"POST /custom/rank/x HTTP/1.1\r\nhost: llm\r\nauthorization: Bearer key-of-app-1\r\n"
    chunks = (b"100000\r\n" + b"x" * 1_048_576 + b"\r\n") * 6
    answer = gateway.raw(head + b"transfer-encoding: chunked\r\n\r\n" + chunks)
    assert (answer.split(b" ", 2)[1], engine.requests) == (b"413", [])


def test_grpc_is_answered_in_its_own_shape(own: tuple[Gateway, Engine]) -> None:
    gateway, engine = own
    answer = gateway.ask("POST", "/custom/rank/x", b"x", content_type="application/grpc+proto")
    assert (answer.headers["grpc-status"], engine.requests) == ("13", [])
    assert "gRPC doesn't pass" in answer.headers["grpc-message"]


def test_limits_hold_for_servers_of_ones_own_too(own: tuple[Gateway, Engine]) -> None:
    gateway, _ = own
    statuses = [gateway.ask("GET", "/custom/rank/x", key="key-of-other-1").status for _ in range(4)]
    assert statuses == [200, 200, 200, 429]


@pytest.mark.parametrize("does", ["dies once", "busy"])
def test_a_request_that_was_sent_is_sent_once(own: tuple[Gateway, Engine], does: str) -> None:
    gateway, engine = own
    answer = gateway.ask("POST", "/custom/rank/x", {"does": does})
    assert (answer.status, len(engine.requests)) == (503, 1)


def test_no_connection_is_used_twice(own: tuple[Gateway, Engine]) -> None:
    """The server might close it at the moment at which the next request is sent."""
    gateway, engine = own
    before = engine.connections
    assert [gateway.ask("GET", "/custom/rank/x").status for _ in range(3)] == [200] * 3
    assert engine.connections == before + 3


def test_a_large_answer_passes_whole(own: tuple[Gateway, Engine]) -> None:
    gateway, _ = own
    answer = gateway.ask("POST", "/custom/rank/x", {"does": "much"})
    assert (answer.status, len(answer.json["much"])) == (200, 3_000_000)


def test_an_answer_of_json_that_is_too_large_says_so(own: tuple[Gateway, Engine]) -> None:
    answer = own[0].ask("POST", "/custom/rank/x", {"does": "much", "letters": 5_000_000})
    assert (answer.status, answer.error["message"]) == (
        500,
        "the gateway failed; it passes no JSON of more than 4 MiB in one answer",
    )


@pytest.mark.parametrize("path", [AUDIO, "/v1/audio/translations"])
def test_audio_goes_to_the_server_that_the_header_names(own: tuple[Gateway, Engine], path: str) -> None:
    gateway, engine = own
    answer = gateway.ask("POST", path, SPEECH, content_type=FORM, x_llm_model="whisper")
    (request,) = engine.requests
    assert (answer.status, request.path, request.body) == (200, path, SPEECH)
    assert (request.header("content-type"), request.header("authorization")) == ([FORM], [])
    assert request.header("x-llm-model") == []


def test_openais_client_sends_audio_and_reads_what_there_is(own: tuple[Gateway, Engine]) -> None:
    openai = pytest.importorskip("openai", reason="the OpenAI client isn't installed here")
    gateway, engine = own
    url = f"http://127.0.0.1:{gateway.place.port}/v1"
    caller = openai.OpenAI(base_url=url, api_key="key-of-app-1", max_retries=0, timeout=HANGS_SECONDS)
    sound = ("call.mp3", b"sound")
    caller.audio.transcriptions.create(model="any", file=sound, extra_headers={"x-llm-model": "whisper"})
    (request,) = engine.requests
    assert (request.path, b"sound" in request.body) == (AUDIO, True)
    with pytest.raises(openai.BadRequestError):
        caller.audio.transcriptions.create(model="whisper", file=sound)
    assert caller.models.retrieve("small").id == "small"
    for missing in (lambda: caller.models.retrieve("gpt-9"), lambda: caller.responses.retrieve("resp_1")):
        with pytest.raises(openai.NotFoundError):
            missing()


def test_the_header_of_audio_says_nothing_on_other_paths(own: tuple[Gateway, Engine]) -> None:
    gateway, engine = own
    chat = gateway.ask("POST", "/v1/chat/completions", {"model": "small"}, x_llm_model="secret")
    none = gateway.ask("POST", "/v1/chat/completions", {}, x_llm_model="small")
    assert (chat.status, none.status, none.error["code"]) == (200, 400, "missing_model")
    assert engine.requests[0].header("x-llm-model") == []


def test_who_is_missing_says_what_to_send(own: tuple[Gateway, Engine]) -> None:
    said = own[0].ask("POST", AUDIO, SPEECH, content_type=FORM).error["message"]
    assert said == (
        "the body is a form: say in the header, as x-llm-model: whisper, which server is asked; this key may use"
        " whisper"
    )
