"""The JSON Schema of the platform. Error messages read from it which values are allowed."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue

from infra.engines import ENGINES
from infra.settings.mistakes import Key
from infra.settings.platform import Settings
from infra.settings.sections import settings_type

Schema = Mapping[str, Any]


class _AsWritten(GenerateJsonSchema):
    """Generates a schema in which keys have the order of the code, also in examples."""

    def sort(self, value: JsonSchemaValue, parent_key: str | None = None) -> JsonSchemaValue:
        return value


def platform_schema() -> Schema:
    """JSON Schema of `llm-platform:platform`."""
    return _schema(tuple(ENGINES), settings_type())


@cache
def _schema(engines: tuple[str, ...], settings: type[Settings]) -> Schema:
    """The schema for these engines and sections. They are arguments because a registry can add some later."""
    schema = _tidy(settings.model_json_schema(by_alias=True, schema_generator=_AsWritten), "")
    for name in ("Addon", "PrometheusAddon"):
        del schema["$defs"][name]["properties"]["state"]  # written as a word
    del schema["$defs"]["CapacityStep"]["properties"]["word"]
    return schema


def _tidy(node: Any, name: str) -> Any:
    """The schema without titles that only repeat a key and defaults that only repeat a section. In a mapping whose keys
    have a pattern, no other keys are allowed."""
    if isinstance(node, list):
        return [_tidy(each, "") for each in node]
    if not isinstance(node, dict):
        return node
    result = {
        key: {each: _tidy(value[each], each) for each in value} if key in ("properties", "$defs") else _tidy(value, "")
        for key, value in node.items()
        if key not in ("examples", "default", "propertyNames", "title")
    }
    title = node.get("title", "")
    if title not in (name.title(), ""):  # pydantic's own title of the key
        result["title"] = title
    if node.get("default") is not None and not isinstance(node["default"], dict | list):
        result["default"] = node["default"]
    if "examples" in node:
        result["examples"] = node["examples"]
    if "patternProperties" in node:
        result["additionalProperties"] = False
    return result


def forms(node: Schema) -> Iterator[Schema]:
    """The forms that a value may have, except null. References are followed."""
    if "$ref" in node:
        yield from forms(platform_schema()["$defs"][node["$ref"].rsplit("/", 1)[1]])
    elif "anyOf" in node:
        for each in node["anyOf"]:
            yield from forms(each)
    elif node.get("type") != "null":
        yield {**node, "enum": [node["const"]]} if "const" in node else node


def schema_at(key: Key) -> Schema | None:
    """The schema of the value at a path of the platform; None if the schema has no such path."""
    node: Schema = platform_schema()
    for part in key:
        inner = next((found for form in forms(node) if (found := _inside(form, part)) is not None), None)
        if inner is None:
            return None
        node = inner
    return node


def _inside(form: Schema, part: str | int) -> Schema | None:
    if isinstance(part, int):
        return form.get("items")
    named = form.get("properties", {}).get(part) or next(iter(form.get("patternProperties", {}).values()), None)
    if named is None and isinstance(form.get("additionalProperties"), Mapping):
        return form["additionalProperties"]
    return named


def known_keys(key: Key) -> tuple[str, ...]:
    """The keys that the mapping at a path may have."""
    node = schema_at(key)
    return tuple(name for form in forms(node) for name in form.get("properties", {})) if node else ()


def places_of(key: Key) -> tuple[Key, ...]:
    """Where a key of this name is known: further below in its section, else in another one of the platform:
    two parts of one section may have keys of one name that mean different things."""
    inside, leaf = schema_at(key[:-1]), str(key[-1])
    below = tuple(_found(inside, leaf, key[:-1])) if inside is not None else ()
    elsewhere = (place for place in _found(platform_schema(), leaf, ()) if place[0] != key[0])
    return tuple(dict.fromkeys(below or elsewhere))


def _found(node: Schema, name: str, at: Key) -> Iterator[Key]:
    for form in forms(node):
        for part, inner in form.get("properties", {}).items():
            if part == name:
                yield (*at, part)
            yield from _found(inner, name, (*at, part))
        for inner in form.get("patternProperties", {}).values():
            yield from _found(inner, name, (*at, "NAME"))


def is_required(key: Key) -> bool:
    """Whether this key is required in its section."""
    parent = schema_at(key[:-1])
    return parent is not None and any(key[-1] in form.get("required", ()) for form in forms(parent))


def example(node: Schema) -> Any:
    """An example of a value, or None."""
    for each in (node, *forms(node)):
        if "examples" in each:
            return each["examples"][0]
        if "enum" in each:
            return each["enum"][0]
    return None


def choices(node: Schema) -> tuple[str, ...]:
    """The allowed words, if only certain words are allowed."""
    return tuple(word for form in forms(node) for word in form.get("enum", ()))


def allowed(node: Schema) -> str:
    """The allowed values, in words."""
    return ", or ".join(dict.fromkeys(_words(form) for form in forms(node)))


def _words(form: Schema) -> str:
    if "enum" in form:
        return ", ".join(str(each) for each in form["enum"])
    match form.get("type"):
        case "string":
            limit = f" of at most {form['maxLength']} characters" if "maxLength" in form else ""
            return f"{_article(form.get('title', 'text'))}{limit}"
        case "boolean":
            return "true or false"
        case "integer":
            return f"a whole number{_range(form)}"
        case "number":
            return f"a number{_range(form)}"
        case "array":
            return f"a list{_length(form)}, each {allowed(form['items'])}"
    keys = tuple(form.get("properties", ()))
    return f"a mapping with {', '.join(keys[:6])}{', ...' if len(keys) > 6 else ''}" if keys else "a mapping of names"


def _length(form: Schema) -> str:
    low, high = form.get("minItems"), form.get("maxItems")
    if low is None:
        return ""
    return f" of at least {low}" if high is None else f" of {low} to {high}"


def _article(title: str) -> str:
    if title == "text":
        return title
    return f"{'an' if re.match('[aeiouAEI]', title) else 'a'} {title}"


def _range(form: Schema) -> str:
    low, high = form.get("minimum"), form.get("maximum")
    if low is not None and high is not None:
        return f" from {low} to {high}"
    if "exclusiveMinimum" in form:
        return f" over {form['exclusiveMinimum']:g}" + (f", at most {high}" if high is not None else "")
    if low is not None and "exclusiveMaximum" in form:
        return f" from {low:g}, under {form['exclusiveMaximum']:g}"
    if low is not None or high is not None:
        return f" of at least {low:g}" if low is not None else f" of at most {high:g}"
    return ""


def flow(value: Any) -> str:
    """A value as YAML on one line; text that YAML would read as something else is quoted."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {flow(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(flow(each) for each in value) + "]"
    if (
        isinstance(value, str)
        and re.fullmatch(r"[A-Za-z/][\w./:*-]*(?<!:)", value)
        and value.lower() not in ("true", "false", "null")
    ):
        return value
    return json.dumps(value)


def to_write(leaf: str, value: Any) -> str:
    if value is None:
        return ""
    return f"write {flow(value)}" if leaf.isdecimal() else f"write {leaf}: {flow(value)}"
