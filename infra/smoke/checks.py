"""The checks: each calls the gateway as a client would, and says what came, or which promise is broken."""

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from infra.smoke.asking import (
    CHAT,
    answered,
    body_of,
    chat,
    counted,
    has_status,
    json_of,
    limit_of,
    message_of,
    path_of,
    refuse_cut,
    words,
)
from infra.smoke.caller import Gateway
from infra.smoke.images import image_url
from infra.smoke.listed import check_list
from infra.smoke.promises import Promise, Promises
from infra.smoke.results import Broken, NotChecked

_UNKNOWN = "no-such-model-of-smoke"
_WRONG_KEY = "wrong-key-of-smoke"
_TRIES = 3  # of a time: other clients use the model too
_TOO_MANY = 64  # tokens over the longest request
_NOT_THERE = ("server_not_allowed", "unknown_server")  # codes of the gateway
_REFUSED = (400, 413, 422)
_TOOL = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather of a city.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
_SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "inhabitants": {"type": "integer"}},
    "required": ["city", "inhabitants"],
    "additionalProperties": False,
}

Check = Callable[[], str]  # what came; raises Broken, NotChecked and Unreachable


def of_gateway(gateway: Gateway, promised: Promises) -> Iterator[tuple[str, Check]]:
    yield "models", lambda: _models(gateway, promised)
    yield (
        "wrong key",
        lambda: has_status(gateway.post(CHAT, chat(next(iter(promised.listed), _UNKNOWN)), key=_WRONG_KEY), 401),
    )
    yield "unknown model", lambda: has_status(gateway.post(CHAT, chat(_UNKNOWN)), 404)
    if (other := promised.not_allowed) is not None:
        yield "not allowed", lambda: has_status(gateway.post(CHAT, chat(other)), 403)
    for name in promised.custom:
        yield f"custom {name}", lambda name=name: _own(gateway, name)
    for name in promised.custom[:1]:
        yield f"custom {name}, wrong key", lambda name=name: has_status(gateway.own(name, key=_WRONG_KEY), 401)
    for name in promised.not_custom[:1]:
        yield f"custom {name}, not allowed", lambda name=name: has_status(gateway.own(name), 403)


def of_model(caller: Gateway, model: Promise) -> Iterator[tuple[str, Check]]:
    gateway = caller.asking_for(model.version)
    if model.paused:
        yield "paused", lambda: has_status(gateway.post(path_of(model), body_of(model, "Hello")), 503)
        return
    if model.sleeps:
        yield "wakes", lambda: _wakes(gateway, model)
    if model.version is not None:
        yield "version", lambda: _version(gateway, model)
    yield from _KINDS[model.kind](gateway, model)
    for name in model.adapters:
        yield f"adapter {name}", lambda name=name: _adapter(gateway, model, name)
    yield "too long", lambda: _too_long(gateway, model)


def _of_chat(gateway: Gateway, model: Promise) -> Iterator[tuple[str, Check]]:
    yield "plain", lambda: _plain(gateway, model.asked)
    yield "stream", lambda: _stream(gateway, model)
    yield "first token", lambda: _first_token(gateway, model)
    if model.abilities.get("tools"):
        yield "tools", lambda: _tools(gateway, model)
    if model.abilities.get("json_schema"):
        yield "JSON schema", lambda: _json_schema(gateway, model)
    if model.abilities.get("vision"):
        yield "image", lambda: _image(gateway, model)


def _of_embeddings(gateway: Gateway, model: Promise) -> Iterator[tuple[str, Check]]:
    yield "vectors", lambda: _vectors(gateway, model, model.size)
    if model.smaller is not None:
        yield "smaller vectors", lambda: _vectors(gateway, model, model.smaller, dimensions=model.smaller)


def _of_reranking(gateway: Gateway, model: Promise) -> Iterator[tuple[str, Check]]:
    yield "ranks", lambda: _ranks(gateway, model)


_KINDS = {"chat": _of_chat, "embed": _of_embeddings, "rerank": _of_reranking}


def _models(gateway: Gateway, promised: Promises) -> str:
    reply = gateway.get("/models")
    if reply.status == 401:
        raise NotChecked(f"{reply.error}. Is this a key of the client {promised.client}, and of this gateway?")
    listed = {str(each.get("id")): each for each in answered(reply).get("data") or ()}
    check_list(promised, listed)
    for each in promised.models:
        found = listed.get(each.asked, {}).get("max_model_len", each.listed_len)
        if found != each.listed_len:
            raise Broken(f"{each.asked} has {found:,} tokens instead of {each.listed_len:,}")
    return f"as planned: {', '.join(sorted(listed))}"


def _own(gateway: Gateway, name: str) -> str:
    """What it says at its root isn't known: any answer but one of a server that isn't there."""
    reply = gateway.own(name)
    said = reply.body.get("error")
    if reply.status >= 500 or (isinstance(said, dict) and said.get("code") in _NOT_THERE):
        raise Broken(reply.error)
    return f"it answers: {reply.status}"


def _wakes(gateway: Gateway, model: Promise) -> str:
    reply = gateway.post(path_of(model), body_of(model, "Hello"))
    if reply.status == 503:
        raise NotChecked(f"{reply.error}. It is starting: check again in some minutes")
    return counted(answered(reply))


def _version(gateway: Gateway, model: Promise) -> str:
    reply = gateway.post(path_of(model), body_of(model, "Hello"))
    answered(reply)
    if reply.version != model.version:
        raise Broken(f"answered by {reply.version or 'no version of the model'} instead of {model.version}")
    return f"{reply.version}"


def _plain(gateway: Gateway, name: str) -> str:
    reply = answered(gateway.post(CHAT, chat(name)))
    if not any(message_of(reply).get(field) for field in ("content", "reasoning", "reasoning_content")):
        raise Broken("the answer is empty")
    return counted(reply)


def _adapter(gateway: Gateway, model: Promise, name: str) -> str:
    if model.kind == "chat":
        return _plain(gateway, name)
    return counted(answered(gateway.post(path_of(model), {**body_of(model, "Hello"), "model": name})))


def _stream(gateway: Gateway, model: Promise) -> str:
    found = gateway.stream(CHAT, {**chat(model.asked), "stream": True, "stream_options": {"include_usage": True}})
    if found.status != 200 or found.error:
        raise Broken(found.error)
    if not found.done or not any(choice.get("finish_reason") for each in found.chunks for choice in each["choices"]):
        raise Broken("the stream ended without a finish_reason")
    usage: Sequence[Any] = [each["usage"] for each in found.chunks if each.get("usage")]
    if not usage:
        raise Broken("the stream doesn't say how many tokens it has")
    return counted({"usage": usage[-1]})


def _first_token(gateway: Gateway, model: Promise) -> str:
    """The way to the gateway is no part of the promise."""
    promised, took, way = model.first_token, float("inf"), gateway.round_trip()
    for _ in range(_TRIES):
        found = gateway.stream(CHAT, {**chat(model.asked, words(round(model.prompt_tokens * 0.9))), "stream": True})
        if found.first_seconds is None:
            raise Broken(found.error or "no token came")
        took = min(took, max(found.first_seconds - way, 0))
        if promised is None:
            return f"{took:.2f} s; the plan has no estimate"
        if took <= promised.high:
            break
    said = f"{took:.2f} s; planned: {promised.mid:.2f} s, at most {promised.high:.2f} s" if promised else ""
    if promised and took > promised.high:
        raise Broken(f"{said} (the best of {_TRIES})")
    return said


def _tools(gateway: Gateway, model: Promise) -> str:
    question = "What is the weather in Paris? Call the tool get_weather."
    reply = answered(gateway.post(CHAT, {**chat(model.asked, question, limit_of(model)), "tools": [_TOOL]}))
    refuse_cut(reply)
    calls = message_of(reply).get("tool_calls") or ()
    if not calls:
        raise Broken("the model called no tool: its call stayed text, or it made none")
    function = calls[0].get("function") or {}
    arguments = json_of(function.get("arguments"))
    if function.get("name") != "get_weather" or not isinstance(arguments, dict) or "city" not in arguments:
        raise Broken(f"not the call that was asked for: {function.get('name')}({function.get('arguments')})")
    return f"get_weather({json.dumps(arguments)})"


def _json_schema(gateway: Gateway, model: Promise) -> str:
    wanted = {"type": "json_schema", "json_schema": {"name": "city", "schema": _SCHEMA, "strict": True}}
    question = "How many people live in Paris? Answer as JSON."
    reply = answered(gateway.post(CHAT, {**chat(model.asked, question, limit_of(model)), "response_format": wanted}))
    refuse_cut(reply)
    content = message_of(reply).get("content")
    found = json_of(content)
    if (
        not isinstance(found, dict)
        or set(found) != {"city", "inhabitants"}
        or not isinstance(found["inhabitants"], int)
    ):
        raise Broken(f"the answer doesn't follow the schema: {str(content)[:80]}")
    return "the answer follows it"


def _image(gateway: Gateway, model: Promise) -> str:
    parts = [{"type": "text", "text": "What is this?"}, {"type": "image_url", "image_url": {"url": image_url()}}]
    return counted(
        answered(gateway.post(CHAT, {**chat(model.asked), "messages": [{"role": "user", "content": parts}]}))
    )


def _vectors(gateway: Gateway, model: Promise, size: int | None, **more: Any) -> str:
    reply = answered(gateway.post("/embeddings", {**body_of(model, "refund"), **more}))
    sizes = {len(each.get("embedding") or ()) for each in reply.get("data") or ()}
    if len(sizes) != 1 or 0 in sizes:
        raise Broken("no vector came")
    (found,) = sizes
    if size is not None and found != size:
        raise Broken(f"{found:,} numbers per vector instead of {size:,}")
    return f"{found:,} numbers per vector"


def _ranks(gateway: Gateway, model: Promise) -> str:
    reply = answered(gateway.post("/rerank", body_of(model, "refund")))
    scores = [each.get("relevance_score", each.get("score")) for each in reply.get("results") or ()]
    if len(scores) != 2 or None in scores:
        raise Broken(f"{len(scores)} scores for 2 documents")
    return "2 documents, 2 scores"


def _too_long(gateway: Gateway, model: Promise) -> str:
    reply = gateway.post(path_of(model), body_of(model, words(model.max_model_len + _TOO_MANY), 1))
    if model.truncates:
        answered(reply)
        return "200: a part was left out, as the plan says"
    if reply.status not in _REFUSED:
        raise Broken(f"{reply.error} instead of 400")
    return str(reply.status)
