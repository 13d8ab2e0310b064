"""What planning finds. A planning function yields what it finds, and returns what it decides."""

from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from infra.plan.kinds import kind_of
from infra.plan.notes import Assumption, Chosen, Finding, Note, ToDo, Violation, Warned

T = TypeVar("T")
# Such a function is called with `cluster = yield from plan_cluster(...)`.
Decided = Generator[Finding, None, T]


@dataclass(frozen=True)
class Findings:
    """Sorted, so that the plan depends neither on the order of calls nor on the order of keys in the stack file."""

    chosen: Mapping[str, Chosen]  # by dotted path
    violations: tuple[Violation, ...]
    warnings: tuple[Warned, ...]
    to_do: tuple[ToDo, ...]  # in the order of doing
    assumptions: tuple[Assumption, ...]


def gather(found: Iterable[Finding]) -> Findings:
    found = tuple(found)
    choices = sorted((each for each in found if isinstance(each, Chosen)), key=lambda c: (c.path, c.reason))
    violations = {each for each in found if isinstance(each, Violation)}
    warnings = {each for each in found if isinstance(each, Warned)}
    return Findings(
        chosen={each.path: each for each in choices},
        violations=tuple(sorted(violations, key=lambda v: (v.rule, v.path, v.message, v.fix))),
        warnings=tuple(sorted(warnings, key=lambda w: (*_place(w), w.kind, w.detail))),
        to_do=tuple(
            sorted({each for each in found if isinstance(each, ToDo)}, key=lambda t: (t.step, t.nth, *_place(t)))
        ),
        assumptions=tuple(sorted({each for each in found if isinstance(each, Assumption)}, key=_place)),
    )


def split(deciding: Decided[T]) -> tuple[T, tuple[Finding, ...]]:
    """What a planning function decides, and what it finds."""
    found: list[Finding] = []
    while True:
        try:
            found.append(next(deciding))
        except StopIteration as end:
            return end.value, tuple(found)


def warned(path: str, message: str, *, kind: str | None = None, detail: str = "", shared: str = "") -> Warned:
    """A warning. Several of one kind become one line: the words that they share, and each name with its detail."""
    return Warned(path, message, kind or kind_of(path), detail, shared)


def _place(note: Note) -> tuple[str, str]:
    return note.path, note.message
