"""What a caller with a valid key is answered where no model is asked."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial

from infra.plan.gateway import TrafficPlan, Upstream
from infra.services.gateway.envoy.custom import paths_of_custom
from infra.services.gateway.envoy.descriptions import LIST
from infra.services.gateway.envoy.errors import THEIRS, plain, refusal
from infra.services.gateway.envoy.messages import (
    FROM_BODY,
    JSON_TYPE,
    NOT_POST,
    Message,
    any_of,
    from_body,
    is_,
    one_of,
)
from infra.services.gateway.envoy.permissions import Permission, paths_by_name

_NOT_JSON: Message = {
    "name": "content-type",
    "string_match": {"safe_regex": JSON_TYPE},
    "invert_match": True,
    "treat_missing_header_as_empty": True,
}
_FORM: Message = {"name": "content-type", "string_match": {"prefix": "multipart/", "ignore_case": True}}
_ASKED = f"'%DYNAMIC_METADATA({FROM_BODY}:model):100%'"
_NOT_KEPT = (
    "no answer is kept here: /v1/responses takes `input` with all that went before, and `previous_response_id`,"
    " reading, ending and deleting an answer have nothing to find"
)
_MULTIPART = (
    "forms with files aren't taken: the gateway finds the model in a JSON body; send audio and images as base64"
)
_UNREADABLE = "the body isn't JSON in UTF-8, or is nested more than 100 deep"


def refusals(traffic: TrafficPlan, permission: Permission) -> Iterator[Message]:
    """In this order: what the model lacks, what is wrong with the request, and what the key may not."""
    usable = list(paths_by_name(traffic, permission))
    may = f"this key may use {plain(', '.join(usable))}"
    paths = _paths(traffic)
    known = any_of(paths)
    no = partial(refusal, traffic.contact)
    yield no({"prefix": "/v1/responses/"}, 404, "not_kept", _NOT_KEPT)
    yield no({"prefix": f"{LIST}/"}, 404, "unknown_model", f"this name is unknown or not allowed; {may}", "model")
    yield no({**known, "headers": [NOT_POST]}, 405, "method_not_allowed", "this path takes POST")
    yield no({"path": LIST}, 405, "method_not_allowed", "this path takes GET")
    for there, names in _by_paths(traffic, permission).items():
        yield no(_model(names), 404, "unknown_path", f"the server of {_ASKED} has no such path; it has {there}")
    yield no({"prefix": "/v1/", "headers": [_FORM]}, 400, "multipart", _MULTIPART)
    yield no({**known, "headers": [_NOT_JSON]}, 400, "content_type", "send the header Content-Type: application/json")
    yield no({**known, **_problem("unreadable")}, 400, "invalid_json", _UNREADABLE)
    yield no({**known, **_problem("missing")}, 400, "missing_model", f"the body has no `model`; {may}", "model")
    yield from _others(traffic, usable, no, may)
    yield no(known, 404, "unknown_model", f"no model is called {_ASKED}; {may}", "model")
    there = _list((LIST, *paths, *paths_of_custom(traffic, permission)))
    yield no({"prefix": "/"}, 404, "unknown_path", f"there is no such path; there are {there}")


def paused(traffic: TrafficPlan, upstream: Upstream, names: Iterable[str]) -> Iterator[Message]:
    match = {**any_of(upstream.paths), "dynamic_metadata": [from_body("model", one_of(names))]}
    said = f"{plain(upstream.model)} is paused: it has no servers until somebody starts it again"
    yield refusal(traffic.contact, match, 503, "model_paused", said, kind=THEIRS)


def _by_paths(traffic: TrafficPlan, permission: Permission) -> Mapping[str, Sequence[str]]:
    found: dict[str, list[str]] = {}
    for name, paths in paths_by_name(traffic, permission).items():
        found.setdefault(_list(paths), []).append(name)
    return found


def _others(traffic: TrafficPlan, usable: Iterable[str], no: Callable[..., Message], may: str) -> Iterator[Message]:
    known = {name for upstream in traffic.upstreams.values() for name in upstream.names} | traffic.externals.keys()
    others = known - set(usable)
    if others:
        yield no(_model(sorted(others)), 403, "model_not_allowed", f"this key may not use {_ASKED}; {may}", "model")


def _model(names: Iterable[str]) -> Message:
    return {"prefix": "/", "dynamic_metadata": [from_body("model", one_of(names))]}


def _problem(problem: str) -> Message:
    return {"dynamic_metadata": [from_body("problem", is_(problem))]}


def _paths(traffic: TrafficPlan) -> set[str]:
    here = {path for upstream in traffic.upstreams.values() for path in upstream.paths}
    return here | {path for external in traffic.externals.values() for path in external.paths}


def _list(paths: Iterable[str]) -> str:
    return plain(", ".join(sorted(paths)))
