"""A key that may have been typed where only its name or its number belongs: no message shows or repeats it."""

import re
from collections.abc import Mapping
from typing import Any

from infra.config_keys import EXTERNAL_KEY_EXAMPLE
from infra.settings.mistakes import Key, shown

_NAMES, _OF_ALERTS, _OF_TRACES = EXTERNAL_KEY_EXAMPLE.removesuffix("NAME"), "alertKey-", "traceKey-"
_RECEIVERS = ("monitoring", "alerts", "receivers")  # a path goes on with the receiver's name
_TRACES = ("monitoring", "traces")
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
        return not str(value).lower().startswith(_begins(key).lower())
    return any(each in key for each in _LISTS) and len(str(value)) >= _LONG


def named_for(key: Key) -> str:
    """The secret of the external, or of the receiver, that a `keySecret` is of."""
    name = key[len(_RECEIVERS)] if key[: len(_RECEIVERS)] == _RECEIVERS else key[-2]
    return f"{_begins(key)}{re.sub(r'[^a-z0-9]+', '-', str(name).lower()).strip('-') or 'openai'}"


def _begins(key: Key) -> str:
    if key[: len(_TRACES)] == _TRACES:
        return _OF_TRACES
    return _OF_ALERTS if key[: len(_RECEIVERS)] == _RECEIVERS else _NAMES
