"""Resources as rows: what happens, as a sign, to what, which property, old, new; last the word for the sign."""

import re
from collections.abc import Iterator, Mapping, Sequence

from infra.cli.diff.values import NONE, cells, names
from infra.cli.document.marked import code, strong
from infra.diff.difference import Difference
from infra.plan.alike import alike
from infra.plan.words import count
from infra.sides.types import Changes, Resource, name_of, type_of

Row = tuple[str, str, str, str, str, str]
# A thing in a file of Envoy: what a client or a model has, or what each set of clients may call.
_ENVOYS = re.compile(r'data\["[\w.-]+\.json"\]\.resources\[(?:(\w+):)?([^\]]+)\]')
# What Envoy is started with: the last two keys say it.
_STARTS_WITH = re.compile(r'data\["bootstrap\.json"\]\..*?([^.]+\.[^.]+)')
_POLICY = re.compile(r"(?:policy|assumeRolePolicy)\.Statement")
_ALERTS = re.compile(r"spec\.groups\[([^\]]+)\]")  # of a PrometheusRule: what one is about
_CLIENT = "client"
_OF_EACH = ("concurrent_requests", "max_model_len")  # of each client, of each model
_OF_OUTPUTS = re.compile(r'data\["platform\.json"\]\.(?:gateway\.clients|models)\.[^.\[]+')  # a client, or a model
_REPLACE, _CHANGE, _ADD, _REMOVE = ("±", "replace"), ("~", "change"), ("+", "add"), ("-", "remove")
_RELEASE = ("=", "keep, but no longer manage")


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
        *_listed(_RELEASE, found.released),
    ]


def _with_options(changed: Mapping[str, Changes], options: Mapping[str, Changes]) -> dict[str, Changes]:
    """Each resource once: its properties, then Pulumi's own options of it."""
    return {urn: {**changes, **options.get(urn, {})} for urn, changes in changed.items()}


def resources_title(difference: Difference) -> str:
    """`164 resources: 4 replaced, 2 changed`."""
    total = len(difference.new.resources or difference.old.resources)
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
    """What follows from the settings is said by what it is of: Envoy's files, policies and alerts, and clients and
    models of the outputs that come or go."""
    summed = _summed(changes)
    whole = _come_or_go(changes)
    for path, change in changes.items():
        thing = found[0] if (found := _OF_OUTPUTS.match(path)) else path
        if path in summed:
            yield from filter(None, [summed[path]])
        elif thing not in whole:
            yield _property(path, path in forcing), *cells(change)
        elif path == whole[thing]:
            yield (code(thing), NONE, "new") if change.old is None else (code(thing), "was there", NONE)


def _summed(changes: Changes) -> dict[str, tuple[str, str, str] | None]:
    """By path: the row of all paths of its kind at the first of them, none at the others."""
    found: dict[str, tuple[str, str, str] | None] = {}
    for pattern, what, now in (
        (_ENVOYS, _of_envoys, "others"),
        (_POLICY, lambda _: "what it allows", "others: ACCESS says who may what"),
        (_ALERTS, _of_alerts, "others"),
    ):
        if paths := [path for path in changes if pattern.match(path)]:
            found |= dict.fromkeys(paths) | {paths[0]: (what(paths), count(len(paths), "value"), now)}
    return found


def _come_or_go(changes: Changes) -> dict[str, str]:
    """By thing that is new or gone, the first of its paths: a value that each one has comes or goes."""
    found: dict[str, str] = {}
    for path in changes:
        if match := _OF_OUTPUTS.match(path):
            found.setdefault(match[0], path)
    always = {thing: [changes.get(f"{thing}.{key}") for key in _OF_EACH] for thing in found}
    return {
        thing: path
        for thing, path in found.items()
        if any(change and None in (change.old, change.new) for change in always[thing])
    }


def _of_envoys(paths: Sequence[str]) -> str:
    """Clusters are of a client, a model, or a client's part of one (`MODEL:CLIENT`); listeners and routes are of those
    who may call the same models."""
    found = [match.groups() for path in paths if (match := _ENVOYS.match(path))]
    parts = {name.partition(":")[2] for kind, name in found if kind not in (None, _CLIENT)} - {""}
    clients = sorted({name for kind, name in found if kind == _CLIENT} | parts)
    models = sorted({name for kind, name in found if kind not in (None, _CLIENT) and ":" not in name})
    of = [
        f"{what}{'s' * (len(each) > 1)} {names(each)}"
        for what, each in (("client", clients), ("model", models))
        if each
    ]
    routes = ["what each client may call, and its limits"] if any(kind is None for kind, _ in found) else []
    return f"Envoy's files, for {'; '.join([*of, *routes])}"


def _of_alerts(paths: Sequence[str]) -> str:
    groups = {match[1] for path in paths if (match := _ALERTS.match(path))}
    return f"alerts about {names(sorted(groups))}"


def _listed(act: tuple[str, str], resources: Mapping[str, Resource]) -> Iterator[Row]:
    sign, word = act
    for type_, who in sorted(alike((name_of(urn), type_of(urn)) for urn in resources).items()):
        yield sign, _things(type_, who), "", "", "", word


def _things(type_: str, who: list[str]) -> str:
    word = f"{type_.rpartition(':')[2]} provider" if type_.startswith("pulumi:providers:") else type_.rpartition(":")[2]
    return f"{word} {names(who)}"


def _property(path: str, forces: bool) -> str:
    path = f"Envoy's {found[1]}" if (found := _STARTS_WITH.fullmatch(path)) else path
    return strong(path) if forces else code(path)
