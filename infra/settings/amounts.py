"""The number that a user probably meant by a text or by another number: 32k, 9.000, "about $8,000 per month"."""

import math
import re
from collections.abc import Iterator
from typing import Any

from infra.settings.numbers import thousands
from infra.settings.other_words import count
from infra.settings.schema import Schema, forms
from infra.settings.takes import takes

_CURRENCY = r"(?:US\$|USD|EUR|[$€£])"
NUMBER = re.compile(
    rf"(?:about|~|<=?|{_CURRENCY})?\s*{_CURRENCY}?\s*(-?\d[\d,_ '\u00a0\u202f]*(?:\.\d+)*(?:,\d{{1,2}})?)\s*([a-z%]*)"
    rf"\s*{_CURRENCY}?\s*(?:(?:/|per\s+)\s*[a-z]+)?",
    re.IGNORECASE,
)
_DECIMAL_COMMA = re.compile(r"(?<=\d),(?=\d{1,2}$)")  # `1,80` is no thousands
_COUNTED = dict.fromkeys(("gpu", "gpus", "node", "nodes", "replica", "replicas", "request", "requests"), 1)
_THOUSANDS = _COUNTED | {
    "": 1,
    "thousand": 10**3,
    "usd": 1,
    "eur": 1,
    "k": 10**3,
    "m": 10**6,
    "ki": 2**10,
    "mi": 2**20,
    "%": 0.01,
}
_TOKENS = _THOUSANDS | {"k": 2**10, "m": 2**20, "tokens": 1, "token": 1}  # a context of 32k is 32,768 tokens
_SECONDS = {"": 1, "s": 1, "sec": 1, "seconds": 1, "m": 60, "min": 60, "minutes": 60, "h": 3600}
_GIB = {"": 1, "g": 1, "gb": 1, "gi": 1, "gib": 1, "m": 1, "mb": 1, "mi": 1, "mib": 1}
_WITH_DECIMALS = ("usdPerGpuHour", "in", "out")  # prices per hour or per million tokens: 2.500 has decimals
_MIB_MIN, _SEEN = 1000, 0.98  # nvidia-smi's MiB, of which an engine sees at least that part on the catalogue's cards
_ALL = 100  # percent


def numbers(key: str, value: Any, node: Schema) -> Iterator[float]:
    units = _TOKENS if key in ("maxModelLen", "maxNumBatchedTokens", "original") else _THOUSANDS
    units = _SECONDS if key.endswith("Seconds") else _GIB if key.endswith("Gib") else units
    match = NUMBER.fullmatch(value.strip()) if isinstance(value, str) else None
    number: float | None = None
    if match is not None and match[2].lower() in units:
        number = (counted_in_thousands(key, match[1], node) or as_written(match[1])) * units[match[2].lower()]
    elif isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        number = value
    elif isinstance(value, str):
        number = count(value)
    if number is None:
        return
    if 0 < number < 1 and any(form.get("maximum", form.get("exclusiveMaximum")) == _ALL for form in forms(node)):
        number *= _ALL
    if key.endswith("Gib") and number > _MIB_MIN:
        yield math.floor(number / 1024 * _SEEN * 10) / 10
    if number > 1 and any(form.get("maximum", math.inf) <= 1 for form in forms(node)):
        yield number / 100  # percent of a share
    yield from (round(number, 6), int(number)) if number % 1 else (int(number), round(number, 6))
    yield from (
        form["maximum"]
        for form in forms(node)
        if form.get("type") == "integer" and number > form.get("maximum", math.inf)
    )


def as_written(text: str) -> float:
    """The number that the digits stand for, with whatever marks."""
    return float(re.sub(r"[^\d.-]|\.(?=.*\.)", "", _DECIMAL_COMMA.sub(".", text)))


def counted_in_thousands(key: str, text: str, node: Schema) -> float | None:
    """The number that is meant by 9.000 where the key may have that value; None: it has decimals."""
    number = thousands(text)
    return number if number is not None and key not in _WITH_DECIMALS and takes(node, number) else None
