"""Values as the SDK sends them, in protobuf, and as JSON data, where secrets and unknown values are words."""

from collections.abc import Mapping
from typing import Any

from google.protobuf import struct_pb2
from pulumi.runtime import rpc

SECRET = "[secret]"
UNKNOWN = "[unknown]"


def plain_fields(struct: struct_pb2.Struct) -> dict[str, Any]:
    """The fields, sorted: protobuf maps have no order, and two runs must give the same result."""
    return {key: _plain(struct.fields[key]) for key in sorted(struct.fields)}


def _plain(value: struct_pb2.Value) -> Any:
    """A protobuf value as JSON data: secrets and unknown values become words, whole numbers become int."""
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        fields = value.struct_value.fields
        if rpc._special_sig_key not in fields:
            return plain_fields(value.struct_value)
        is_secret = fields[rpc._special_sig_key].string_value == rpc._special_secret_sig
        return _masked(_plain(fields["value"])) if is_secret else fields["urn"].string_value
    if kind == "list_value":
        return [_plain(item) for item in value.list_value.values]
    if kind == "number_value":
        return int(value.number_value) if value.number_value.is_integer() else value.number_value
    if kind == "string_value":
        return UNKNOWN if value.string_value == rpc.UNKNOWN else value.string_value
    return value.bool_value if kind == "bool_value" else None


def as_sent(value: Any) -> Any:
    """The reverse of `_plain`: the words become secrets and unknown values again."""
    if isinstance(value, Mapping):
        return {key: as_sent(item) for key, item in value.items()}
    if value == SECRET:
        return {rpc._special_sig_key: rpc._special_secret_sig, "value": SECRET}
    return rpc.UNKNOWN if value == UNKNOWN else value


def _masked(value: Any) -> Any:
    """The structure of a secret value, without the values in it."""
    if isinstance(value, dict):
        return {key: _masked(item) for key, item in value.items()}
    return [_masked(item) for item in value] if isinstance(value, list) else SECRET


def set_path(state: Any, path: list[str], value: str) -> None:
    """Sets a nested attribute, and makes the structs and lists that lead to it; an index is always 0."""
    head, *rest = path
    if not rest:
        if head not in state:
            state[head] = value
        return
    if rest[0] == "0":
        inner = state.get_or_create_list(head).add_struct()
        set_path(inner, rest[1:], value)
    else:
        set_path(state.get_or_create_struct(head), rest, value)
