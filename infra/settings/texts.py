"""What no text of the stack file may be, whatever its key: a credential, or a date that Pulumi reads otherwise."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from infra.config_keys import is_alert_key
from infra.settings import pasted_key
from infra.settings.capacity import INSTANT
from infra.settings.mistakes import Key, Report, holds_token
from infra.settings.schema import forms, schema_at

MAX_DEPTH = 60
_ALERTS = "alertKey-slack"
_GO_TIME = re.compile(r"(\d{4}-\d\d-\d\d) \d\d:\d\d:\d\d(\.\d+)? [+-]\d{4} \S+")


def texts_of(value: Any, at: Key) -> Iterator[tuple[Key, str]]:
    """Every text of the platform, keys included. A part that is nested too deeply counts as one text."""
    if len(at) > MAX_DEPTH or isinstance(value, str):
        yield at, value if isinstance(value, str) else ""
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield (*at, key), key
            yield from texts_of(each, (*at, key))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from texts_of(each, (*at, index))


def check_text(key: Key, text: str, stack: str, report: Report) -> None:
    if holds_token(text):
        if not report.is_broken(key):
            name = _secret_for(key, text)
            command = f"pulumi config set --secret {name} -s {stack}"
            report.always(
                key, "a credential in plain text (value not shown). Revoke it, then:", f"{command}{_where(key, name)}"
            )
        report.broken(key)
    elif (match := _GO_TIME.fullmatch(text)) and not _takes_time(key):
        report.always(key, f"an unquoted date; Pulumi reads it as {json.dumps(text)}", f'write "{match[1]}"')
        report.broken(key)


def _takes_time(key: Key) -> bool:
    return any(form.get("title") == INSTANT for form in forms(schema_at(key) or {}))


def _secret_for(key: Key, text: str) -> str:
    """The name of the secret that was meant, where a value was pasted in its place."""
    if key[0] == "external" and len(key) > 1:
        return f"externalKey-{key[1]}"
    if pasted_key.of_header(key):
        return pasted_key.named_for(key)
    if "slack.com/" in text:
        return f"alertKey-{key[3]}" if key[:3] == ("monitoring", "alerts", "receivers") and len(key) > 3 else _ALERTS
    return "apiKey" if "sk-" in text else "huggingFaceToken"


def _where(key: Key, secret: str) -> str:
    """Where the stack file names the secret."""
    if pasted_key.of_header(key):
        return f", and as the header {{keySecret: {secret}}}"
    if is_alert_key(secret):
        return f', and as a receiver {{slack: {{channel: "#CHANNEL", keySecret: {secret}}}}}'
    return ""
