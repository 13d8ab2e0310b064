"""What planning finds out on its way: choices, broken rules, warnings, things to do, assumptions."""

from typing import Any

from infra.plan.notes import Advice, Choice, Note, Violation, Warned
from infra.plan.rules import Rule
from infra.planning.kinds import kind_of


class Findings:
    """Collected in any order, read sorted: the plan doesn't depend on the order of maps in the stack file. To-dos keep
    the order of doing."""

    def __init__(self) -> None:
        self._chosen: dict[str, Choice] = {}
        self._violations: set[Violation] = set()
        self._warnings: set[Warned] = set()
        self._assumptions: set[Note] = set()
        self._to_dos: list[Note] = []

    def choose(self, path: str, value: Any, reason: str) -> None:
        self._chosen[path] = Choice(value, reason)

    def refuse(self, rule: Rule, path: str, message: str, fix: str, advice: tuple[Advice, ...] = ()) -> None:
        """`fix` is what is said where none of the advice holds."""
        self._violations.add(Violation(rule, path, message, fix, advice))

    def warn(self, path: str, message: str, *, kind: str | None = None, detail: str = "") -> None:
        """Several of a kind of kinds.KINDS are one line: its words, and each name with its detail."""
        self._warnings.add(Warned(path, message, kind or kind_of(path), detail))

    def to_do(self, path: str, message: str) -> None:
        """In the order of doing, which is the order of the calls."""
        self._to_dos.append(Note(path, message))

    def assume(self, path: str, message: str) -> None:
        self._assumptions.add(Note(path, message))

    @property
    def chosen(self) -> dict[str, Choice]:
        return dict(sorted(self._chosen.items()))

    @property
    def violations(self) -> tuple[Violation, ...]:
        return tuple(sorted(self._violations, key=lambda v: (v.rule, v.path, v.message)))

    @property
    def warnings(self) -> tuple[Warned, ...]:
        return tuple(sorted(self._warnings, key=_place))

    @property
    def to_dos(self) -> tuple[Note, ...]:
        return tuple(self._to_dos)

    @property
    def assumptions(self) -> tuple[Note, ...]:
        return tuple(sorted(self._assumptions, key=_place))


def _place(note: Note) -> tuple[str, str]:
    return note.path, note.message
