"""What stands in place of a wrong value, so that the rest of the stack file is read and checked too."""

from typing import Any

from infra.settings.meant import meant, probably
from infra.settings.mistakes import Key
from infra.settings.schema import Schema, example, is_required, schema_at


def replace_wrong(data: Any, key: Key) -> None:
    """Removes a wrong value, or replaces it with the example if the section requires it. An element of a list is
    replaced, so that the others keep their places; a list whose elements have no example is removed."""
    parent = data
    for part in key[:-1]:
        if not has(parent, part):
            return  # it was removed together with a larger part
        parent = parent[part]
    leaf, node = key[-1], schema_at(key) or {}
    if isinstance(parent, list):
        _replace_element(data, key, parent, node)
    elif isinstance(parent, dict) and (found := probably(str(leaf), parent.get(leaf), node)) is not None:
        parent[leaf] = found  # so that no other mistake is reported of what is only mistyped
    elif isinstance(parent, dict) and is_required(key):
        parent[leaf] = example(node)
    elif isinstance(parent, dict):
        parent.pop(leaf, None)


def _replace_element(data: Any, key: Key, elements: list[Any], node: Schema) -> None:
    index = int(key[-1])
    instead = meant(str(index), elements[index], node) if has(elements, index) else None
    instead = example(node) if instead is None else instead
    if instead is None or not has(elements, index):
        replace_wrong(data, key[:-1])
    else:
        elements[index] = instead


def has(parent: Any, part: str | int) -> bool:
    """Whether a mapping has the key, or a list the place."""
    if isinstance(parent, list):
        return isinstance(part, int) and part < len(parent)
    return isinstance(parent, dict) and part in parent
