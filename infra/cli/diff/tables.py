"""What is below the first lines: users, settings, resources, fit, facts."""

from collections.abc import Iterator, Mapping

from infra.cli.diff.marked import code, said, strong
from infra.cli.diff.values import NONE, count, duration, names, number, pair, signed
from infra.diff import figures
from infra.diff.difference import Difference, Facts
from infra.diff.traffic import noticed
from infra.diff.types import Change, Changes, Resource, name_of, type_of

_FIGURES = {
    "engine": "engine",
    "model": "weights",
    "pool": "pool",
    "instance_type": "instance type",
    "gpus_per_replica": "GPUs a replica",
    "fits": "fits",
    "certain": "fits for certain",
    "weights_gib": "weights, GiB a GPU",
    "kv_cache_gib": "KV cache, GiB a GPU",
    "max_model_len": "tokens a request",
    "max_concurrency": "full-length requests at once, a replica",
    "usd_per_hour": "$ an hour, a replica",
    "cold_start_seconds": "cold start",
    "timeout_seconds": "longest answer",
}
_SECTIONS = ("models", "gpuPools", "addons", "cluster", "gateway", "cache")


def users(difference: Difference) -> list[tuple[str, str, str]]:
    """Models that are told the same are one row; those that notice nothing come last."""
    rows: dict[tuple[str, str], list[str]] = {}
    for notice in sorted(difference.notices, key=lambda each: (not noticed(each), each.model)):
        after = "; ".join(said(each) for each in notice.afterwards) or "nothing"
        rows.setdefault((said(notice.during), after), []).append(notice.model)
    return [
        (", ".join(code(n) if not n.startswith("and ") else n for n in names(who)), *what) for what, who in rows.items()
    ]


def settings(difference: Difference) -> list[tuple[str, str, str]]:
    """What was typed, then what follows from it, which is marked."""
    rows = [(code(path), *_values(change)) for path, change in _folded(difference).items()]
    follows = [(f"↳ {code(path)} (chosen)", *_values(change)) for path, change in difference.follows.items()]
    return rows + follows


def _folded(difference: Difference) -> dict[str, Change]:
    """A named thing that is new or gone is one row."""
    found: dict[str, Change] = {}
    for path, change in difference.settings.items():
        parts = path.split(".")
        thing = ".".join(parts[:2])
        if len(parts) > 2 and parts[0] in _SECTIONS and (whole := _whole(difference, *parts[:2])):
            found[thing] = whole
        else:
            found[path] = change
    return found


def _whole(difference: Difference, section: str, name: str) -> Change | None:
    old, new = (_named(side.platform, section, name) for side in (difference.old, difference.new))
    return Change(old, new) if (old is None) != (new is None) else None


def _named(platform: Mapping[str, object], section: str, name: str) -> object:
    things = platform.get(section)
    return things.get(name) if isinstance(things, Mapping) else None


def resources(difference: Difference) -> list[tuple[str, str, str, str, str]]:
    """What happens, to what, which property, old, new. Resources of a type that change alike are one row."""
    found = difference.resources
    rows = [*_changed("±", found.replaced, found.because), *_changed("~", found.changed, {})]
    rows += _listed("+", found.added)
    rows += _listed("-", found.removed)
    rows += _changed("~", found.options, {})
    return rows


def _changed(
    mark: str, changed: Mapping[str, Changes], because: Mapping[str, tuple[str, ...]]
) -> Iterator[tuple[str, str, str, str, str]]:
    alike: dict[tuple[str, tuple[tuple[str, str, str], ...]], list[str]] = {}
    for urn, changes in changed.items():
        forcing = because.get(urn, ())
        cells = tuple((_property(path, path in forcing), *_values(change)) for path, change in changes.items())
        alike.setdefault((type_of(urn), cells), []).append(name_of(urn))
    for (type_, cells), who in alike.items():
        for index, cell in enumerate(cells):
            yield ("" if index else mark, "" if index else _things(type_, who), *cell)


def _listed(mark: str, resources: Mapping[str, Resource]) -> Iterator[tuple[str, str, str, str, str]]:
    by_type: dict[str, list[str]] = {}
    for urn in resources:
        by_type.setdefault(type_of(urn), []).append(name_of(urn))
    for type_ in sorted(by_type):
        yield mark, _things(type_, by_type[type_]), "", "", ""


def _things(type_: str, who: list[str]) -> str:
    short = type_.rpartition(":")[2]
    area = type_.split(":")[0]
    word = f"{area} provider" if area == "pulumi" else short
    return f"{word} {', '.join(each if each.startswith('and ') else code(each) for each in names(who))}"


def _property(path: str, forces: bool) -> str:
    return strong(path) if forces else code(path)


def _values(change: Change) -> tuple[str, str]:
    old, new = pair(change)
    return old if old == NONE else code(old), new if new == NONE else code(new)


def fit(difference: Difference) -> list[tuple[str, str, str, str]]:
    """Model, figure, now, after."""
    rows = []
    for name, changes in figures.models_changed(difference.old, difference.new).items():
        for index, (key, change) in enumerate(changes.items()):
            rows.append(
                ("" if index else code(name), _FIGURES[key], _figure(key, change.old), _figure(key, change.new))
            )
    return rows


def _figure(key: str, value: object) -> str:
    if key.endswith("_seconds") and isinstance(value, int | float):
        return duration(value)
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: NONE}[value]
    if isinstance(value, int | float):
        return f"{value:,.2f}".rstrip("0").rstrip(".")
    return code(str(value))


def bill(difference: Difference) -> list[tuple[str, str, str]]:
    """Items that changed, least to most."""
    return [
        (name, _span(change.old), _span(change.new))
        for name, change in figures.cost_items(difference.old, difference.new).items()
    ]


def _span(item: list[float] | None) -> str:
    if item is None:
        return NONE
    low, high = (number(each) for each in item)
    return low if low == high else f"{low} to {high}"


def facts(facts: Facts) -> list[tuple[str, str, str]]:
    return [(code(path), *_values(change)) for path, change in facts.changed.items()]


def effect(difference: Difference, facts: Facts) -> str:
    """Whose the change is: the program's own, or the author's."""
    if facts.effect is None:
        return "The program of now can't plan the base's stack file, so what is whose can't be told apart."
    told = facts.effect.cost
    low, high = (told[key].new - told[key].old for key in ("usd_per_month_min", "usd_per_month_max"))
    most = difference.cost["usd_per_month_max"]
    rest = most.new - most.old - high
    resources = facts.effect.resources
    touched = ", ".join(
        count(len(found), word)
        for found, word in ((resources.added, "resource added"), (resources.removed, "resource removed"))
        if found
    )
    moved = count(len(resources.changed) + len(resources.replaced), "resource") + " changed or replaced"
    return (
        f"Without the stack file's own changes they alone make the bill {signed(low)} to {signed(high)} $ a month;"
        f" {moved}{f', {touched}' if touched else ''}. The author's part of the most is {signed(rest)} $ a month."
    )


def notes(difference: Difference) -> list[tuple[str, str]]:
    """Warnings and things to do that are new, and those that are gone."""
    kinds = (("warning", difference.warnings), ("to do", difference.to_do))
    rows = [(f"new {kind}", _note(each)) for kind, found in kinds for each in found.introduced]
    new = {each["path"] for _, found in kinds for each in found.introduced}
    return rows + [
        (f"gone: {kind}", _note(each)) for kind, found in kinds for each in found.mended if each["path"] not in new
    ]


def _note(note: Mapping[str, str]) -> str:
    return said(f"{note['path']}: {note['message']}")


def settings_title(difference: Difference) -> str:
    follows = f", {count(len(difference.follows), 'choice')} follow from that" if difference.follows else ""
    return f"{count(len(difference.settings), 'setting')} changed{follows}"


def resources_title(difference: Difference) -> str:
    """`Of 164 resources 4 replaced, 2 changed`."""
    found = difference.resources
    total = len(difference.new.resources) or len(difference.old.resources)
    parts = [
        f"{len(urns)} {word}"
        for urns, word in (
            (found.replaced, "replaced"),
            (found.changed, "changed"),
            (found.added, "added"),
            (found.removed, "removed"),
        )
        if urns
    ]
    return f"Of {count(total, 'resource')} {', '.join(parts) or 'none changed'}"
