"""Scalars of YAML as go-yaml v3 resolves them, and as they reach a program in JSON."""

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from ruamel.yaml.events import ScalarEvent

_CONSTANTS: Mapping[str, Any] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_STRING = "tag:yaml.org,2002:str"
_TAGGED: Mapping[str, tuple[type, ...]] = {
    "tag:yaml.org,2002:int": (int,),
    "tag:yaml.org,2002:float": (int, float),
    "tag:yaml.org,2002:bool": (bool,),
    "tag:yaml.org,2002:null": (type(None),),
}
_NOT_JSON = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_INTEGER = re.compile(r"[-+]?(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_TIME = re.compile(
    r"(\d{4})-(\d\d?)-(\d\d?)"
    r"(?:[Tt](\d\d?):(\d\d?):(\d\d?)(\.\d+)?(Z|[-+]\d\d:\d\d)| (\d\d?):(\d\d?):(\d\d?)(\.\d+)?)?"
)


class Wrong(Exception):
    """A mistake after which the rest of the text can't be read."""

    def __init__(self, line: int | None, got: str, write: str) -> None:
        super().__init__(got)
        self.line, self.got, self.write = line, got, write


def scalar(event: ScalarEvent, line: int) -> Any:
    """A scalar as go-yaml resolves it, and as it reaches the program in JSON."""
    text, tag = event.value, str(event.tag) if event.tag else None
    if tag in (_STRING, "!") or (tag is None and not event.implicit[0]):
        return text
    value = _plain(text, line)
    if tag is not None and type(value) not in _TAGGED.get(tag, ()):
        raise Wrong(line, "a YAML tag (!...) that the value doesn't fit", "write the plain value")
    return value


def _plain(text: str, line: int) -> Any:
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if _NOT_JSON.fullmatch(text):
        raise Wrong(line, f"a stack file can't contain {text}", "write a finite number")
    return _number(text) if text[0] in "+-0123456789." else text


def _number(text: str) -> Any:
    if timestamp := _TIME.fullmatch(text):
        return _timestamp(timestamp) or text
    digits = text.replace("_", "") if text[0] != "." else text
    if _INTEGER.fullmatch(digits):
        value = _integer(digits)
        if -(2**63) <= value < 2**64:
            return value
    if not _FLOAT.fullmatch(digits) or math.isinf(float(digits)):
        return text
    number = float(digits)
    return int(number) if number.is_integer() and abs(number) < 1e21 else number


def _integer(digits: str) -> int:
    """A leading zero means octal in go-yaml, with or without the `o`."""
    sign = -1 if digits[0] == "-" else 1
    body = digits.lstrip("+-").lower()
    base = {"0x": 16, "0b": 2, "0o": 8}.get(body[:2])
    if base:
        return sign * int(body[2:], base)
    return sign * int(body, 8 if body[0] == "0" else 10)


def _timestamp(match: re.Match[str]) -> str | None:
    """An unquoted date reaches the program as Go prints a time."""
    year, month, day, *rest = match.groups()
    zone_name = rest[4]
    hour, minute, second, fraction = rest[:4] if zone_name else rest[5:]
    zone = UTC
    if zone_name and zone_name != "Z":
        shift = timedelta(hours=int(zone_name[1:3]), minutes=int(zone_name[4:6]))
        zone = timezone(-shift if zone_name[0] == "-" else shift)
    try:
        time = datetime(
            int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0), tzinfo=zone
        )
    except ValueError:
        return None
    offset = time.strftime("%z")
    digits = (fraction or "").rstrip("0").rstrip(".")
    return f"{time:%Y-%m-%d %H:%M:%S}{digits} {offset} {'UTC' if offset == '+0000' else offset}"
