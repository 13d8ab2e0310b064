"""Resources as rows: what happens, as a sign, to what, which property, old, new; last the word for the sign."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from infra.cli.diff.values import cells, names
from infra.cli.document.marked import code, strong
from infra.diff.difference import Difference
from infra.plan.alike import alike
from infra.plan.words import count
from infra.sides.types import Changes, Resource, is_resource, name_of, type_of

Row = tuple[str, str, str, str, str, str]
_GENERATED = re.compile(r'data\["[\w.-]+"\]\.resources\[[^\]]+\]')  # a thing in a file of Envoy
_FEW = 3  # changed values of it that are shown
_REPLACE, _CHANGE, _ADD, _REMOVE = ("±", "replace"), ("~", "change"), ("+", "add"), ("-", "remove")


def resources(difference: Difference) -> list[Row]:
    """Resources of one type with the same change are one row."""
    found = difference.resources
    replaced, others = found.replaced, {**found.changed, **found.options}.keys() - found.replaced.keys()
    changed = {urn: found.changed.get(urn, {}) for urn in sorted(others)}
    return [
        *_changed(_REPLACE, _with_options(replaced, found.options), found.because),
        *_changed(_CHANGE, _with_options(changed, found.options), {}),
        *_listed(_ADD, found.added),
        *_listed(_REMOVE, found.removed),
    ]


def _with_options(changed: Mapping[str, Changes], options: Mapping[str, Changes]) -> dict[str, Changes]:
    """Each resource once: its properties, then Pulumi's own options of it."""
    return {urn: {**changes, **options.get(urn, {})} for urn, changes in changed.items()}


def resources_title(difference: Difference) -> str:
    """`164 resources: 4 replaced, 2 changed`."""
    total = sum(is_resource(each["urn"]) for each in difference.new.resources or difference.old.resources)
    parts = [f"{len(urns)} {act}" for act, urns in difference.resources.acts().items()]
    return f"{count(total, 'resource')}: {', '.join(parts) or 'none changed'}"


def _changed(
    act: tuple[str, str], changed: Mapping[str, Changes], because: Mapping[str, tuple[str, ...]]
) -> Iterator[Row]:
    sign, word = act
    for (type_, found), who in alike(_cells(changed, because)).items():
        for index, cell in enumerate(found):
            yield ("", "", *cell, "") if index else (sign, _things(type_, who), *cell, word)


def _cells(
    changed: Mapping[str, Changes], because: Mapping[str, tuple[str, ...]]
) -> Iterator[tuple[str, tuple[str, tuple[tuple[str, str, str], ...]]]]:
    """The name of each resource, and its type with what changes of it."""
    for urn, changes in changed.items():
        forcing = because.get(urn, ())
        found = tuple(_rows_of(changes, forcing))
        yield name_of(urn), (type_of(urn), found)


def _rows_of(changes: Changes, forcing: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    """Of a thing in a generated file with many changed values, their number: the file follows from the settings."""
    things = {path: found[0] for path in changes if (found := _GENERATED.match(path))}
    values, said = Counter(things.values()), set[str]()
    for path, change in changes.items():
        thing = things.get(path)
        if thing is None or values[thing] <= _FEW:
            yield _property(path, path in forcing), *cells(change)
        elif thing not in said:
            said.add(thing)
            yield code(thing), count(values[thing], "value"), "others"


def _listed(act: tuple[str, str], resources: Mapping[str, Resource]) -> Iterator[Row]:
    sign, word = act
    for type_, who in sorted(alike((name_of(urn), type_of(urn)) for urn in filter(is_resource, resources)).items()):
        yield sign, _things(type_, who), "", "", "", word


def _things(type_: str, who: list[str]) -> str:
    word = f"{type_.rpartition(':')[2]} provider" if type_.startswith("pulumi:providers:") else type_.rpartition(":")[2]
    return f"{word} {names(who)}"


def _property(path: str, forces: bool) -> str:
    return strong(path) if forces else code(path)
