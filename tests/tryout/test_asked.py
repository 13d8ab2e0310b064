"""Each API says in its own way what a request asks for."""

from typing import Any

import pytest

from infra.tryout.asked import Tool, read

_PARAMETERS = {"type": "object"}
_QUESTION = [{"role": "user", "content": "one two three"}]
TOOLS: dict[str, tuple[dict[str, Any], str | None]] = {
    "chat": ({"tools": [{"type": "function", "function": {"name": "a", "parameters": _PARAMETERS}}]}, "a"),
    "responses": ({"input": "x", "tools": [{"type": "function", "name": "a", "parameters": _PARAMETERS}]}, "a"),
    "messages": ({"tools": [{"name": "a", "input_schema": _PARAMETERS}]}, "a"),
    "a choice by name": (
        {"tools": [{"name": "a"}, {"name": "b"}], "tool_choice": {"type": "function", "function": {"name": "b"}}},
        "b",
    ),
    "no choice": ({"tools": [{"name": "a"}], "tool_choice": "none"}, None),
    "Anthropic's no choice": ({"tools": [{"name": "a"}], "tool_choice": {"type": "none"}}, None),
    "after a result": ({"tools": [{"name": "a"}], "messages": [*_QUESTION, {"role": "tool", "content": "1"}]}, None),
    "after Anthropic's result": (
        {"tools": [{"name": "a"}], "messages": [{"role": "user", "content": [{"type": "tool_result"}]}]},
        None,
    ),
    "no tools": ({}, None),
}


@pytest.mark.parametrize(("body", "called"), TOOLS.values(), ids=TOOLS)
def test_the_tool_that_is_to_be_called(body: dict[str, Any], called: str | None) -> None:
    tool = read({"messages": _QUESTION, **body}).tool
    assert tool == (None if called is None else Tool(called, _PARAMETERS))


@pytest.mark.parametrize(
    "body",
    [
        {"response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": _PARAMETERS}}},
        {"text": {"format": {"type": "json_schema", "name": "x", "schema": _PARAMETERS}}},
    ],
)
def test_the_schema_of_an_answer(body: dict[str, Any]) -> None:
    assert read(body).schema == _PARAMETERS


@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens", "max_output_tokens"])
def test_the_limit_of_an_answer(name: str) -> None:
    assert read({name: 7}).limit == 7


@pytest.mark.parametrize(
    "body",
    [
        {"messages": _QUESTION},
        {"prompt": "one two three"},
        {"input": ["one two", "three"]},
        {"messages": [{"role": "user", "content": [{"type": "text", "text": "one two"}]}], "system": "three"},
    ],
)
def test_every_word_of_a_prompt_is_at_least_a_token(body: dict[str, Any]) -> None:
    assert read(body).prompt_tokens == 3


def test_an_image_is_seen_and_is_no_text() -> None:
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo"}}
    asked = read({"messages": [{"role": "user", "content": [image]}]})
    assert (asked.images, asked.prompt_tokens) == (True, 0)
