"""The checks: each calls the gateway as a client would, and says what came, or which promise is broken."""

import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from infra.smoke.caller import Gateway, Reply
from infra.smoke.images import image_url
from infra.smoke.listed import check_list
from infra.smoke.promises import Promise, Promises
from infra.smoke.results import Broken, NotChecked

CHAT = "/chat/completions"
_UNKNOWN = "no-such-model-of-smoke"
_WRONG_KEY = "wrong-key-of-smoke"
_TRIES = 3  # of a time: other clients use the model too
_SHORT, _LONG = 32, 2048  # tokens of an answer: a few words; thoughts before a structured answer
_TOO_MANY = 64  # tokens over the longest request
_NOT_THERE = ("server_not_allowed", "unknown_server")  # codes of the gateway
_REFUSED = (400, 413, 422)
_WORDS = ("time", "year", "people", "way", "day", "man", "thing", "woman", "life", "child", "world", "school")
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
        lambda: _status(gateway.post(CHAT, _chat(next(iter(promised.listed), _UNKNOWN)), key=_WRONG_KEY), 401),
    )
    yield "unknown model", lambda: _status(gateway.post(CHAT, _chat(_UNKNOWN)), 404)
    if (other := promised.not_allowed) is not None:
        yield "not allowed", lambda: _status(gateway.post(CHAT, _chat(other)), 403)
    for name in promised.custom:
        yield f"custom {name}", lambda name=name: _own(gateway, name)
    for name in promised.custom[:1]:
        yield f"custom {name}, wrong key", lambda name=name: _status(gateway.own(name, key=_WRONG_KEY), 401)
    for name in promised.not_custom[:1]:
        yield f"custom {name}, not allowed", lambda name=name: _status(gateway.own(name), 403)


def of_model(caller: Gateway, model: Promise) -> Iterator[tuple[str, Check]]:
    gateway = caller.asking_for(model.version)
    if model.paused:
        yield "paused", lambda: _status(gateway.post(_path(model), _body(model, "Hello")), 503)
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
    listed = {str(each.get("id")): each for each in _answered(reply).get("data") or ()}
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
    reply = gateway.post(_path(model), _body(model, "Hello"))
    if reply.status == 503:
        raise NotChecked(f"{reply.error}. It is starting: check again in some minutes")
    return _counted(_answered(reply))


def _version(gateway: Gateway, model: Promise) -> str:
    reply = gateway.post(_path(model), _body(model, "Hello"))
    _answered(reply)
    if reply.version != model.version:
        raise Broken(f"answered by {reply.version or 'no version of the model'} instead of {model.version}")
    return f"{reply.version}"


def _plain(gateway: Gateway, name: str) -> str:
    reply = _answered(gateway.post(CHAT, _chat(name)))
    if not any(_message(reply).get(field) for field in ("content", "reasoning", "reasoning_content")):
        raise Broken("the answer is empty")
    return _counted(reply)


def _adapter(gateway: Gateway, model: Promise, name: str) -> str:
    if model.kind == "chat":
        return _plain(gateway, name)
    return _counted(_answered(gateway.post(_path(model), {**_body(model, "Hello"), "model": name})))


def _stream(gateway: Gateway, model: Promise) -> str:
    found = gateway.stream(CHAT, {**_chat(model.asked), "stream": True, "stream_options": {"include_usage": True}})
    if found.status != 200 or found.error:
        raise Broken(found.error)
    if not found.done or not any(choice.get("finish_reason") for each in found.chunks for choice in each["choices"]):
        raise Broken("the stream ended without a finish_reason")
    usage: Sequence[Any] = [each["usage"] for each in found.chunks if each.get("usage")]
    if not usage:
        raise Broken("the stream doesn't say how many tokens it has")
    return _counted({"usage": usage[-1]})


def _first_token(gateway: Gateway, model: Promise) -> str:
    """The way to the gateway is no part of the promise."""
    promised, took, way = model.first_token, float("inf"), gateway.round_trip()
    for _ in range(_TRIES):
        found = gateway.stream(CHAT, {**_chat(model.asked, _words(round(model.prompt_tokens * 0.9))), "stream": True})
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
    reply = _answered(gateway.post(CHAT, {**_chat(model.asked, question, _limit(model)), "tools": [_TOOL]}))
    _not_cut(reply)
    calls = _message(reply).get("tool_calls") or ()
    if not calls:
        raise Broken("the model called no tool: its call stayed text, or it made none")
    function = calls[0].get("function") or {}
    arguments = _json(function.get("arguments"))
    if function.get("name") != "get_weather" or not isinstance(arguments, dict) or "city" not in arguments:
        raise Broken(f"not the call that was asked for: {function.get('name')}({function.get('arguments')})")
    return f"get_weather({json.dumps(arguments)})"


def _json_schema(gateway: Gateway, model: Promise) -> str:
    wanted = {"type": "json_schema", "json_schema": {"name": "city", "schema": _SCHEMA, "strict": True}}
    question = "How many people live in Paris? Answer as JSON."
    reply = _answered(gateway.post(CHAT, {**_chat(model.asked, question, _limit(model)), "response_format": wanted}))
    _not_cut(reply)
    content = _message(reply).get("content")
    found = _json(content)
    if (
        not isinstance(found, dict)
        or set(found) != {"city", "inhabitants"}
        or not isinstance(found["inhabitants"], int)
    ):
        raise Broken(f"the answer doesn't follow the schema: {str(content)[:80]}")
    return "the answer follows it"


def _image(gateway: Gateway, model: Promise) -> str:
    parts = [{"type": "text", "text": "What is this?"}, {"type": "image_url", "image_url": {"url": image_url()}}]
    return _counted(
        _answered(gateway.post(CHAT, {**_chat(model.asked), "messages": [{"role": "user", "content": parts}]}))
    )


def _vectors(gateway: Gateway, model: Promise, size: int | None, **more: Any) -> str:
    reply = _answered(gateway.post("/embeddings", {**_body(model, "refund"), **more}))
    sizes = {len(each.get("embedding") or ()) for each in reply.get("data") or ()}
    if len(sizes) != 1 or 0 in sizes:
        raise Broken("no vector came")
    (found,) = sizes
    if size is not None and found != size:
        raise Broken(f"{found:,} numbers per vector instead of {size:,}")
    return f"{found:,} numbers per vector"


def _ranks(gateway: Gateway, model: Promise) -> str:
    reply = _answered(gateway.post("/rerank", _body(model, "refund")))
    scores = [each.get("relevance_score", each.get("score")) for each in reply.get("results") or ()]
    if len(scores) != 2 or None in scores:
        raise Broken(f"{len(scores)} scores for 2 documents")
    return "2 documents, 2 scores"


def _too_long(gateway: Gateway, model: Promise) -> str:
    reply = gateway.post(_path(model), _body(model, _words(model.max_model_len + _TOO_MANY), 1))
    if model.truncates:
        _answered(reply)
        return "200: a part was left out, as the plan says"
    if reply.status not in _REFUSED:
        raise Broken(f"{reply.error} instead of 400")
    return str(reply.status)


def _answered(reply: Reply) -> Mapping[str, Any]:
    if reply.status != 200:
        raise Broken(reply.error)
    if not reply.body or "error" in reply.body:
        raise Broken(f"not an answer of the API: {reply.error}")
    return reply.body


def _status(reply: Reply, wanted: int) -> str:
    if reply.status != wanted:
        raise Broken(f"{reply.error} instead of {wanted}")
    return str(wanted)


def _counted(reply: Mapping[str, Any]) -> str:
    usage = reply.get("usage") or {}
    prompt, written = usage.get("prompt_tokens"), usage.get("completion_tokens")
    if not prompt:
        raise Broken("the answer doesn't say how many tokens it has")
    return f"{prompt:,} tokens in" + (f", {written:,} out" if written else "")


def _not_cut(reply: Mapping[str, Any]) -> None:
    """A model that thinks for long hasn't answered yet."""
    if _choice(reply).get("finish_reason") == "length":
        raise NotChecked(f"the answer has more than {_LONG:,} tokens, so its end isn't known")


def _choice(reply: Mapping[str, Any]) -> Mapping[str, Any]:
    return (reply.get("choices") or [{}])[0]


def _message(reply: Mapping[str, Any]) -> Mapping[str, Any]:
    return _choice(reply).get("message") or {}


def _json(text: Any) -> Any:
    try:
        return json.loads(text)
    except (TypeError, ValueError):
        return None


def _limit(model: Promise) -> int:
    return min(_LONG, model.max_model_len // 2)


def _path(model: Promise) -> str:
    return {"embed": "/embeddings", "rerank": "/rerank"}.get(model.kind, CHAT)


def _body(model: Promise, text: str, limit: int = _SHORT) -> Mapping[str, Any]:
    if model.kind == "chat":
        return _chat(model.asked, text, limit)
    if model.kind == "embed":
        return {"model": model.asked, "input": text}
    return {"model": model.asked, "query": text, "documents": ["We pay the price back.", "The sky is blue."]}


def _chat(model: str, text: str = "Say hello.", limit: int = _SHORT) -> Mapping[str, Any]:
    return {"model": model, "max_tokens": limit, "temperature": 0, "messages": [{"role": "user", "content": text}]}


def _words(number: int) -> str:
    """A token each at least. No two begin alike: a prefix cache would make them fast."""
    return " ".join(random.choices(_WORDS, k=number))
