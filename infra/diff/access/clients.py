"""Who may call the models: whoever has the key of a client, or in an older program the key of the stack."""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from infra.config_keys import API_KEY
from infra.diff.clients import LIMITS, clients_of, given, is_lower, name_of_key
from infra.registry import owner_of
from infra.services.access.service import ACCESS
from infra.sides.statements import Statements, say
from infra.sides.types import Side

_RANDOM = "random:index/randomPassword:RandomPassword"
_NO_KEY = "whoever reaches it: no key is asked for"


def clients(side: Side) -> Statements:
    found: Statements = {}
    known: Mapping[str, Any] | None = (side.plan.get("gateway") or {}).get("clients")
    for model in side.models if known is None else ():
        secret = side.endpoint(model).get("api_key_secret")
        with_key = f"whoever has the key in Secret {secret['namespace']}/{secret['name']}" if secret else ""
        say(found, model, with_key or _NO_KEY)
    if digest := _given(side, API_KEY):
        say(found, "the API key", digest)
    elif any(each["type"] == _RANDOM and owner_of(each["urn"]) is ACCESS for each in side.resources):
        say(found, "the API key", "made at random")
    for name, client in (known or {}).items():
        say(found, f"client {name}", *_said(side, name, client))
    return found


def _said(side: Side, name: str, client: Mapping[str, Any]) -> Iterator[str]:
    yield from (f"may call {model}" for model in client["models"])
    for number in client["keys"]:
        yield f"has key {number}, {_given(side, name_of_key(name, number)) or 'made at random'}"
    if client.get("namespace"):
        yield f"has its Secret in namespace {client['namespace']} too"


def limits_changed(old: Side, new: Side) -> Iterator[tuple[str, str, str]]:
    """Thing, limits now and after, of clients that stay. A chosen limit that rises follows from what else changed, such
    as more replicas, and gives nobody more rights."""
    was, now = (clients_of(side) for side in (old, new))
    for name in sorted(was.keys() & now.keys()):
        before, after = _limits(was[name]), _limits(now[name])
        lower = any(is_lower(now[name], was[name], key) for key in LIMITS)
        if before and after and before != after and (lower or _written(old, name) or _written(new, name)):
            yield f"client {name}", before, after


def _limits(client: Mapping[str, Any]) -> str:
    found = [f"{client[key]:,} {words}" for key, words in LIMITS.items() if client.get(key) is not None]
    return f"at most {' and '.join(filter(None, (', '.join(found[:-1]), found[-1])))}" if found else ""


def _written(side: Side, name: str) -> bool:
    clients = (side.platform.get("gateway") or {}).get("clients") or {}
    return not {"concurrentRequests", "requestsPerMinute", "tokensPerMinute"}.isdisjoint(clients.get(name) or {})


def _given(side: Side, secret: str) -> str | None:
    """The encrypted text, so that another value shows and none is said."""
    written = given(side, secret)
    digest = hashlib.sha256(repr(written).encode()).hexdigest()[:8]
    return f"of the stack file ({digest})" if written is not None else None
