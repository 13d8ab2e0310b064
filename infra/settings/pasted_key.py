"""A key that may have been typed where only its name or its number belongs: no message shows or repeats it."""

import re
from collections.abc import Mapping
from typing import Any

from infra.config_keys import EXTERNAL_KEY_EXAMPLE
from infra.settings.mistakes import Key, shown

_NAMES = EXTERNAL_KEY_EXAMPLE.removesuffix("NAME")
_LONG = 16  # characters that no number of a key has
_LISTS = ("keys", "engineKeys")


def got(key: Key, value: Any) -> str:
    """What was typed, but for what may be a key."""
    return "got what may be a key (not shown)" if may_be_key(key, value) else f"got {shown(value)}"


def may_be_key(key: Key, value: Any) -> bool:
    """Providers' keys have no common form, so whatever doesn't begin as the name of a secret may be one."""
    if isinstance(value, Mapping | list) or value is None:
        return False
    if key[-1] == "keySecret":
        return not str(value).lower().startswith(_NAMES.lower())
    return any(each in key for each in _LISTS) and len(str(value)) >= _LONG


def named_for(key: Key) -> str:
    """The secret of the external that a `keySecret` is of."""
    return f"{_NAMES}{re.sub(r'[^a-z0-9]+', '-', str(key[-2]).lower()).strip('-') or 'openai'}"
