"""Errors in the shape of the API whose path was asked: Anthropic's under `/v1/messages`, OpenAI's everywhere else.

An error is written once, in OpenAI's shape. Anthropic's has the same fields and its own words for the type, by the
status, and the request id where its clients look for it.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from infra.services.gateway.envoy.errors import all_of
from infra.services.gateway.envoy.messages import Message

_PATH = "/v1/messages"
_HEADER: Message = {"name": ":path", "string_match": {"prefix": _PATH}}
_TYPES = {
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    500: "api_error",
    502: "api_error",
    503: "overloaded_error",
    504: "timeout_error",
}
_OTHER = "invalid_request_error"


def mappers_of_both(mappers: Iterable[Message]) -> list[Message]:
    """Of Envoy's own answers."""
    return list(_mappers(mappers))


def routes_of_both(routes: Iterable[Message]) -> Iterator[Message]:
    """Before each route that answers an error, one for the same requests under Anthropic's path."""
    for route in routes:
        answer: Any = route.get("direct_response", {})
        match: Any = route["match"]
        if "body_format" in answer and _PATH.startswith(match.get("prefix", "")):
            body = _anthropics(answer["status"], answer["body_format"])
            asked = {**match, "headers": [*match.get("headers", ()), _HEADER]}
            yield {**route, "match": asked, "direct_response": {**answer, "body_format": body}}
        yield route


def _mappers(mappers: Iterable[Message]) -> Iterator[Message]:
    for each in mappers:
        found: Any = each
        body = _anthropics(found["status_code"], found["body_format_override"])
        asked = all_of(found["filter"], {"header_filter": {"header": _HEADER}})
        yield {**found, "filter": asked, "body_format_override": body}
        yield found


def _anthropics(status: int, body: Any) -> Message:
    error = {**body["json_format"]["error"], "type": _TYPES.get(status, _OTHER)}
    return {**body, "json_format": {"type": "error", "error": error, "request_id": error["request_id"]}}
