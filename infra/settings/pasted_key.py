"""A key that may have been typed where only its name or its number belongs: no message shows or repeats it."""

import re
from collections.abc import Mapping
from typing import Any

from infra.config_keys import EXTERNAL_KEY_EXAMPLE
from infra.settings.mistakes import Key, shown

_NAMES, _OF_ALERTS, _OF_TRACES = EXTERNAL_KEY_EXAMPLE.removesuffix("NAME"), "alertKey-", "traceKey-"
_RECEIVERS = ("monitoring", "alerts", "receivers")  # a path goes on with the receiver's name
_HEARTBEAT = ("monitoring", "alerts", "heartbeat")
_TRACES = ("monitoring", "traces")
_HEADERS = (*_TRACES, "otlp", "headers")  # a path goes on with the header's name
_LONG = 16  # characters that no number of a key has
_LISTS = ("keys", "engineKeys")
# A login of a URL or before a HOST:PORT; what is behind the ? of a URL.
_LOGIN = re.compile(r"://[^/\s@]+@|^[^/\s@:]+:[^/\s@]+@[\w.-]+:\d+$|://\S+\?\S+=")


def got(key: Key, value: Any) -> str:
    """What was typed, but for what may be a key."""
    return "got what may be a key (not shown)" if may_be_key(key, value) else f"got {shown(value)}"


def may_be_key(key: Key, value: Any) -> bool:
    """Providers' keys have no common form, so whatever doesn't begin as the name of a secret may be one."""
    if isinstance(value, Mapping | list) or value is None:
        return False
    if key[-1] == "keySecret":
        return not str(value).lower().startswith(_begins(key).lower())
    if of_header(key) or _LOGIN.search(str(value)) is not None:
        return True
    return (any(each in key for each in _LISTS) or _is_receiver(key)) and len(str(value)) >= _LONG


def of_header(key: Key) -> bool:
    """Whether a path is a header of traces, whose value is a secret whatever it looks like."""
    return key[: len(_HEADERS)] == _HEADERS and len(key) > len(_HEADERS)


def _is_receiver(key: Key) -> bool:
    """Whether a path is a receiver, its kind or the heartbeat, where people write its URL or its key."""
    return key == _HEARTBEAT or (key[: len(_RECEIVERS)] == _RECEIVERS and len(key) <= len(_RECEIVERS) + 2)


def named_for(key: Key) -> str:
    """The secret of the external, the receiver or the header that a `keySecret` is of, or was meant to be."""
    if key[: len(_HEARTBEAT)] == _HEARTBEAT:
        return f"{_OF_ALERTS}{_HEARTBEAT[-1]}"
    named = next((each for each in (_RECEIVERS, _HEADERS) if key[: len(each)] == each), None)
    name = key[-2] if named is None else key[len(named)]
    return f"{_begins(key)}{re.sub(r'[^a-z0-9]+', '-', str(name).lower()).strip('-') or 'openai'}"


def _begins(key: Key) -> str:
    if key[: len(_TRACES)] == _TRACES:
        return _OF_TRACES
    return _OF_ALERTS if key[:2] == _RECEIVERS[:2] else _NAMES
