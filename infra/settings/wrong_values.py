"""What is said of a value that is refused: what was got, what is allowed, and what to write."""

import json
import re
from typing import Any

from infra.catalog import Catalog
from infra.catalog.instances_named import types_to_write
from infra.config_keys import is_secret
from infra.settings import pasted_key
from infra.settings.instead import (
    instead_of_key,
    instead_of_nothing,
    instead_of_number,
    instead_of_word,
    of_another_namespace,
    per_minute,
)
from infra.settings.meant import meant, probably
from infra.settings.mistakes import NULL_KEY, Key, shown, unknown_key
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
from infra.settings.takes import takes
from infra.settings.types import KUBERNETES_VERSION
from infra.settings.zones import of_zones, zone_message


def message(key: Key, kind: str, data: Any, stack: str, region: str | None, catalog: Catalog) -> tuple[str, str]:
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
    likely = probably(leaf, value, node)
    if isinstance(likely, str) and not isinstance(value, str | list) and likely not in choices(node):
        return f"{got}; text has to be in quotes", f'write "{likely}"'
    proposed = likely if likely is not None else _next_number(key, data)
    if proposed is None:
        return f"{got}; allowed: {allowed(node)}", instead_of_nothing(leaf) or _for_example(key, node)
    return f"{got}; allowed: {allowed(node)}", to_write(leaf, proposed)


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
