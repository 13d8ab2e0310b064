"""Who may call the models: today whoever has the API key."""

import hashlib
from collections.abc import Mapping

from infra.config_keys import API_KEY, config_key
from infra.registry import owner_of
from infra.services.access.service import ACCESS
from infra.sides.statements import Statements, say
from infra.sides.types import Side

_RANDOM = "random:index/randomPassword:RandomPassword"


def clients(side: Side) -> Statements:
    found: Statements = {}
    for model in side.models:
        secret = side.endpoint(model).get("api_key_secret")
        with_key = f"whoever has the key in Secret {secret['namespace']}/{secret['name']}" if secret else ""
        say(found, model, with_key or "whoever reaches it: no key is asked for")
    written = side.config.get(config_key(API_KEY))
    if isinstance(written, Mapping):
        # The encrypted text, so that another value shows and none is said.
        say(found, "the API key", f"of the stack file ({hashlib.sha256(repr(written).encode()).hexdigest()[:8]})")
    elif any(each["type"] == _RANDOM and owner_of(each["urn"]) is ACCESS for each in side.resources):
        say(found, "the API key", "made at random")
    return found
