"""What is read out of bodies, behind authentication: `model` of a request, and the number of tokens of an answer."""

from pathlib import Path

from infra.plan.gateway import TrafficPlan
from infra.services.gateway.envoy.affinity import USER, reads_user
from infra.services.gateway.envoy.messages import FILTER, FROM_BODY, JSON_TYPE, MIB, Message, extension

MAX_VALUES = 300_000  # of the JSON of a request: more than twice the token ids of the longest prompt
ANSWERED = "answered"  # the model that an answer names, read where requests have spans
_SMALL = 256 * 1024  # bytes of a body whose values, two bytes each at least, aren't counted
_SCRIPT = Path(__file__).with_name("values.lua").read_text(encoding="utf-8")
# Chat, completions and embeddings of OpenAI's API; the second name is that of responses and of Anthropic's messages.
_TOKENS = {
    "tokens_in": (("usage", "prompt_tokens"), ("usage", "input_tokens")),
    "tokens_out": (("usage", "completion_tokens"), ("usage", "output_tokens")),
}


def body_filters(traffic: TrafficPlan) -> tuple[Message, ...]:
    """The body is held until it is whole: its model decides where it goes, and it may have to be sent twice. An answer
    in JSON is held until its tokens are counted, and may be as large as a request (tried with 1.40). Nothing counts its
    values: 2,048 vectors of 1,024 numbers, about 27 MiB, take 0.4 GiB, and many such answers at once are cut."""
    whole = extension("filters.http.buffer", FILTER("buffer", "Buffer"), max_request_bytes=traffic.body_mib * MIB)
    read = extension(
        "filters.http.json_to_metadata",
        FILTER("json_to_metadata", "JsonToMetadata"),
        request_rules={"rules": [_model(), *_user(traffic)], "allow_content_types_regex": JSON_TYPE},
        response_rules={"rules": _answers(traffic), "allow_content_types_regex": JSON_TYPE},
    )
    return whole, _few_values(), read, _streams(traffic)


def _few_values() -> Message:
    """One request of 12 MiB of numbers took an Envoy over the memory of its pod (tried with 1.40)."""
    return extension(
        "filters.http.lua",
        FILTER("lua", "Lua"),
        default_source_code={"inline_string": f"local MAX, SMALL = {MAX_VALUES}, {_SMALL}\n{_SCRIPT}"},
        clear_route_cache=False,
    )


def _model() -> Message:
    return {
        "selectors": [{"key": "model"}],
        "on_present": {**_to("model"), "type": "STRING"},
        "on_missing": {**_to("problem"), "value": "missing"},
        "on_error": {**_to("problem"), "value": "unreadable"},
    }


def _user(traffic: TrafficPlan) -> list[Message]:
    if not reads_user(traffic.servers):
        return []
    return [{"selectors": [{"key": USER}], "on_present": {**_to(USER), "type": "STRING"}}]


def _streams(traffic: TrafficPlan) -> Message:
    parser = extension(
        "content_parsers.json",
        "extensions.content_parsers.json.v3.JsonContentParser",
        rules=[{"rule": rule} for rule in _answers(traffic)],
    )
    return extension(
        "filters.http.sse_to_metadata",
        FILTER("sse_to_metadata", "SseToMetadata"),
        response_rules={"content_parser": parser, "max_event_size": MIB},
    )


def _answers(traffic: TrafficPlan) -> list[Message]:
    named: Message = {"selectors": [{"key": "model"}], "on_present": {**_to(ANSWERED), "type": "STRING"}}
    return [*_counts(), *([named] if traffic.traces is not None else [])]


def _counts() -> list[Message]:
    return [
        {"selectors": [{"key": key} for key in path], "on_present": {**_to(name), "type": "NUMBER"}}
        for name, paths in _TOKENS.items()
        for path in paths
    ]


def _to(name: str) -> Message:
    return {"metadata_namespace": FROM_BODY, "key": name}
