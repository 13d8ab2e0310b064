"""Who may call the models: whoever has the key of a client, or in an older program the key of the stack."""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from infra.config_keys import API_KEY, client_key, config_key
from infra.registry import owner_of
from infra.services.access.service import ACCESS
from infra.services.gateway.clients import DEFAULT
from infra.sides.statements import Statements, say
from infra.sides.types import Side

_RANDOM = "random:index/randomPassword:RandomPassword"


def clients(side: Side) -> Statements:
    found: Statements = {}
    known: Mapping[str, Any] | None = (side.plan.get("gateway") or {}).get("clients")
    for model in side.models if known is None else ():
        secret = side.endpoint(model).get("api_key_secret")
        with_key = f"whoever has the key in Secret {secret['namespace']}/{secret['name']}" if secret else ""
        say(found, model, with_key or "whoever reaches it: no key is asked for")
    if given := _given(side, API_KEY):
        say(found, "the API key", given)
    elif any(each["type"] == _RANDOM and owner_of(each["urn"]) is ACCESS for each in side.resources):
        say(found, "the API key", "made at random")
    for name, client in (known or {}).items():
        say(found, f"client {name}", *_said(side, name, client))
    return found


def _said(side: Side, name: str, client: Mapping[str, Any]) -> Iterator[str]:
    yield from (f"may call {model}" for model in client["models"])
    for number in client["keys"]:
        secret = API_KEY if (name, number) == (DEFAULT, 1) else client_key(name, number)
        yield f"has key {number}, {_given(side, secret) or 'made at random'}"


def _given(side: Side, secret: str) -> str | None:
    """The encrypted text, so that another value shows and none is said."""
    written = side.config.get(config_key(secret))
    digest = hashlib.sha256(repr(written).encode()).hexdigest()[:8]
    return f"of the stack file ({digest})" if isinstance(written, Mapping) else None
