"""What a request asks for, read out of the body of each of the APIs."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

Body = Mapping[str, Any]

_TOKEN = re.compile(r"\w{1,6}|[^\w\s]")  # a stand-in has no tokenizer: about as many as a real one counts
_LIMITS = ("max_completion_tokens", "max_output_tokens", "max_tokens")
_PROMPTS = ("messages", "prompt", "input", "system", "instructions", "tools", "query", "documents", "texts")


@dataclass(frozen=True)
class Tool:
    name: str
    parameters: Any  # a JSON Schema


@dataclass(frozen=True)
class Asked:
    prompt_tokens: int
    limit: int | None  # of tokens of the answer
    stream: bool
    usage: bool  # of a stream
    tool: Tool | None  # that is to be called
    schema: Any  # that the answer has to follow; None: it is text
    images: bool
    earlier: str | None  # the id of an answer on which this one builds


def read(body: Body) -> Asked:
    return Asked(
        prompt_tokens=tokens([body.get(name) for name in _PROMPTS]),
        limit=next((body[name] for name in _LIMITS if isinstance(body.get(name), int)), None),
        stream=body.get("stream") is True,
        usage=_at(body, "stream_options", "include_usage") is True,
        tool=_tool(body),
        schema=_schema(body),
        images=any(each in ("image_url", "input_image", "image") for each in _kinds(body.get("messages"))),
        earlier=body.get("previous_response_id"),
    )


def tokens(value: Any) -> int:
    return sum(len(_TOKEN.findall(text)) for text in _texts(value))


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, str) and not value.startswith("data:"):
        yield value
    if isinstance(value, Mapping):
        yield from _texts([each for name, each in value.items() if name not in ("role", "type")])
    if isinstance(value, list):
        for each in value:
            yield from _texts(each)


def _kinds(value: Any) -> Iterable[str]:
    if isinstance(value, Mapping):
        yield str(value.get("type"))
    for each in value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ():
        yield from _kinds(each)


def _tool(body: Body) -> Tool | None:
    """The tool that `tool_choice` names, else the first; after a tool's result the answer is text."""
    tools, choice = [_at(each, "function") or each for each in body.get("tools") or ()], body.get("tool_choice")
    last = (body.get("messages") or body.get("input") or [{}])[-1]
    answered = _at(last, "role") == "tool" or {"tool_result", "function_call_output"} & set(_kinds(last))
    if not tools or answered or choice == "none" or _at(choice, "type") == "none":
        return None
    name = _at(choice, "function", "name") or _at(choice, "name")
    tool = next((each for each in tools if each.get("name") == name), tools[0])
    return Tool(str(tool.get("name")), tool.get("parameters") or tool.get("input_schema") or {"type": "object"})


def _schema(body: Body) -> Any:
    format_ = body.get("response_format") or _at(body, "text", "format") or {}
    if format_.get("type") == "json_object":
        return {"type": "object", "properties": {"answer": {"type": "string"}}}
    return _at(format_, "json_schema", "schema") or format_.get("schema")


def _at(value: Any, *names: str) -> Any:
    for name in names:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value
