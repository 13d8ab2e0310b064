"""Whether a key takes a value, by its schema."""

import math
import re
from collections.abc import Mapping
from typing import Any

from infra.settings.schema import Schema, forms


def takes(node: Schema, value: Any) -> bool:
    return any(_form_takes(form, value) for form in forms(node))


def _form_takes(form: Schema, value: Any) -> bool:
    if "enum" in form:
        return value in form["enum"]
    match form.get("type"):
        case "string":
            fits = isinstance(value, str) and len(value) <= form.get("maxLength", math.inf)
            return fits and (re.search(form["pattern"], value) is not None if "pattern" in form else bool(value))
        case "boolean":
            return isinstance(value, bool)
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool) and _in_range(form, value)
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool) and _in_range(form, value)
        case "array":
            items = form.get("items", {})
            return (
                isinstance(value, list)
                and form.get("minItems", 0) <= len(value) <= form.get("maxItems", math.inf)
                and all(takes(items, each) for each in value)
            )
        case "object":
            return isinstance(value, dict) and _section_takes(form, value)
    return False


def _section_takes(form: Schema, value: Mapping[str, Any]) -> bool:
    known = form.get("properties", {})
    others = form.get("additionalProperties")
    if not known and isinstance(others, Mapping):
        return all(takes(others, each) for each in value.values())
    return all(name in value for name in form.get("required", ())) and all(
        name in known and takes(known[name], each) for name, each in value.items()
    )


def _in_range(form: Schema, value: float) -> bool:
    return form.get("minimum", -math.inf) <= value <= form.get("maximum", math.inf) and form.get(
        "exclusiveMinimum", -math.inf
    ) < value < form.get("exclusiveMaximum", math.inf)
