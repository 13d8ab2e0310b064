"""The example's service with a fake endpoint: words as they arrive, and every way in which that fails."""

import json
import re
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
from openai import OpenAI

from chat_app.problems import retry_after_seconds
from chat_local.fake_endpoint import ANSWER, WAKES_IN_SECONDS
from tests.conftest import HANGS_SECONDS
from tests.examples.serving import (
    IMPATIENT_SECONDS,
    KEY,
    MODEL,
    NEVER_ENDS,
    Chat,
    Gate,
    chat,
    eventually,
    fake_endpoint,
    service,
)

pytestmark = pytest.mark.programs

# Without persistent connections: their servers end with the test.
CLIENT = httpx2.Client(timeout=HANGS_SECONDS, limits=httpx2.Limits(max_keepalive_connections=0))


def asked(question: str) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": question}]}


def events(response: httpx2.Response) -> Iterator[tuple[str, dict[str, Any]]]:
    """Name and data of each event, as it comes."""
    name = ""
    for line in response.iter_lines():
        field, _, value = line.partition(": ")
        if field == "event":
            name = value
        elif field == "data":
            yield name, json.loads(value)


def answer(url: str, question: str) -> list[tuple[str, dict[str, Any]]]:
    with CLIENT.stream("POST", f"{url}/api/answers", json=asked(question)) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        return list(events(response))


def test_the_first_words_arrive_before_the_last_are_made() -> None:
    gate = Gate(words=3)
    with (
        chat(gate) as running,
        CLIENT.stream("POST", f"{running.url}/api/answers", json=asked("hello")) as response,
    ):
        coming = events(response)
        first = [next(coming)[1]["text"] for _ in range(3)]
        gate.open()
        *words, end = coming
    assert "".join(first) == "Nobody thinks here:"
    assert "".join(first) + "".join(data["text"] for _, data in words) == ANSWER
    assert end == ("done", {"too_long": False})


def test_the_endpoint_is_asked_for_the_model_with_the_key() -> None:
    with chat() as running:
        answer(running.url, "hello")
        (request,) = running.fake.state.requests
    assert (request["model"], request["stream"]) == (MODEL, True)
    assert request["messages"] == [{"role": "user", "content": "hello"}]
    assert request["headers"]["authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize(
    ("question", "kind", "message", "retry_after"),
    [
        ("/401", "key", "refused this service’s key (HTTP\u00a0401)", None),
        ("/403", "key", "key may not use this model (HTTP\u00a0403)", None),
        ("/400", "failed", "Is the conversation too long?", None),
        ("/404", "failed", "no such model", None),
        ("/429", "busy", "too much to do right now", 8),
        ("/500", "failed", "endpoint failed (HTTP\u00a0500)", None),
        ("/503", "asleep", "may be starting up", WAKES_IN_SECONDS),
        ("/504", "timeout", "took too long", None),
        ("/timeout", "timeout", f"no answer within {IMPATIENT_SECONDS} seconds", None),
        ("/silent", "timeout", f"fell silent in the middle of its answer, for {IMPATIENT_SECONDS} seconds", None),
        ("/cut", "cut", "cut off in the middle", None),
        ("/broken", "cut", "the connection to the model broke", None),
        ("/error", "failed", "reported an error instead of a whole answer", None),
        ("/nothing", "failed", "sent no answer", None),
    ],
)
def test_what_goes_wrong_is_the_last_event_and_is_never_tried_again(
    impatient: Chat, patient: Chat, question: str, kind: str, message: str, retry_after: int | None
) -> None:
    asked_of = impatient if question in NEVER_ENDS else patient
    before = len(asked_of.fake.state.requests)
    *words, (name, problem) = answer(asked_of.url, question)
    assert {name for name, _ in words} <= {"words"}
    assert (name, problem["kind"], problem["retry_after_seconds"]) == ("problem", kind, retry_after)
    assert message in problem["message"]
    assert len(asked_of.fake.state.requests) == before + 1


def test_an_answer_that_reaches_the_limit_says_so(patient: Chat) -> None:
    assert answer(patient.url, "/long")[-1] == ("done", {"too_long": True})


def test_a_model_without_a_pod_may_be_starting() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # and doesn't listen
        with service(f"http://127.0.0.1:{bound.getsockname()[1]}") as url:
            ((name, problem),) = answer(url, "hello")
    assert (name, problem["kind"]) == ("problem", "asleep")
    assert "can’t be reached" in problem["message"]


@pytest.mark.parametrize("words", [0, 3])
def test_who_leaves_ends_the_models_work(words: int) -> None:
    with chat(Gate(words)) as running:
        with CLIENT.stream("POST", f"{running.url}/api/answers", json=asked("hello")) as response:
            coming = events(response)
            for _ in range(words):
                next(coming)
            assert eventually(lambda: len(running.fake.state.requests) == 1)
        assert eventually(lambda: running.fake.state.abandoned == 1)


@pytest.mark.parametrize(
    "body", ["", "{}", '{"messages": []}', '{"messages": [{"role": "system", "content": "obey"}]}']
)
def test_what_is_no_conversation_reaches_no_model(patient: Chat, body: str) -> None:
    before = len(patient.fake.state.requests)
    assert CLIENT.post(f"{patient.url}/api/answers", content=body).status_code == 400
    assert len(patient.fake.state.requests) == before


def test_no_key_leaves_the_service(patient: Chat) -> None:
    said = [CLIENT.get(f"{patient.url}/{path}") for path in ("", "chat.js", "api/about", "healthz")]
    said.append(CLIENT.post(f"{patient.url}/api/answers", json=asked("/401")))
    for response in said:
        assert response.status_code == 200
        assert KEY not in response.text
        assert KEY not in str(response.headers)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("120", 120),
        (" 0 ", 0),
        ("Wed, 21 Oct 2026 07:30:00 GMT", 120),
        ("Wed, 21 Oct 2026 07:00:00 GMT", 0),
        ("Wed, 21 Oct 2026 07:30:00", 120),
        ("soon", None),
        ("", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str | None, seconds: int | None) -> None:
    assert retry_after_seconds(header, now=datetime(2026, 10, 21, 7, 28, tzinfo=UTC)) == seconds


@pytest.mark.parametrize(("question", "reason"), [("hello", "stop"), ("/long", "length")])
def test_the_fake_endpoint_answers_whole_where_nobody_asked_for_a_stream(question: str, reason: str) -> None:
    with fake_endpoint() as url, OpenAI(base_url=f"{url}/v1", api_key=KEY) as client:
        whole = client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": question}]).choices[0]
        assert (whole.message.content, whole.finish_reason) == (ANSWER, reason)


def test_the_last_program_of_the_application_page_gets_its_answer_from_it(capsys: pytest.CaptureFixture[str]) -> None:
    page = (Path(__file__).parents[2] / "docs" / "application.md").read_text(encoding="utf-8")
    program = re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL)[-1]
    with fake_endpoint() as url, pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENAI_BASE_URL", f"{url}/v1")
        patch.setenv("OPENAI_API_KEY", KEY)
        exec(program, {})
    assert capsys.readouterr().out.strip() == ANSWER
