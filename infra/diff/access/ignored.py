"""What a change leaves as it is, whatever the program says of it: properties below a resource's `ignore_changes`."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from infra.sides.types import Side


def without_ignored(old: Side, new: Side) -> tuple[Side, Side]:
    """Of resources that both sides have; whatever is made at first is made with them."""
    there = {each["urn"] for each in old.resources}
    ignored = {
        each["urn"]: each.get("options", {}).get("ignore_changes", []) for each in new.resources if each["urn"] in there
    }
    return _without(old, ignored), _without(new, ignored)


def _without(side: Side, ignored: Mapping[str, Sequence[str]]) -> Side:
    resources = []
    for each in side.resources:
        inputs = each["inputs"]
        for path in ignored.get(each["urn"], ()):
            inputs = _taken_out(inputs, path)
        resources.append({**each, "inputs": inputs})
    return replace(side, plan={**side.plan, "resources": resources})


def _taken_out(inputs: Any, path: str) -> Any:
    first, _, rest = path.partition(".")
    if not isinstance(inputs, Mapping) or first not in inputs:
        return inputs
    if rest:
        return {**inputs, first: _taken_out(inputs[first], rest)}
    return {key: value for key, value in inputs.items() if key != first}
