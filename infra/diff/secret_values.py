"""Secrets in resources. A plan masks their values on both sides: that one is new shows only by where it comes from."""

import re
from collections.abc import Mapping
from typing import Any

from infra.config_keys import API_KEY, HUGGING_FACE_TOKEN, client_of, config_key
from infra.services.access.client_secrets import CLIENT_KEY_FIELD
from infra.services.gateway.clients import DEFAULT
from infra.sides.properties import leaves
from infra.sides.types import Change, Changes, Resource

MASK = "[secret]"
NEW = f"{MASK}, another value"
_HUB_TOKEN, _API_KEY = config_key(HUGGING_FACE_TOKEN), config_key(API_KEY)
_HUB_TOKEN_SECRET = "-hub-token"  # how the Secret's logical name ends
_CLIENT_SECRET = re.compile(r"client-(.+?)-secret(?:-elsewhere)?")  # has the newest key of that client
_ALL_KEYS = "gateway-proxy-clients"
_CLIENTS, _ENGINE_KEYS = "gateway.clients.", "gateway.engineKeys"
_OF_ENGINES, _OF_CALLERS = "engine-keys-secret", "-api-key"  # the logical name, and how that of version 1 ends


def secrets_changed(settings: Changes, after: Mapping[str, Resource]) -> dict[str, dict[str, Change]]:
    """By URN: the properties that hold a secret whose value in the stack file is new, or gone."""
    found = {}
    for urn, resource in after.items():
        if any(_is_of(resource["name"], key, change) for key, change in settings.items()):
            found[urn] = {
                path: Change(MASK, NEW)
                for path, value in leaves(resource["inputs"]).items()
                if value == MASK and _is_key(resource["name"], path)
            }
    return {urn: changes for urn, changes in found.items() if changes}


def _is_of(name: str, key: str, change: Change) -> bool:
    """Whether a resource of that logical name has a secret value that follows from that setting."""
    if name.endswith(_HUB_TOKEN_SECRET) or key == _HUB_TOKEN:
        return name.endswith(_HUB_TOKEN_SECRET) and key == _HUB_TOKEN
    given = client_of(key.rpartition(":")[2])
    if name == _OF_ENGINES:
        return key in (_API_KEY, _ENGINE_KEYS)
    own = _CLIENT_SECRET.fullmatch(name)
    if own or name.endswith(_OF_CALLERS):
        client = own[1] if own else DEFAULT
        rotated = key == f"{_CLIENTS}{client}.keys" and _newest(change.old) != _newest(change.new)
        return rotated or (given is not None and given[0] == client) or (client == DEFAULT and key == _API_KEY)
    if name == _ALL_KEYS:
        return key in (_API_KEY, _ENGINE_KEYS) or given is not None or key.startswith(_CLIENTS)
    return False


def _is_key(name: str, path: str) -> bool:
    """A client's Secret has its URL beside its key, and both are masked."""
    return not _CLIENT_SECRET.fullmatch(name) or path.endswith(CLIENT_KEY_FIELD)


def _newest(keys: Any) -> int:
    """A client without `keys` has its first one."""
    return keys[-1] if keys else 1
