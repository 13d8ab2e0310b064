"""A chat model on the real engine: what the outputs promise, what scaler and monitor read, and how it ends.

The weights are random, so an answer is checked by its form. What forces a form (a schema, a required tool) is read in
full: the engine then writes nothing else, whatever the weights.
"""

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from openai import APIConnectionError, APIStatusError, AuthenticationError, OpenAI

from components.pods import USER_ID
from infra.engines.vllm.facts import facts
from tests.conftest import HANGS_SECONDS
from tests.vllm_on_cpu.installed import NEEDS_ENGINE
from tests.vllm_on_cpu.server import ALSO_KEY, KEY, Server, started
from tests.vllm_on_cpu.stack import CONTEXT, container, recorded, weights
from tests.vllm_on_cpu.tiny_models import write_chat

pytestmark = NEEDS_ENGINE
HELLO: Any = [{"role": "user", "content": "Hello"}]
CITY = {
    "type": "object",
    "properties": {"city": {"type": "string", "enum": ["Paris"]}},
    "required": ["city"],
    "additionalProperties": False,
}
NO_THOUGHTS = {"chat_template_kwargs": {"enable_thinking": False}}
# Without `strict` a call's name is held to the list, and its arguments to nothing: random weights write Infinity.
TOOLS: Any = [{"type": "function", "function": {"name": "weather", "parameters": CITY, "strict": True}}]
# Their names aren't where the facts are read from; nothing asks for them.
NOT_IN_FACTS = {"vllm:cache_config_info", "vllm:tool_call_parser_invocations_total"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    asked, folder = container("chat"), tmp_path_factory.mktemp("chat")
    write_chat(folder / "models" / weights(asked), context=CONTEXT["chat"])
    with started(asked, folder) as running:
        yield running


@pytest.fixture
def client(server: Server) -> OpenAI:
    return client_of(server, KEY)


def client_of(server: Server, key: str) -> OpenAI:
    return OpenAI(base_url=f"{server.url}/v1", api_key=key, max_retries=0, timeout=HANGS_SECONDS)


def test_it_runs_as_the_pods_user_and_writes_to_its_own_mounts_alone(server: Server) -> None:
    if not server.as_the_pod:
        pytest.skip("this machine lets no user make namespaces: it ran as the user of the tests")
    process = Path(f"/proc/{server.process.pid}")
    assert int((process / "uid_map").read_text().split()[0]) == USER_ID
    mounts = [line.split() for line in (process / "mountinfo").read_text().splitlines()]
    options = {mount[4]: mount[5].split(",") for mount in mounts}
    folder = str(server.log.parent)
    assert ("ro" in options["/"], "ro" in options[f"{folder}/models"]) == (True, True)
    assert ("rw" in options[f"{folder}/home"], "rw" in options[f"{folder}/tmp"]) == (True, True)


def test_the_model_has_the_name_of_the_stack_file(client: OpenAI) -> None:
    (model,) = client.models.list().data
    assert model.id == "chat"
    assert (model.model_extra or {})["max_model_len"] == CONTEXT["chat"]


def test_without_a_key_of_the_secret_nothing_is_answered(server: Server) -> None:
    assert server.get("/v1/models")[0] == 401
    for key in (KEY, ALSO_KEY):
        assert server.get("/v1/models", key=key)[0] == 200
        assert key not in server.log.read_text()
    with pytest.raises(AuthenticationError):
        client_of(server, "wrong").chat.completions.create(model="chat", messages=HELLO, max_tokens=1)


@pytest.mark.parametrize("path", ["/health", "/metrics"])
def test_probes_and_monitor_need_no_key(server: Server, path: str) -> None:
    asked = container("chat")
    assert path in {asked["readinessProbe"]["httpGet"]["path"], *(e["path"] for e in monitored())}
    assert server.get(path)[0] == 200


def monitored() -> list[Any]:
    return [
        e
        for m in recorded().of("kubernetes:monitoring.coreos.com/v1:ServiceMonitor")
        for e in m.inputs["spec"]["endpoints"]
    ]


def test_it_answers_a_chat(client: OpenAI) -> None:
    answer = client.chat.completions.create(model="chat", messages=HELLO, max_tokens=8)
    assert answer.model == "chat"
    assert answer.choices[0].finish_reason in ("length", "stop")
    assert answer.usage is not None
    assert 0 < answer.usage.completion_tokens <= 8


def test_a_stream_ends_with_a_reason(client: OpenAI) -> None:
    parts = list(client.chat.completions.create(model="chat", messages=HELLO, max_tokens=8, stream=True))
    reasons = [choice.finish_reason for part in parts for choice in part.choices]
    assert reasons[-1] in ("length", "stop")
    assert set(reasons[:-1]) == {None}


def test_it_completes_a_text(client: OpenAI) -> None:
    answer = client.completions.create(model="chat", prompt="Hello", max_tokens=4, extra_body={"ignore_eos": True})
    assert answer.usage is not None
    assert answer.usage.completion_tokens == 4


def test_a_prompt_longer_than_max_model_len_is_refused(client: OpenAI) -> None:
    with pytest.raises(APIStatusError, match=str(CONTEXT["chat"])) as refused:
        client.completions.create(model="chat", prompt="x" * (CONTEXT["chat"] + 1), max_tokens=1)
    assert refused.value.status_code == 400


def test_a_json_schema_forces_the_answer(client: OpenAI) -> None:
    form: Any = {"type": "json_schema", "json_schema": {"name": "city", "schema": CITY, "strict": True}}
    answer = client.chat.completions.create(
        model="chat", messages=HELLO, max_tokens=200, response_format=form, extra_body=NO_THOUGHTS
    )
    assert json.loads(answer.choices[0].message.content or "") == {"city": "Paris"}


@pytest.mark.parametrize("choice", ["required", {"type": "function", "function": {"name": "weather"}}])
def test_a_tool_that_must_be_called_is_called(client: OpenAI, choice: Any) -> None:
    call = asked_for_tools(client, choice).tool_calls[0].function
    assert (call.name, json.loads(call.arguments)) == ("weather", {"city": "Paris"})


def test_tools_are_left_to_the_model(client: OpenAI) -> None:
    """Without a parser among the arguments it answers 400."""
    assert asked_for_tools(client, "auto").role == "assistant"


def asked_for_tools(client: OpenAI, choice: Any) -> Any:
    answer = client.chat.completions.create(
        model="chat", messages=HELLO, max_tokens=400, tools=TOOLS, tool_choice=choice, extra_body=NO_THOUGHTS
    )
    return answer.choices[0].message


def test_every_metric_and_label_that_a_scaler_asks_for_is_there(server: Server) -> None:
    _, text = server.get("/metrics")
    queries = scaler_queries()
    assert len(queries) == 4
    for query in queries:
        for metric, given in re.findall(r"(vllm:\w+)\{([^}]*)\}", query):
            labels = dict(re.findall(r'(\w+)="([^"]*)"', given))
            (sample,) = [line for line in text.splitlines() if line.startswith(f"{metric}{{")]
            of_prometheus = {"namespace"}  # the scrape adds it
            for name in labels.keys() - of_prometheus:
                assert f'{name}="{labels[name]}"' in sample


def scaler_queries() -> list[str]:
    triggers = [
        t for s in recorded().of("kubernetes:keda.sh/v1alpha1:ScaledObject") for t in s.inputs["spec"]["triggers"]
    ]
    return [trigger["metadata"]["query"] for trigger in triggers]


def test_its_metrics_are_those_of_the_facts(server: Server) -> None:
    """Those of speculative decoding, LoRA and the like appear only where they are switched on."""
    _, text = server.get("/metrics")
    kinds = dict(re.findall(r"^# TYPE (vllm:\w+) (\w+)$", text, flags=re.MULTILINE))
    shown = {name: kind for name, kind in kinds.items() if not name.endswith("_created") and name not in NOT_IN_FACTS}
    known = facts().metrics
    assert {name: kind for name, kind in shown.items() if name not in known or known[name].kind != kind} == {}
    labels = {name: labels_of(name, text) for name in shown}
    assert {name: found for name, found in labels.items() if found and found != known[name].labels} == {}
    assert len([name for name, found in labels.items() if found]) > 30


def labels_of(metric: str, text: str) -> set[str]:
    """Of its first sample; a bucket's bound belongs to the kind, and none is there before the first request."""
    sample = re.search(rf"^{metric}(?:_bucket|_sum|_count)?\{{(.*)\}} ", text, flags=re.MULTILINE)
    return set(re.findall(r'(\w+)="', sample[1])) - {"le"} if sample else set()


def test_sigterm_lets_streams_end_and_takes_no_new_ones(server: Server, client: OpenAI) -> None:
    """The last test: it ends the server."""
    with ThreadPoolExecutor() as pool:
        streams = [pool.submit(long_stream, client) for _ in range(2)]
        await_running(server, 2)
        server.terminate()
        refused = pool.submit(new_request, server)
        assert [stream.result(HANGS_SECONDS) for stream in streams] == [("length", 1500)] * 2
        assert refused.result(HANGS_SECONDS)
    assert server.process.wait(HANGS_SECONDS) == 0


def long_stream(client: OpenAI) -> tuple[str | None, int]:
    """Its reason to end, and how many tokens it had."""
    asked: Any = {"max_tokens": 1500, "stream_options": {"include_usage": True}, "extra_body": {"ignore_eos": True}}
    parts = list(client.completions.create(model="chat", prompt="Hello", stream=True, **asked))
    usage = parts[-1].usage
    return parts[-2].choices[0].finish_reason, usage.completion_tokens if usage else 0


def await_running(server: Server, count: int) -> None:
    for _ in range(HANGS_SECONDS * 10):
        if "vllm:num_requests_running{" in (text := server.get("/metrics")[1]):
            (value,) = re.findall(r"^vllm:num_requests_running\{.*\} ([\d.]+)$", text, flags=re.MULTILINE)
            if float(value) == count:
                return
    raise AssertionError(f"{count} requests never ran")


def new_request(server: Server) -> bool:
    """Whether one is refused at last: the signal takes a moment to arrive."""
    client = client_of(server, KEY)
    for _ in range(HANGS_SECONDS * 10):
        try:
            client.completions.create(model="chat", prompt="Hello", max_tokens=1)
        except (APIConnectionError, APIStatusError):
            return True
    return False
