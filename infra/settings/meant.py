"""The value that a user probably meant by a wrong one: `32k` is 32768, `budget: 8000` is `{usdPerMonth: 8000}`."""

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from infra.config_keys import EXTERNAL_KEY_EXAMPLE
from infra.settings.amounts import NUMBER, as_written, numbers
from infra.settings.numbers import thousands
from infra.settings.other_words import days, named_otherwise, time_of_day
from infra.settings.schema import Schema, choices, example, forms
from infra.settings.takes import takes

_SIZE = {"": "Gi", "g": "Gi", "gb": "Gi", "gi": "Gi", "gib": "Gi", "t": "Ti", "tb": "Ti", "ti": "Ti", "tib": "Ti"}
_WORDS = {"yes": True, "on": True, "true": True, "no": False, "off": False, "false": False}
# A yes or a no where one of several words is allowed: of an add-on, and of where the gateway is reached from.
_YES, _NO = ("install",), ("disabled", "cluster")
_SWITCHED = dict.fromkeys(("enable", "enabled"), True) | dict.fromkeys(("disable", "none", "never"), False) | _WORDS
_PLACE = re.compile(r"(pvc|s3|file):/*(?=[\w.-])|/+(?=[\w.-])", re.IGNORECASE)
_IN_A_NAMESPACE = re.compile(r"[a-z0-9-]+/[a-z0-9.-]+")  # NAMESPACE/NAME, as controllers write it
_EXTERNAL = EXTERNAL_KEY_EXAMPLE.removesuffix("NAME")
_LABEL = re.compile(r"([\w./-]+)\s*[=:]\s*([\w.-]+)")
_ADDRESS = re.compile(r"[\w.-]+(:\d+|\.\w+)\S*")
_IP = re.compile(r"\d{1,3}(\.\d{1,3}){3}")
_TAINT = re.compile(r"([\w./-]+)(?:=([\w.-]*))?(?::(NoSchedule|PreferNoSchedule|NoExecute))?")
_RANGE = re.compile(r"(\d+)\s*(?:\.\.\.?|-|–|:|,(?!\d{3}$)|to)\s*(\d+)")
_LONG_NAME = re.compile(r"\w+(:[^:]*){4,}/")  # of several parts, the last of which the user gave
_ACCOUNT = re.compile(r"(?<![\w-])\d{12}(?=:|$)")  # not the end of an id
_DEEPEST = 3  # nested sections that a single value may abbreviate


def meant(key: str, value: Any, node: Schema, depth: int = 0) -> Any:
    """The value in a form that the schema accepts, or None if no such form is similar to it."""
    return next((each for each in _readings(key, value, node, depth) if takes(node, each)), None)


def _readings(key: str, value: Any, node: Schema, depth: int) -> Iterator[Any]:
    """Other ways to read a value, the smallest change first."""
    if isinstance(value, str | list):
        yield from _ranges(value, node)
    if isinstance(value, list):
        yield from _from_list(value, node)
    if isinstance(value, Mapping):
        yield [dict(value)]
    if isinstance(value, Mapping | list) or value is None:
        return
    yield value
    yield from _switches(value, node)
    yield from numbers(key, value, node)
    if isinstance(value, str):
        if key == "keySecret":
            named = value.lower().removeprefix(_EXTERNAL.lower())
            yield f"{_EXTERNAL}{re.sub(r'[^a-z0-9]+', '-', named).strip('-')}"
        if key in ("baseUrl", "runbooks") and _ADDRESS.fullmatch(value.strip()):
            path = "/v1" if key == "baseUrl" and "/" not in value else ""  # what providers' pages say
            yield f"https://{value.strip()}{path}"
        if key == "cidr" and _IP.fullmatch(value.strip()):
            yield f"{value.strip()}/16"
        if any({"key", "effect"} <= form.get("properties", {}).keys() for form in forms(node)):
            yield _toleration(value.strip())
        if key == "channel":
            yield re.sub(r"\s+", "-", value.strip())
        yield from _models(value) if key == "model" else _texts(value)
        if depth == 0:
            yield from _full_names(value, node)
        if value.strip().lower() in _WORDS:
            yield _WORDS[value.strip().lower()]
        if "," in value and {*(words := re.split(r"\s*,\s*", value.strip()))} <= {*map(str, choices(node))}:
            yield words
        if (name := named_otherwise(value, choices(node))) is not None:
            yield name
        yield from (day for day in (days(value), time_of_day(value)) if day)
        if label := _LABEL.fullmatch(value.strip()):
            yield {label[1]: label[2]}
    else:
        yield str(value).lower() if isinstance(value, bool) else str(value)
        yield f"{value}Gi"
    for form in forms(node):
        if (
            "items" in form
            and not isinstance(value, bool)
            and (item := meant(key, value, form["items"], depth)) is not None
        ):
            yield [item]
    if depth < _DEEPEST and not _is_mistyped_word(value, node):
        for form in forms(node):
            if "properties" in form:
                yield from _sections(value, form, depth)


def _ranges(value: str | list[Any], node: Schema) -> Iterator[Any]:
    """`1..3`, `1-3`, `1 to 3` or `[1, 3]` where a section has a minimum and a maximum."""
    found = _RANGE.fullmatch(value.strip()) if isinstance(value, str) else None
    ends = [int(each) for each in found.groups()] if found else value
    if (
        isinstance(ends, list)
        and len(ends) == 2
        and any({"min", "max"} <= {*form.get("properties", ())} for form in forms(node))
    ):
        yield {"min": min(ends), "max": max(ends)} if all(isinstance(each, int) for each in ends) else None


def _toleration(text: str) -> dict[str, str] | None:
    """Of a taint as kubectl writes it; whatever its value, where it has none."""
    taint = _TAINT.fullmatch(text)
    if taint is None:
        return None
    rest = {"value": taint[2]} if taint[2] else {"operator": "Exists"}
    return {"key": taint[1], **rest, **({"effect": taint[3]} if taint[3] else {})}


def _switches(value: Any, node: Schema) -> Iterator[str]:
    found = _SWITCHED.get(value.strip().lower()) if isinstance(value, str) else value
    if isinstance(found, bool):
        yield from (word for form in forms(node) for word in form.get("enum", ()) if word in (_YES if found else _NO))


def _from_list(values: list[Any], node: Schema) -> Iterator[Any]:
    """Words where one text says all of them, and labels where a mapping has them."""
    if values and all(isinstance(each, str) for each in values):
        if len(values) == 1 or any("pattern" in form for form in forms(node)):
            yield ",".join(values)
        labels = [_LABEL.fullmatch(each.strip()) for each in values]
        yield {label[1]: label[2] for label in labels if label} if all(labels) else None


def _full_names(value: str, node: Schema) -> Iterator[str]:
    """A name without what stands before it in the example, which has the typed account where there is one."""
    *_, name = re.sub(r"^.*assumed-role/([^/]+)/.*$", r"\1", value.strip()).rpartition("/")
    account = _ACCOUNT.search(value)
    for form in forms(node):
        for long in form.get("examples", ()):
            if isinstance(long, str) and _LONG_NAME.match(long):
                whole = f"{long.rpartition('/')[0]}/{name}"
                yield _ACCOUNT.sub(account[0], whole) if account else whole


def _is_mistyped_word(value: Any, node: Schema) -> bool:
    """Whether a value is a mistyped word: if a key allows words or a section, a word isn't taken for the section."""
    is_word = isinstance(value, bool) or (isinstance(value, str) and value.isalpha())
    return is_word and any("enum" in form for form in forms(node))


def _sections(value: Any, form: Schema, depth: int) -> Iterator[Any]:
    """Sections in which the value is that of the one obvious key; a yes to a whole section names none."""
    properties, required = form["properties"], form.get("required", ())
    named = next((name for name, inner in properties.items() if value in choices(inner)), None)
    if named is not None and depth == 0:
        yield {named: value, **{name: example(properties[name]) for name in required if name != named}}
    if len(required) > 1:
        return
    fitting = [name for name, inner in properties.items() if _fits(inner, value) and inner.get("default") != value]
    if not required and len(fitting) == 1 and depth == 0 and not isinstance(value, bool):
        yield {fitting[0]: value}
    for index, (name, inner) in enumerate(properties.items()):
        obvious = name in required or (not required and (index == 0 or _is_section(inner)))
        if obvious and (found := meant(name, value, inner, depth + 1)) is not None:
            yield {name: found}


def _fits(node: Schema, value: Any) -> bool:
    """Whether a key takes the value, or a list of it: a text that any name could be is then not the only reading."""
    return any(takes(each, value) for each in (node, *(form["items"] for form in forms(node) if "items" in form)))


def _is_section(node: Schema) -> bool:
    return any("properties" in form for form in forms(node))


def _models(value: str) -> Iterator[str]:
    """A model's name, or the place of its weights; nothing else is made of it, because that would be another model."""
    bare = value.strip()
    place = _PLACE.match(bare)
    if place is not None:
        scheme = (place[1] or "file").lower()
        yield f"{scheme}://{'/' * (scheme == 'file')}{bare[place.end() :]}"
    yield re.sub(r"\s*/\s*", "/", bare)
    yield re.sub(r"\s+", "-", bare)


def _size(number: str, unit: str) -> str:
    """In whole units: 1.5Ti as 1536Gi, and 1.500Gi as 1500Gi."""
    size = thousands(number) or as_written(number)
    if size % 1 and unit == "Ti":
        size, unit = size * 1024, "Gi"
    return f"{math.ceil(size)}{unit}"


def _texts(value: str) -> Iterator[str]:
    """The text without common additions (a scheme, a path, units), in lower case, with only the marks of a name."""
    bare = value.strip()
    yield bare
    if _IN_A_NAMESPACE.fullmatch(bare):
        yield bare.rpartition("/")[2]
    if _LONG_NAME.match(bare):
        yield bare.rpartition("/")[2]
    yield re.sub(r"[\s-]", "", bare)
    yield re.sub(r"^\*\.|[:/].*$", "", re.sub(r"^https?://", "", bare.lower()))  # the host
    yield re.sub(r"[^a-z0-9.]+", "-", bare.lower()).strip("-")
    match = NUMBER.fullmatch(bare)
    if match is not None and match[2].lower() in _SIZE:
        yield _size(match[1], _SIZE[match[2].lower()])
    if version := re.search(r"1\.\d\d", bare):
        yield version[0]
    if _IP.fullmatch(bare):
        yield f"{bare}/32"
    elif "://" not in bare and _ADDRESS.fullmatch(bare):
        yield f"http://{bare}"


def probably(leaf: str, value: Any, node: Schema) -> Any:
    """What was meant by a wrong value; None: nothing that is allowed is similar to it."""
    found, words = meant(leaf, value, node), choices(node)
    numbers = [each for each in words if isinstance(each, int) and not isinstance(each, bool)]
    if found is None and numbers and isinstance(value, int | float):
        return min(numbers, key=lambda number: abs(number - value))
    close = named_otherwise(value, words) if isinstance(value, str) and words else None
    return close if close in words and found not in words and not isinstance(found, list) else found
