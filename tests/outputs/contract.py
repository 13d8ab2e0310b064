"""The outputs' JSON Schema as a flat list of fields, and what has changed for a reader."""

from collections.abc import Mapping
from typing import Any

Fields = Mapping[str, Mapping[str, Any]]  # by dotted path; `*` is any model


def described(schema: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Each field with its JSON types, its values if only some are allowed, and whether it is always present."""
    return dict(_fields(schema, schema, ""))


def breaks(frozen: Fields, current: Fields) -> list[str]:
    """The promises that are broken. An added field breaks nothing if it may be absent or null."""
    broken = [f"{path}: is gone" for path in frozen.keys() - current.keys()]
    for path in frozen.keys() & current.keys():
        old, new = frozen[path], current[path]
        if old["type"] != new["type"]:
            broken.append(f"{path}: was {' or '.join(old['type'])}, is {' or '.join(new['type'])}")
        if old["always"] and not new["always"]:
            broken.append(f"{path}: was always there, and may be absent")
        broken += [f"{path}: is never {value!r} any more" for value in old.get("values", []) if _lost(value, new)]
    for path in current.keys() - frozen.keys():
        if current[path]["always"] and "null" not in current[path]["type"] and not _inside_new(path, frozen, current):
            broken.append(f"{path}: is new and has to be there, which a platform of yesterday doesn't keep")
    return sorted(broken)


def _lost(value: Any, new: Mapping[str, Any]) -> bool:
    return "values" in new and value not in new["values"]


def _inside_new(path: str, frozen: Fields, current: Fields) -> bool:
    """A field inside an object that is new too: the object may be absent."""
    parts = path.split(".")
    around = [".".join(parts[:end]) for end in range(1, len(parts))]
    return any(each in current and each not in frozen for each in around)


def _fields(node: Mapping[str, Any], schema: Mapping[str, Any], path: str) -> list[tuple[str, dict[str, Any]]]:
    found = []
    for name, each in node.get("properties", {}).items():
        at = f"{path}{name}"
        options = [_resolved(option, schema) for option in each.get("anyOf", [each])]
        field: dict[str, Any] = {"type": sorted(option["type"] for option in options)}
        values = [value for option in options for value in _values(option)]
        if values:
            field["values"] = values
        field["always"] = name in node.get("required", ())
        found.append((at, field))
        for option in options:
            found += _fields(option, schema, f"{at}.")
            held = option.get("additionalProperties")
            if isinstance(held, Mapping):
                found += _fields(_resolved(held, schema), schema, f"{at}.*.")
    return found


def _resolved(node: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    return schema["$defs"][node["$ref"].rpartition("/")[2]] if "$ref" in node else node


def _values(option: Mapping[str, Any]) -> list[Any]:
    return option.get("enum", [option["const"]] if "const" in option else [])
