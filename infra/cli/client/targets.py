"""The resources that a change of one client touches, so that `pulumi up` applies nothing else."""

from collections.abc import Mapping

from infra.recording import Recorded, Recording
from infra.services.access.client_secrets import ELSEWHERE
from infra.services.gateway.clients import DEFAULT

_KEYS, _PROXY = "llm:kubernetes:ClientKeys", "llm:kubernetes:GatewayProxy"
_SERVER = "llm:kubernetes:ModelServer"
_SECRET = "kubernetes:core/v1:Secret"


def targets(before: Recording, after: Recording, client: str) -> list[str]:
    """URNs of what differs, and of what holds the client's keys: no recording has their values."""
    every = {**_by_urn(before), **_by_urn(after)}
    return sorted(differing(before, after) | {urn for urn, each in every.items() if _holds_keys(each, every, client)})


def differing(before: Recording, after: Recording) -> set[str]:
    """URNs of what comes, goes or changes."""
    old, new = _by_urn(before), _by_urn(after)
    return {urn for urn in {**old, **new} if old.get(urn) != new.get(urn)}


def _by_urn(recording: Recording) -> Mapping[str, Recorded]:
    return {each.urn: each for each in recording.resources}


def _holds_keys(resource: Recorded, every: Mapping[str, Recorded], client: str) -> bool:
    parent = every.get(resource.parent or "")
    of_client = {
        each.urn for each in (resource, parent) if each and each.type == _KEYS and each.name == f"client-{client}"
    }
    of_parent = {_PROXY, _SERVER} if client == DEFAULT else {_PROXY}  # a server's has the key of version 1
    return bool(of_client) or (resource.type == _SECRET and parent is not None and parent.type in of_parent)


def as_target(urn: str, project: str | None) -> str:
    """`project`: as the state names it. A Secret in a client's namespace isn't made while there is no such namespace,
    and `up` refuses a URN that it doesn't find, but no pattern."""
    stack, recorded, types, name = urn.split("::")
    if name.endswith(ELSEWHERE):
        types = types.replace(_SECRET, "kubernetes:core/v1:*")
    return f"{stack}::{project or recorded}::{types}::{name}"
