"""What a check asks, and what it reads in an answer."""

import json
import random
from collections.abc import Mapping
from typing import Any

from infra.smoke.caller import Reply
from infra.smoke.promises import Promise
from infra.smoke.results import Broken, NotChecked

CHAT = "/chat/completions"
_SHORT, _LONG = 32, 2048  # tokens of an answer: a few words; thoughts before a structured answer
_WORDS = ("time", "year", "people", "way", "day", "man", "thing", "woman", "life", "child", "world", "school")


def answered(reply: Reply) -> Mapping[str, Any]:
    if reply.status != 200:
        raise Broken(reply.error)
    if not reply.body or "error" in reply.body:
        raise Broken(f"not an answer of the API: {reply.error}")
    return reply.body


def has_status(reply: Reply, wanted: int) -> str:
    if reply.status != wanted:
        raise Broken(f"{reply.error} instead of {wanted}")
    return str(wanted)


def counted(reply: Mapping[str, Any]) -> str:
    usage = reply.get("usage") or {}
    prompt, written = usage.get("prompt_tokens"), usage.get("completion_tokens")
    if not prompt:
        raise Broken("the answer doesn't say how many tokens it has")
    return f"{prompt:,} tokens in" + (f", {written:,} out" if written else "")


def refuse_cut(reply: Mapping[str, Any]) -> None:
    """A model that thinks for long hasn't answered yet."""
    if _choice(reply).get("finish_reason") == "length":
        raise NotChecked(f"the answer has more than {_LONG:,} tokens, so its end isn't known")


def _choice(reply: Mapping[str, Any]) -> Mapping[str, Any]:
    return (reply.get("choices") or [{}])[0]


def message_of(reply: Mapping[str, Any]) -> Mapping[str, Any]:
    return _choice(reply).get("message") or {}


def json_of(text: Any) -> Any:
    try:
        return json.loads(text)
    except (TypeError, ValueError):
        return None


def limit_of(model: Promise) -> int:
    return min(_LONG, model.max_model_len // 2)


def path_of(model: Promise) -> str:
    return {"embed": "/embeddings", "rerank": "/rerank"}.get(model.kind, CHAT)


def body_of(model: Promise, text: str, limit: int = _SHORT) -> Mapping[str, Any]:
    if model.kind == "chat":
        return chat(model.asked, text, limit)
    if model.kind == "embed":
        return {"model": model.asked, "input": text}
    return {"model": model.asked, "query": text, "documents": ["We pay the price back.", "The sky is blue."]}


def chat(model: str, text: str = "Say hello.", limit: int = _SHORT) -> Mapping[str, Any]:
    return {"model": model, "max_tokens": limit, "temperature": 0, "messages": [{"role": "user", "content": text}]}


def words(number: int) -> str:
    """A token each at least. No two begin alike: a prefix cache would make them fast."""
    return " ".join(random.choices(_WORDS, k=number))
