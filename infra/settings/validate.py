"""Turns plain data into `Settings`. If values are wrong, the rest is still read, so that rules that concern several
sections are checked too and all mistakes are reported at once."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from infra.catalog import Catalog
from infra.catalog.instances_named import types_to_write
from infra.config_keys import PLATFORM, is_alert_key, is_secret
from infra.settings import pasted_key
from infra.settings.capacity import INSTANT
from infra.settings.instead import (
    instead_of_key,
    instead_of_nothing,
    instead_of_number,
    instead_of_word,
    of_another_namespace,
    per_minute,
)
from infra.settings.meant import meant
from infra.settings.mistakes import NULL_KEY, Key, Report, did_you_mean, holds_token, meant_place, shown, unknown_key
from infra.settings.other_words import named_otherwise
from infra.settings.platform import Settings
from infra.settings.schema import (
    Schema,
    allowed,
    choices,
    example,
    forms,
    is_required,
    known_keys,
    places_of,
    schema_at,
    to_write,
)
from infra.settings.sections import settings_type
from infra.settings.takes import takes
from infra.settings.types import KUBERNETES_VERSION
from infra.settings.zones import of_zones, zone_message

_MAX_DEPTH = 60
_ALERTS = "alertKey-slack"
_GO_TIME = re.compile(r"(\d{4}-\d\d-\d\d) \d\d:\d\d:\d\d(\.\d+)? [+-]\d{4} \S+")
_ROUNDS = 5  # when a wrong value is replaced, another one may show


def read_settings(
    platform: Any, *, stack: str, region: str | None, catalog: Catalog, report: Report
) -> Settings | None:
    """The settings. A wrong value is reported, marked as broken, and replaced; None if that isn't possible."""
    if not isinstance(platform, dict):
        got = "missing" if platform is None else f"got {shown(platform)}"
        report.wrong((), got, f"write {PLATFORM}: {{cluster: ..., models: ...}}")
        return None
    texts = list(_texts(platform, ()))
    if any(len(key) > _MAX_DEPTH for key, _ in texts):
        report.always((), f"nested deeper than {_MAX_DEPTH} levels", "write it flatter")
        return None
    for key, text in texts:
        _check_text(key, text, stack, report)
    data = json.loads(_json(platform))
    for round_ in range(_ROUNDS):
        try:
            return settings_type().model_validate_json(_json(data))
        except ValidationError as error:
            wrong = _wrong_keys(error, data)
        for key, kind in wrong.items():
            if round_ == 0 and not report.is_broken(key):
                report.always(key, *_message(key, kind, data, stack, region, catalog))
        for key, kind in wrong.items():
            report.broken(_meant(key) if kind == "extra_forbidden" else key)
            _replace_wrong(data, key)
    return None


def _json(data: Any) -> bytes:
    return json.dumps(data, ensure_ascii=False).encode("utf-8", "replace")


def _texts(value: Any, at: Key) -> Iterator[tuple[Key, str]]:
    """Every text of the platform, keys included. A part that is nested too deeply counts as one text."""
    if len(at) > _MAX_DEPTH or isinstance(value, str):
        yield at, value if isinstance(value, str) else ""
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield (*at, key), key
            yield from _texts(each, (*at, key))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from _texts(each, (*at, index))


def _check_text(key: Key, text: str, stack: str, report: Report) -> None:
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
        if (isinstance(data, dict) and part in data) or (isinstance(data, list) and part in range(len(data))):
            data = _at(data, (part,))
            key.append(part)
    return (*key, loc[-1]) if kind == "missing" and len(key) == len(loc) - 1 else tuple(key)


def _meant(key: Key) -> Key:
    """The key that was probably meant by a mistyped one, or by one in the wrong place."""
    known, leaf = known_keys(key[:-1]), str(key[-1])
    return meant_place(leaf, known, places_of(key)) or (*key[:-1], did_you_mean(leaf, known) or leaf)


def _message(key: Key, kind: str, data: Any, stack: str, region: str | None, catalog: Catalog) -> tuple[str, str]:
    """What was got and what is allowed, and what to write."""
    leaf = str(key[-1])
    if kind == "extra_forbidden":
        if is_secret(leaf):
            return (
                "a secret is a separate key (value not shown)",
                f"pulumi config set --secret {leaf} -s {stack}",
            )
        rate = per_minute(leaf, _at(data, key))
        return instead_of_key(key) or rate or unknown_key(leaf, known_keys(key[:-1]), places_of(key)), ""
    node = schema_at(key)
    if node is None:
        return f"got {shown(_at(data, key))}", ""
    if kind == "missing":
        beside = next((word for word in choices(node) if word in _at(data, key[:-1])), None)
        write = to_write(leaf, beside) or instead_of_nothing(leaf) or _for_example(key, node)
        return f"missing; needs {allowed(node)}", write
    if kind == "name":
        return _name_message(key)
    if of_zones(key):
        return zone_message(key, _at(data, key), node, region, catalog)
    types = _types_meant(key, _at(data, key), catalog, region)
    if types is not None:
        return f"got {shown(_at(data, key))}; allowed: {allowed(node)}", types
    got, write = _value_message(key, kind, data, node, catalog)
    return got, f"{write}{of_another_namespace(leaf, _at(data, key), node, data)}"


def _types_meant(key: Key, value: Any, catalog: Catalog, region: str | None) -> str | None:
    """Of a GPU, or of the beginning of a type's name, where instance types stand."""
    if "instanceTypes" not in key[-2:] or not isinstance(value, str) or value in catalog.instances:
        return None
    write = types_to_write(value, catalog, region)
    return write if write is None or key[-1] != "instanceTypes" else f"{write}, as instanceTypes: [TYPE]"


def _name_message(key: Key) -> tuple[str, str]:
    section = schema_at(key[:-1]) or {}
    pattern, name = next(iter(section.get("patternProperties", {".*": {}}))), str(key[-1]).replace(NULL_KEY, "")
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:28].strip("-")
    better = slug if re.fullmatch(pattern, slug) else next(iter(example(section)))
    length = 40 if key[0] == "models" else 30
    bad = "bad name" if name else "no name"
    return (
        f"{bad}; at most {length} lower-case letters, digits and hyphens, beginning with a letter",
        f"write {better}",
    )


def _next_number(key: Key, data: Any) -> int | None:
    """Of a list of numbers, what follows those before it: the same proposal for each would be one number twice."""
    elements, node = _at(data, key[:-1]), schema_at(key) or {}
    if not isinstance(elements, list):
        return None
    last = 0
    for each in elements[: int(key[-1]) + 1]:
        last = each if isinstance(each, int) and not isinstance(each, bool) else last + 1
    return last if takes(node, last) else None


def _value_message(key: Key, kind: str, data: Any, node: Schema, catalog: Catalog) -> tuple[str, str]:
    value = _at(data, key)
    leaf, got = str(key[-1]), pasted_key.got(key, value)
    if pasted_key.may_be_key(key, value) and leaf == "keySecret":
        return f"{got}; allowed: {allowed(node)}", to_write(leaf, pasted_key.named_for(key))
    if pasted_key.may_be_key(key, value):
        secret = {"keySecret": pasted_key.named_for(key)}
        proposed = secret if takes(node, secret) else example(node)
        said = to_write(leaf, proposed) if proposed == secret else _for_example(key, node)
        return f"{got}; allowed: {allowed(node)}", said
    if any(form.get("title") == KUBERNETES_VERSION for form in forms(node)):
        return _version_message(got, value, node, catalog, there="existing" in key)
    if kind in ("too_short", "too_long") and value:
        return f"got {len(value)}; allowed: {allowed(node)}", _for_example(key, node)
    if (instead := instead_of_number(leaf, value, node, required=is_required(key))) is not None:
        return f"{got}; allowed: {allowed(node)}", instead
    if (elsewhere := instead_of_word(key, value)) is not None:
        return f"{got}; allowed: {allowed(node)}", elsewhere
    probably = _probably(leaf, value, node)
    if isinstance(probably, str) and not isinstance(value, str | list) and probably not in choices(node):
        return f"{got}; text has to be in quotes", f'write "{probably}"'
    proposed = probably if probably is not None else _next_number(key, data)
    if proposed is None:
        return f"{got}; allowed: {allowed(node)}", instead_of_nothing(leaf) or _for_example(key, node)
    return f"{got}; allowed: {allowed(node)}", to_write(leaf, proposed)


def _probably(leaf: str, value: Any, node: Schema) -> Any:
    """What was meant by a wrong value; None: nothing that is allowed is similar to it."""
    probably, words = meant(leaf, value, node), choices(node)
    numbers = [each for each in words if isinstance(each, int) and not isinstance(each, bool)]
    if probably is None and numbers and isinstance(value, int | float):
        return min(numbers, key=lambda number: abs(number - value))
    close = named_otherwise(value, words) if isinstance(value, str) and words else None
    return close if close in words and probably not in words and not isinstance(probably, list) else probably


def _for_example(key: Key, node: Schema) -> str:
    """Where nothing says what was meant: an example, which is called so unless nothing else is allowed."""
    value = example(node)
    write = to_write(str(key[-1]), _example_of_entry(key[:-1]) if value is None else value)
    return write if [value] == choices(node) else write.replace("write ", "write, for example, ", 1)


def _version_message(got: str, value: Any, node: Schema, catalog: Catalog, *, there: bool) -> tuple[str, str]:
    """The proposed version is what is meant if it is known, or if it is that of a cluster that is there."""
    known = catalog.kubernetes_versions
    text = f"{value:.2f}" if isinstance(value, float) else meant("version", value, node)
    if isinstance(value, int | float):
        got += "; unquoted, 1.30 would become 1.3"
    is_meant = text in known or (there and takes(node, text))
    write = text if is_meant else catalog.default_kubernetes_version
    return got, f'write "{write}" (known: {", ".join(map(json.dumps, known))})'


def _example_of_entry(key: Key) -> Any:
    """One entry of a section's example, if the section is a list or a mapping of names."""
    entries = example(schema_at(key) or {})
    values = entries.values() if isinstance(entries, dict) else entries if isinstance(entries, list) else ()
    return next(iter(values), None)


def _at(data: Any, key: Key) -> Any:
    for part in key:
        data = data[part]
    return data


def _replace_wrong(data: Any, key: Key) -> None:
    """Removes a wrong value, or replaces it with the example if the section requires it. An element of a list is
    replaced, so that the others keep their places; a list whose elements have no example is removed."""
    parent = data
    for part in key[:-1]:
        if not _has(parent, part):
            return  # it was removed together with a larger part
        parent = parent[part]
    leaf, node = key[-1], schema_at(key) or {}
    if isinstance(parent, list):
        _replace_element(data, key, parent, node)
    elif isinstance(parent, dict) and (found := _probably(str(leaf), parent.get(leaf), node)) is not None:
        parent[leaf] = found  # so that no other mistake is reported of what is only mistyped
    elif isinstance(parent, dict) and is_required(key):
        parent[leaf] = example(node)
    elif isinstance(parent, dict):
        parent.pop(leaf, None)


def _replace_element(data: Any, key: Key, elements: list[Any], node: Schema) -> None:
    index = int(key[-1])
    instead = meant(str(index), elements[index], node) if _has(elements, index) else None
    instead = example(node) if instead is None else instead
    if instead is None or not _has(elements, index):
        _replace_wrong(data, key[:-1])
    else:
        elements[index] = instead


def _has(parent: Any, part: str | int) -> bool:
    if isinstance(parent, list):
        return isinstance(part, int) and part < len(parent)
    return isinstance(parent, dict) and part in parent
