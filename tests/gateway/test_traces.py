"""One trace from the gateway through the engine: what its span says, what it never says, and who may ask for it."""

import asyncio
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from infra.catalog.span_attributes import span_attributes
from infra.plan.external import Fallback
from infra.plan.gateway import Traces, TrafficPlan
from infra.services.gateway.envoy.files import files
from infra.services.gateway.envoy.traces import OPERATIONS
from tests.gateway.engine import Engine, Request, stream, write
from tests.gateway.plans import client, external, traffic, upstream
from tests.gateway.provider import Provider
from tests.gateway.running import Answer, Gateway, place_in, running
from tests.gateway.span_receiver import Receiver, attributes, receiving
from tests.ports import port_of_nobody

CHAT = "/v1/chat/completions"
SECRET = "the-words-of-a-prompt"
_CALLERS = "00-{}-b7ad6b7169203331-{}".format
# The ids of a trace that is in the half which is sampled, and of one that is not.
_SAMPLED, _NOT = "0" * 31 + "1", "0" * 15 + "1" + "0" * 16
# A span is sent at once, not with four others.
_AT_ONCE = {"tracing.opentelemetry.min_flush_spans": 1, "re2.max_program_size.error_level": 1000}
SOON: Mapping[str, Any] = {"layered_runtime": {"layers": [{"name": "static", "static_layer": _AT_ONCE}]}}


def _plan(engine: int, receiver: int, sample: float = 1.0, provider: int = 1) -> TrafficPlan:
    models = (
        upstream("small", engine, names=("small", "lora")),
        upstream("both", engine, fallback=Fallback("large", None)),
        upstream("away", 1, fallback=Fallback("large", None)),
    )
    names = tuple(sorted(name for each in models for name in each.names))
    hosts = (external("large", provider, encrypted=False),)
    clients = (client("app", names, team="red"),)
    return traffic(clients, models, hosts, traces=Traces("127.0.0.1", receiver, sample))


class Naming(Engine):
    """Its answers name their model."""

    async def _answer(self, request: Request, writer: asyncio.StreamWriter) -> None:
        asked = json.loads(request.body)
        if asked["does"] == "stream":
            return await stream(writer, "abc", 0.01, model=asked["model"])
        if asked["does"] == "":
            used = {"prompt_tokens": 3, "completion_tokens": 5}
            return await write(writer, 200, {"model": asked["model"], "usage": used})
        return await super()._answer(request, writer)


@pytest.fixture(scope="module")
def naming() -> Iterator[Naming]:
    with Naming() as engine:
        yield engine


@pytest.fixture
def engine(naming: Naming) -> Naming:
    naming.requests.clear()
    return naming


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with Provider() as provider:
        yield provider


@pytest.fixture(scope="module")
def traced(
    naming: Naming, receiver: Receiver, provider: Provider, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Gateway]:
    plan = _plan(naming.port, receiver.port, provider=provider.port)
    with running(plan, place_in(tmp_path_factory.mktemp("traces")), bootstrap=SOON) as gateway:
        yield gateway


def _ask(gateway: Gateway, path: str = CHAT, does: str = "", model: str = "small", **headers: str) -> Answer:
    body = {"model": model, "does": does, "messages": [{"role": "user", "content": SECRET}], "stop": [SECRET]}
    return gateway.ask("POST", path, body, **headers)


@pytest.mark.programs
@pytest.mark.parametrize(
    ("does", "tokens"), [("", ("3", "5")), ("stream", ("7", "9"))], ids=["whole answer", "streamed answer"]
)
def test_one_trace_goes_from_the_gateway_to_the_engine(
    traced: Gateway, receiver: Receiver, engine: Engine, does: str, tokens: tuple[str, str]
) -> None:
    answer = _ask(traced, does=does, model="lora")
    (asked,) = engine.requests
    span = receiver.of(answer.headers["x-request-id"])
    (parent,) = asked.header("traceparent")
    assert parent == f"00-{span.trace_id.hex()}-{span.span_id.hex()}-01"
    assert asked.header("x-request-id") == [answer.headers["x-request-id"]]
    assert traced.logged(answer)["status"] == 200, "the log has the same id"
    said = attributes(span)
    assert span.name == "chat lora"
    assert (said["gen_ai.usage.input_tokens"], said["gen_ai.usage.output_tokens"]) == tokens
    assert said["gen_ai.operation.name"] == "chat"
    assert said["gen_ai.request.model"] == said["gen_ai.response.model"] == "lora"
    assert (said["llm_platform.client"], said["llm_platform.team"]) == ("app", "red")
    assert said["llm_platform.tries"] == "1"
    (resource,) = {
        each.value.string_value
        for request in receiver.received
        for resource in request.resource_spans
        for each in resource.resource.attributes
        if each.key == "service.name"
    }
    assert resource == "gateway"


@pytest.mark.programs
@pytest.mark.parametrize("path", OPERATIONS)
def test_a_span_names_the_operation(traced: Gateway, receiver: Receiver, path: str) -> None:
    said = attributes(receiver.of(_ask(traced, path).headers["x-request-id"]))
    assert (said["gen_ai.operation.name"], said["http.url"]) == (OPERATIONS[path], path)


@pytest.mark.programs
def test_no_word_of_a_caller_is_in_a_span(traced: Gateway, receiver: Receiver) -> None:
    """Wherever it stands: in the body, in the path and behind it, as the name of a model, in headers that tracers copy;
    with an answer, with a failure, and where the gateway refuses."""
    callers = {"traceparent": _CALLERS(_SAMPLED, "01"), "tracestate": f"a={SECRET}", "baggage": f"a={SECRET}"}
    answers = [
        _ask(traced, f"{CHAT}?q={SECRET}", **callers, x_client_trace_id=SECRET),
        _ask(traced, f"{CHAT}?q={SECRET}", "stream"),
        _ask(traced, does="busy"),
        _ask(traced, f"/v1/{SECRET}"),
        _ask(traced, model=SECRET),
        _ask(traced, "/v1/tokenize"),
    ]
    for answer in answers:
        receiver.of(answer.headers["x-request-id"])
    assert SECRET.encode() not in receiver.raw


@pytest.mark.programs
def test_all_that_the_gateway_writes_is_json(traced: Gateway) -> None:
    """Lines of requests, and what Envoy says of itself."""
    traced.logged(_ask(traced))
    text = (Path(traced.place.folder) / "log").read_text()
    lines = [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]
    assert {"request_id", "level"} <= {key for line in lines for key in line}
    assert all("time" in line for line in lines)


@pytest.mark.programs
def test_a_request_without_a_key_makes_no_span(traced: Gateway, receiver: Receiver) -> None:
    refused = traced.ask("POST", CHAT, {"model": "small"}, key=None, traceparent=_CALLERS(_SAMPLED, "01"))
    assert refused.status == 401
    receiver.of(_ask(traced).headers["x-request-id"])
    ids = {attributes(span)["guid:x-request-id"] for span in receiver.spans()}
    assert refused.headers["x-request-id"] not in ids


@pytest.mark.programs
def test_the_own_servers_of_a_model_that_falls_back_have_the_same_trace(
    traced: Gateway, receiver: Receiver, engine: Engine
) -> None:
    span = receiver.of(_ask(traced, model="both").headers["x-request-id"])
    (asked,) = engine.requests
    assert asked.header("traceparent") == [f"00-{span.trace_id.hex()}-{span.span_id.hex()}-01"]


@pytest.mark.programs
def test_a_provider_outside_learns_of_no_trace(traced: Gateway, receiver: Receiver, provider: Provider) -> None:
    span = receiver.of(_ask(traced, model="away").headers["x-request-id"])
    assert attributes(span)["llm_platform.served_by"] == "large"
    asked = provider.requests[-1]
    assert asked.header("traceparent") == asked.header("tracestate") == []


@pytest.mark.programs
def test_the_share_of_traced_requests_is_the_stack_files_whatever_a_caller_says(
    engine: Engine, receiver: Receiver, tmp_path: Path
) -> None:
    """A caller's trace goes on, so its id decides, and not the bit by which it asks to be sampled."""
    with running(_plan(engine.port, receiver.port, 0.5), place_in(tmp_path), bootstrap=SOON) as gateway:
        for trace, callers, ours in ((_SAMPLED, "00", "01"), (_NOT, "01", "00")):
            engine.requests.clear()
            _ask(gateway, traceparent=_CALLERS(trace, callers))
            (parent,) = engine.requests[0].header("traceparent")
            assert (parent.split("-")[1], parent.split("-")[3]) == (trace, ours)


@pytest.mark.programs
@pytest.mark.parametrize("silent", [False, True], ids=["away", "silent"])
def test_requests_are_answered_while_nobody_takes_spans(engine: Engine, tmp_path: Path, silent: bool) -> None:
    with receiving(silent=silent) as receiver, port_of_nobody() as closed:
        port = receiver.port if silent else closed
        with running(_plan(engine.port, port), place_in(tmp_path), bootstrap=SOON) as gateway:
            assert [_ask(gateway, does=does).status for does in ("", "stream", "", "stream")] == [200] * 4
            assert len(receiver.received) == 0


def test_without_traces_the_files_have_nothing_of_them(tmp_path: Path) -> None:
    plan = _plan(1, 2)
    without = files(replace(plan, traces=None), place_in(tmp_path))
    for word in ('"tracing"', '"traces"', '"tracestate"', '"pack_trace_reason"', '"answered"'):
        assert word in "".join(files(plan, place_in(tmp_path)).values())
        assert word not in "".join(without.values())


def test_each_attribute_is_a_tag_of_the_gateway(tmp_path: Path) -> None:
    found = json.loads(files(_plan(1, 2), place_in(tmp_path))["listeners.json"])
    (tags,) = {
        tuple(tag["tag"] for tag in each["filter_chains"][0]["filters"][0]["typed_config"]["tracing"]["custom_tags"])
        for each in found["resources"]
        if "tracing" in each["filter_chains"][0]["filters"][0]["typed_config"]
    }
    assert {*tags} == {"http.url", *span_attributes()}
