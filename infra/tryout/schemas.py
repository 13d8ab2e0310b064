"""A small value that follows a JSON Schema: what a stand-in writes where an answer has to follow one."""

from collections.abc import Mapping
from typing import Any

_DEEPEST = 20  # of a schema that contains itself
_TEXT = "stand-in"


def example(schema: Any, whole: Any = None, depth: int = 0) -> Any:
    """`whole` is the schema to which a `$ref` points."""
    whole = schema if whole is None else whole
    if not isinstance(schema, Mapping) or depth > _DEEPEST:
        return None
    for key, take in (("const", lambda value: value), ("enum", lambda value: value[0])):
        if key in schema:
            return take(schema[key])
    if "$ref" in schema:
        return example(_found(schema["$ref"], whole), whole, depth + 1)
    for several in ("anyOf", "oneOf", "allOf"):
        if schema.get(several):
            return example(schema[several][0], whole, depth + 1)
    return _of_type(schema, whole, depth)


def _of_type(schema: Mapping[str, Any], whole: Any, depth: int) -> Any:
    kind = schema.get("type", "object" if "properties" in schema else "string")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object":
        properties = schema.get("properties", {})
        return {
            name: example(properties.get(name, {}), whole, depth + 1) for name in schema.get("required", properties)
        }
    if kind == "array":
        return [example(schema.get("items", {}), whole, depth + 1)] * max(schema.get("minItems", 1), 0)
    if kind in ("integer", "number"):
        return schema.get("minimum", schema.get("maximum", 1))
    if kind == "string":
        return _TEXT.ljust(schema.get("minLength", 0), ".")[: schema.get("maxLength")]
    return {"boolean": True, "null": None}.get(kind)


def _found(reference: str, whole: Any) -> Any:
    for part in reference.removeprefix("#/").split("/"):
        whole = whole.get(part, {}) if isinstance(whole, Mapping) else {}
    return whole
