"""Answers that say what went wrong, in the shape that OpenAI's clients read."""

from collections.abc import Mapping

from infra.services.gateway.envoy.messages import Message, header

OURS = "invalid_request_error"  # OpenAI's word for what the caller can change
THEIRS = "server_error"
_SHORT = {"omit_empty_values": True}  # a request that isn't HTTP as Envoy takes it is refused before it has an id


def error(
    contact: str | None,
    code: str,
    said: str,
    kind: str = OURS,
    param: str | None = None,
    retry_after: int | str | None = None,
) -> Message:
    """The body. `said` may hold Envoy's commands; any other per cent sign is written twice."""
    found: Mapping[str, object] = {
        "message": said,
        "type": kind,
        "code": code,
        "param": param,
        "request_id": "%REQ(X-REQUEST-ID)%",
        "contact": contact.replace("%", "%%") if contact else None,
        "retry_after": retry_after,
    }
    return {"json_format": {"error": {name: value for name, value in found.items() if value is not None}}, **_SHORT}


def plain(names: str) -> str:
    """Text that Envoy shall not read as a command."""
    return names.replace("%", "%%")


def refuse(status: int, body: Message, retry_after: int | None = None) -> Message:
    """What a route does instead of asking a server."""
    answer: Message = {"direct_response": {"status": status, "body_format": body}}
    return answer if retry_after is None else {**answer, "response_headers_to_add": [wait(retry_after)]}


def refusal(
    contact: str | None, match: Message, status: int, code: str, said: str, param: str | None = None, kind: str = OURS
) -> Message:
    """A route that asks no server."""
    return {"name": code, "match": match, **refuse(status, error(contact, code, said, kind, param))}


def wait(seconds: int | str) -> Message:
    return header("retry-after", str(seconds))


def flags(*flags: str) -> Message:
    return {"response_flag_filter": {"flags": list(flags)}}


def has(name: str) -> Message:
    """A request with this header."""
    return {"header_filter": {"header": {"name": name, "present_match": True}}}


def all_of(*found: Message) -> Message:
    return {"and_filter": {"filters": list(found)}}


def status(code: int, op: str = "EQ") -> Message:
    value = {"default_value": code, "runtime_key": "gateway.status"}
    return {"status_code_filter": {"comparison": {"op": op, "value": value}}}


def when(found: Message, becomes: int, body: Message, *headers: Message) -> Message:
    """An answer of Envoy itself, in words: each is plain text otherwise."""
    return {"filter": found, "status_code": becomes, "headers_to_add": list(headers), "body_format_override": body}
