"""Turns plain data into `Settings`. If values are wrong, the rest is still read, so that rules that concern several
sections are checked too and all mistakes are reported at once."""

import json
from typing import Any

from pydantic import ValidationError

from infra.catalog import Catalog
from infra.config_keys import PLATFORM
from infra.settings.mistakes import Key, Report, did_you_mean, meant_place, shown
from infra.settings.platform import Settings
from infra.settings.replaced import has, replace_wrong
from infra.settings.schema import known_keys, places_of
from infra.settings.sections import settings_type
from infra.settings.texts import MAX_DEPTH, check_text, texts_of
from infra.settings.wrong_values import message

_ROUNDS = 5  # when a wrong value is replaced, another one may show


def read_settings(
    platform: Any, *, stack: str, region: str | None, catalog: Catalog, report: Report
) -> Settings | None:
    """The settings. A wrong value is reported, marked as broken, and replaced; None if that isn't possible."""
    if not isinstance(platform, dict):
        got = "missing" if platform is None else f"got {shown(platform)}"
        report.wrong((), got, f"write {PLATFORM}: {{cluster: ..., models: ...}}")
        return None
    texts = list(texts_of(platform, ()))
    if any(len(key) > MAX_DEPTH for key, _ in texts):
        report.always((), f"nested deeper than {MAX_DEPTH} levels", "write it flatter")
        return None
    for key, text in texts:
        check_text(key, text, stack, report)
    data = json.loads(_json(platform))
    for round_ in range(_ROUNDS):
        try:
            return settings_type().model_validate_json(_json(data))
        except ValidationError as error:
            wrong = _wrong_keys(error, data)
        for key, kind in wrong.items():
            if round_ == 0 and not report.is_broken(key):
                report.always(key, *message(key, kind, data, stack, region, catalog))
        for key, kind in wrong.items():
            report.broken(_meant(key) if kind == "extra_forbidden" else key)
            replace_wrong(data, key)
    return None


def _json(data: Any) -> bytes:
    return json.dumps(data, ensure_ascii=False).encode("utf-8", "replace")


def _wrong_keys(error: ValidationError, data: Any) -> dict[Key, str]:
    """What pydantic refuses, by path in the data, with the kind of its error."""
    found = [
        (_key(each["loc"], each["type"], data), each) for each in error.errors(include_url=False, include_input=False)
    ]
    inner = {key[:end] for key, _ in found for end in range(len(key))}
    # pydantic doesn't count wrong elements, so a list of two is too short for it if one of them is wrong.
    found = [(key, each) for key, each in found if key not in inner or each["type"] != "too_short"]
    return {
        key: "name" if each["loc"][-1] == "[key]" else each["type"]
        for key, each in found
        # Of a value with two forms pydantic reports each; where it has the form with parts, its parts count.
        if key not in inner or len(each["loc"]) == len(key) or each["loc"][-1] == "[key]"
    }


def _key(loc: tuple[str | int, ...], kind: str, data: Any) -> Key:
    """pydantic's location without the parts that aren't in the data: forms of a union, and the long form of a value
    that is written in its short form."""
    key: list[str | int] = []
    for part in loc:
        if has(data, part):
            data = data[part]
            key.append(part)
    return (*key, loc[-1]) if kind == "missing" and len(key) == len(loc) - 1 else tuple(key)


def _meant(key: Key) -> Key:
    """The key that was probably meant by a mistyped one, or by one in the wrong place."""
    known, leaf = known_keys(key[:-1]), str(key[-1])
    return meant_place(leaf, known, places_of(key)) or (*key[:-1], did_you_mean(leaf, known) or leaf)
