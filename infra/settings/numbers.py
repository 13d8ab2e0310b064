"""Numbers that YAML reads otherwise than a person means them: in a short mapping, what follows a comma is a key, a
leading zero makes a number octal, and a dot begins decimals, also where a European writes it before thousands."""

import re
from collections.abc import Sequence

_BEFORE = re.compile(r"[-+]?\d+(?:[._]\d+)*")
_OCTAL = re.compile(r"[-+]?0[oO]?([0-7]+)")
_THOUSANDS = re.compile(r"-?[1-9]\d{0,2}(?:\.\d{3})+(?:,(\d{1,2}))?")
_GROUP, _LAST = re.compile(r"\d{3}"), re.compile(r"\d+(?:\.\d+)?")


def split_by_commas(number: str, keys: Sequence[str]) -> bool:
    """Whether these keys without values are the rest of the number before them: `{usdPerMonth: 45,000}`."""
    return bool(keys and _BEFORE.fullmatch(number) and all(map(_LAST.fullmatch, keys)))


def number_meant(number: str, keys: Sequence[str]) -> str:
    """`1`, `000` and `000` are 1000000; `1.000` and `50` are 1000.50."""
    *groups, last = keys
    if all(map(_GROUP.fullmatch, groups)) and re.fullmatch(r"\d{3}(\.\d+)?", last):
        return f"{re.sub('[._]', '', number)}{''.join(keys)}"
    return f"{re.sub('[._]', '', number)}{''.join(groups)}.{last}"


def thousands(text: str) -> float | None:
    """9.000 as nine thousand, and 1.234,50; None: it isn't written so."""
    found = _THOUSANDS.fullmatch(text)
    if found is None:
        return None
    whole = text.partition(",")[0].replace(".", "")
    return float(f"{whole}.{found[1]}") if found[1] else int(whole)


def of_octal(text: str, value: object) -> tuple[str, str] | None:
    """What is wrong with an octal number, and what to write; None: it is none."""
    found = _OCTAL.fullmatch(text)
    if found is None:
        return None
    got = f"{text} is {value} in YAML: a leading zero makes it octal"
    return got, f'write {found[1].lstrip("0") or "0"}, {value} if that was meant, or "{text}" for a text'
