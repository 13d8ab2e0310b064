"""What a stand-in writes follows the schema of the request."""

from typing import Any

import jsonschema
import pytest

from infra.tryout.schemas import example

_TREE = {
    "$defs": {"node": {"type": "object", "properties": {"next": {"$ref": "#/$defs/node"}}, "required": []}},
    "$ref": "#/$defs/node",
}
SCHEMAS: dict[str, Any] = {
    "text": {"type": "string"},
    "text with lengths": {"type": "string", "minLength": 12, "maxLength": 14},
    "short text": {"type": "string", "maxLength": 3},
    "whole number": {"type": "integer", "minimum": 7},
    "number": {"type": "number", "maximum": -2},
    "one of several": {"enum": ["b", "a"]},
    "constant": {"const": 4},
    "list": {"type": "array", "items": {"type": "boolean"}, "minItems": 2},
    "map": {"properties": {"a": {"type": "null"}, "b": {"type": "string"}}, "required": ["b"]},
    "any of": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
    "several types": {"type": ["string", "null"]},
    "reference": {"$defs": {"n": {"type": "integer"}}, "type": "object", "properties": {"a": {"$ref": "#/$defs/n"}}},
    "a schema that contains itself": _TREE,
}


@pytest.mark.parametrize("schema", SCHEMAS.values(), ids=SCHEMAS)
def test_an_example_follows_its_schema(schema: Any) -> None:
    jsonschema.validate(example(schema), schema)
