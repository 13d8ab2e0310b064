"""Rows for a terminal, where old and new have no room side by side: a name, and one text with all of its cells."""

from collections.abc import Callable, Iterator, Sequence

from infra.cli.document import Row

_ACTS = {"±": "replace", "~": "change", "+": "add", "-": "remove"}


def lines(rows: Sequence[Row], line: Callable[..., Row]) -> list[Row]:
    """Each name once."""
    return [*_named_once(line(*row) for row in rows)]


def _named_once(rows: Iterator[Row]) -> Iterator[Row]:
    before = ""
    for name, what in rows:
        yield name if name != before else "", what
        before = name or before


def resource(mark: str, what: str, path: str, old: str, new: str) -> Row:
    return f"{_ACTS.get(mark, '')} {what}".strip(), f"{path}: {old} → {new}" if path else ""


def setting(name: str, old: str, new: str) -> Row:
    return name, f"{old} → {new}"


def figure(who: str, what: str, now: str, after: str) -> Row:
    return who, f"{what}: {now} → {after}"


def access(heading: str, thing: str, sign: str, statement: str) -> Row:
    return f"{sign} {heading}: {thing}", statement
