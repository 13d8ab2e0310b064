"""What a change does to who reaches what and whose code runs, as pure functions over both sides.

A side's access is a set of statements about each thing. A change adds statements and removes others.
"""

import re
from collections.abc import Callable, Collection, Mapping

from infra.diff.access.clients import clients, limits_changed
from infra.diff.access.code_from_elsewhere import code_from_elsewhere
from infra.diff.access.egress import egress
from infra.diff.access.exposure import exposure
from infra.diff.access.ignored import without_ignored
from infra.diff.access.rights import rights
from infra.diff.access.said import Access, Said
from infra.sides.statements import Statements
from infra.sides.types import Side

_LIMITS = ("may not ", "is closed to ", "only the paths ")
_HOST = re.compile(r"[^/ :]+/\S*|any host/\S*")  # of an Ingress, which says of each host who reaches it

HEADINGS: Mapping[str, Callable[[Side], Statements]] = {
    "exposure": exposure,
    "egress": egress,
    "iam": rights,
    "clients": clients,
    "code_from_elsewhere": code_from_elsewhere,
}


def access_changed(old: Side, new: Side) -> Access:
    """Every heading is there; an empty one is no change."""
    before, after = without_ignored(old, new)
    gone = {each["name"] for each in old.resources} - {each["name"] for each in new.resources}
    found = {heading: _compared(of(before), of(after), gone) for heading, of in HEADINGS.items()}
    for thing, was, now in limits_changed(before, after):
        said = found["clients"].get(thing, Said((), ()))
        found["clients"][thing] = Said((*said.added, now), (*said.removed, was))
    return found


def _compared(before: Statements, after: Statements, gone: Collection[str]) -> dict[str, Said]:
    found = {}
    for thing in sorted(before.keys() | after.keys()):
        was, now = before.get(thing, set()), after.get(thing, set())
        if was and not now and (_HOST.fullmatch(thing) or thing.rpartition(" ")[2] in gone):
            was = _without_limits(was)
        if was != now:
            found[thing] = Said(tuple(sorted(now - was)), tuple(sorted(was - now)))
    return found


def _without_limits(statements: set[str]) -> set[str]:
    """Of a thing that is gone: that it is no longer closed would read as if it were open now."""
    return {each for each in statements if not each.startswith(_LIMITS)} or {"is there"}
