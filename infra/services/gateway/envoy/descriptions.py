"""`GET /v1/models`: what this client may use, each with its context length and its abilities."""

from collections.abc import Iterator, Mapping

from infra.plan.external import External
from infra.plan.gateway import TrafficPlan, Upstream
from infra.services.gateway.envoy.messages import Message, text
from infra.services.gateway.envoy.permissions import Permission, allowed, allowed_elsewhere

LIST = "/v1/models"
_READ: Message = {"name": ":method", "string_match": {"safe_regex": {"regex": "GET|HEAD"}}}


def descriptions(traffic: TrafficPlan, permission: Permission) -> Iterator[Message]:
    each = {name: _about(name, upstream) for upstream, names in allowed(traffic, permission) for name in names}
    each |= {external.name: _elsewhere(external) for external in allowed_elsewhere(traffic, permission)}
    yield _answer(LIST, {"object": "list", "data": list(each.values())})
    for name, about in each.items():
        yield _answer(f"{LIST}/{name}", about)


def _answer(path: str, found: Message) -> Message:
    return {
        "name": "models",
        "match": {"path": path, "headers": [_READ]},
        "direct_response": {"status": 200, "body": {"inline_string": text(found)}},
    }


def _about(name: str, upstream: Upstream) -> Mapping[str, object]:
    """OpenAI's fields, and the two names under which clients look for the context. Nobody knows when a model was
    created, so that is 0."""
    found: Mapping[str, object] = {
        "id": name,
        "object": "model",
        "created": 0,
        "owned_by": "llm-platform",
        "max_model_len": upstream.max_model_len,
        "context_length": upstream.max_model_len,
        "abilities": upstream.abilities,
        "paused": upstream.paused,
    }
    return found if name == upstream.model else {**found, "parent": upstream.model}


def _elsewhere(external: External) -> Mapping[str, object]:
    """What it can do is not known."""
    return {
        "id": external.name,
        "object": "model",
        "created": 0,
        "owned_by": f"external: {external.host}",
        "max_model_len": external.context_length,
        "context_length": external.context_length,
        "abilities": {},
        "paused": False,
    }
