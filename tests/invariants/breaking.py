"""One recorded resource with a changed value, which a rule has to find."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from typing import Any, NamedTuple

from infra.recording import Recorded, Recording
from tests.example_stacks import planned
from tests.invariants import RULES

ABSENT = object()
_POD = "inputs spec template spec"
_SHORT = {"pod": _POD, "container": f"{_POD} containers 0", "trigger": "inputs spec triggers 0 metadata"}


class Break(NamedTuple):
    rule: str
    stack: str
    resource: str  # kind and logical name
    path: str  # `name`, or from `inputs`, `options` or a word of _SHORT on; keys and indices with spaces between
    value: Any  # or a function of the old value; ABSENT removes the key
    says: str  # part of a sentence of the rule

    def __str__(self) -> str:
        return f"{self.rule}-{self.path}"


def without(text: str) -> Callable[[list[str]], list[str]]:
    """The list without the elements that contain a text."""
    return lambda old: [each for each in old if text not in each]


def instead(old_text: str, new_text: str) -> Callable[[Any], Any]:
    """The text with a part replaced, or the list with an element."""

    def changed(old: Any) -> Any:
        assert old_text in old
        if isinstance(old, str):
            return old.replace(old_text, new_text)
        return [new_text if each == old_text else each for each in old]

    return changed


def caught(change: Break) -> None:
    """Assert that the rule names the change, and that the unchanged stack follows the rule."""
    whole = planned(change.stack)
    kind, name = change.resource.split(" ", 1)
    (found,) = [r for r in whole.recording.resources if r.type.endswith(f":{kind}") and r.name == name]
    resources = [_changed(made, change) if made is found else made for made in whole.recording.resources]
    broken = RULES[change.rule](replace(whole, recording=Recording(resources, whole.recording.outputs)))
    assert [sentence for sentence in broken if change.says in sentence] != [], broken
    assert [sentence for sentence in RULES[change.rule](whole) if change.says in sentence] == []


def _changed(made: Recorded, change: Break) -> Recorded:
    fields: Any = {"inputs": deepcopy(made.inputs), "options": deepcopy(made.options), "name": made.name}
    root, *rest = change.path.split(" ")
    *way, last = [int(key) if key.isdigit() else key for key in [*_SHORT.get(root, root).split(" "), *rest]]
    at = fields
    for key in way:
        at = at[key]
    if change.value is ABSENT:
        del at[last]
    else:
        at[last] = change.value(at[last]) if callable(change.value) else change.value
    return replace(made, **fields)
