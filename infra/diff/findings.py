"""Rules, warnings and to-dos that are new with a change, or gone."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from infra.sides.types import Changes, Side

Found = Mapping[str, Any]  # a violation, warning or to-do, as the JSON of a plan has it
_CLAUSE, _NUMBER = re.compile(r"[:;] "), re.compile(r"[\d.,]*\d")
_REMARK = re.compile(r" \([^()]*\)")


@dataclass(frozen=True)
class FindingChanges:
    introduced: Sequence[Found]
    fixed: Sequence[Found]

    def __bool__(self) -> bool:
        return bool(self.introduced or self.fixed)


def compare_findings(old: Side, new: Side, kind: str) -> FindingChanges:
    """`kind` is a list of the plan's JSON: violations, warnings."""
    before, after = _keyed(old, kind), _keyed(new, kind)
    return FindingChanges(
        [after[key] for key in sorted(after.keys() - before.keys())],
        [before[key] for key in sorted(before.keys() - after.keys())],
    )


def broken_before(old: Side, broken: Sequence[Found]) -> list[bool]:
    """Of each broken rule, whether the base breaks it too, whatever its numbers are there. One of the base counts for
    one alone: for that with the same words, else for one with the same first words."""
    left = list(old.plan.get("violations", []))
    same = [_taken(left, each, _without_numbers) for each in broken]
    return [found or _taken(left, each, _subject) for found, each in zip(same, broken, strict=True)]


def _taken(left: list[Found], found: Found, words: Callable[[str], str]) -> bool:
    """Whether one of the base's is this one; it is taken out."""

    def key(each: Found) -> tuple[str, str, str]:
        return each["rule"], each["path"], words(each["message"])

    match = next((each for each in left if key(each) == key(found)), None)
    if match is not None:
        left.remove(match)
    return match is not None


def compare_to_dos(old: Side, new: Side, settings: Changes) -> FindingChanges:
    """By what is asked for each of those that it names: one that only names one fewer is not new.

    What is asked of a setting is asked again of its new value.
    """
    named = all("names" in each for side in (old, new) for each in _to_dos(side))  # an older program doesn't say it
    before, after = (_asked(side, named=named) for side in (old, new))
    return FindingChanges(
        [each for each, asked in after if not asked <= _union(before) or each["path"] in settings],
        [each for each, asked in before if not asked & _union(after)],
    )


def _union(all_asked: Sequence[tuple[Found, set[str]]]) -> set[str]:
    return {one for _, asked in all_asked for one in asked}


def _asked(side: Side, *, named: bool) -> list[tuple[Found, set[str]]]:
    return [(each, set(_of_each_name(each, each["names"] if named else (), side))) for each in _to_dos(side)]


def _to_dos(side: Side) -> Sequence[Found]:
    return side.plan.get("to_do", [])


def _of_each_name(to_do: Found, names: Sequence[str], side: Side) -> Iterator[str]:
    """The path may be that of the first that is named, so its section alone counts. A remark in brackets, as when it
    can be done, is nothing that is asked."""
    path, message = to_do["path"], _REMARK.sub("", to_do["message"])
    if not names:
        yield f"{path}: {message}"
    asked = message.replace(f"{', '.join(names)}: ", "", 1)
    yield from (f"{path.partition('.')[0]} of {_asked_once(name, side)}: {asked}" for name in names)


def _asked_once(name: str, side: Side) -> str:
    """A next version of the same repository needs nothing that its model hasn't."""
    model = (side.models.get(name) or {}).get("next_of")
    same = model and (side.models.get(model) or {}).get("model") == side.models[name]["model"]
    return model if model and same else name


def _keyed(side: Side, kind: str) -> dict[str, Found]:
    """A rule by all that is said. A warning by its path and its first words without their numbers: the advice in it
    changes with the bill of other models. A plan of older code has no kind of warning."""
    if kind == "warnings":
        return {f"{each['path']} {_subject(each['message'])}": each for each in side.plan.get(kind, [])}
    return {json.dumps(each, sort_keys=True): each for each in side.plan.get(kind, [])}


def _subject(message: str) -> str:
    return _without_numbers(_CLAUSE.split(message, maxsplit=1)[0])


def _without_numbers(message: str) -> str:
    return _NUMBER.sub("", message)
