"""What planning finds out on its way: choices, broken rules, warnings, things to do, assumptions."""

from typing import Any

from infra.planning.plan import Choice, Note, Violation


class Findings:
    """Collected in any order, read sorted: the plan doesn't depend on the order of maps in the stack file. To-dos keep
    the order of doing."""

    def __init__(self) -> None:
        self._chosen: dict[str, Choice] = {}
        self._violations: set[Violation] = set()
        self._notes: dict[str, set[Note]] = {"warning": set(), "assumption": set()}
        self._to_dos: list[Note] = []

    def choose(self, path: str, value: Any, reason: str) -> None:
        self._chosen[path] = Choice(value, reason)

    def refuse(self, rule: str, path: str, message: str, fix: str) -> None:
        self._violations.add(Violation(rule, path, message, fix))

    def warn(self, path: str, message: str) -> None:
        self._notes["warning"].add(Note(path, message))

    def to_do(self, path: str, message: str) -> None:
        """In the order of doing, which is the order of the calls."""
        self._to_dos.append(Note(path, message))

    def assume(self, path: str, message: str) -> None:
        self._notes["assumption"].add(Note(path, message))

    @property
    def chosen(self) -> dict[str, Choice]:
        return dict(sorted(self._chosen.items()))

    @property
    def violations(self) -> tuple[Violation, ...]:
        return tuple(sorted(self._violations, key=lambda v: (v.rule, v.path, v.message)))

    @property
    def warnings(self) -> tuple[Note, ...]:
        return self._sorted("warning")

    @property
    def to_dos(self) -> tuple[Note, ...]:
        return tuple(self._to_dos)

    @property
    def assumptions(self) -> tuple[Note, ...]:
        return self._sorted("assumption")

    def _sorted(self, kind: str) -> tuple[Note, ...]:
        return tuple(sorted(self._notes[kind], key=lambda note: (note.path, note.message)))
