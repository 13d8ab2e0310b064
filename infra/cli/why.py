"""`plan --why KEY`: why a value or a resource is there, what follows from it, and which rows of the bill it is in."""

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from infra.cli.report.reasons import reasons_of
from infra.cli.why_bill import items, of_budget, paths_of_row
from infra.cli.why_monitoring import ASKED_BY, PROMETHEUS, logical_names, of_alert, part_of
from infra.cli.why_paths import camel, field, flat, kebab, paths_of, paths_of_name, planned_paths, thing, within
from infra.cli.why_values import other_names, paths_of_value
from infra.cli.why_words import reasons_with, says
from infra.offline import Planned
from infra.plan.alike import parts
from infra.plan.money import CostItem
from infra.plan.notes import Note, Violation
from infra.plan.plan import Plan
from infra.recording import Recorded
from infra.registry import cloud_of, owner_of

_SAYING = 6  # sentences: a word that more have is about no one thing
_NEAR = 5  # names that an unknown key may have meant


class UnknownKey(KeyError):
    """What was asked for, and what may have been meant."""


@dataclass(frozen=True)
class Value:
    """`origin`: given in the stack file, chosen by the program, or the default of the key."""

    path: str
    value: Any
    origin: str
    reason: str


@dataclass(frozen=True)
class Why:
    key: str
    subjects: Sequence[str]  # paths of the stack file: of the key, or from which the resource of that name follows
    values: Sequence[Value]
    reasons: Sequence[str]
    notes: Sequence[tuple[str, Note]]  # with what each is: broken rule, warning, ...
    resources: Mapping[str, str]  # URN -> the path from which it follows
    items: Sequence[CostItem]


def why(planned: Planned, key: str) -> Why:
    """Raises UnknownKey."""
    plan, found = (
        planned.plan,
        [each for each in planned.recording.resources if not each.type.startswith("pulumi:pulumi")],
    )
    named = [*_logical_names(plan)]
    origins = {each.urn: _origin(named, each) for each in found}
    paths, asked = _called(plan, found, key)
    if not paths and not asked:
        return _said(plan, found, key)
    subjects = paths or sorted({origins[each.urn] for each in asked if origins[each.urn]})
    follows = [each for each in found if paths and any(within(origins[each.urn], thing(path)) for path in paths)]
    resources = {each.urn: origins[each.urn] for each in (follows if paths else asked)}
    about = subjects if paths or len(subjects) == 1 else []
    values = [value for path in about for value in _values(plan, path)]
    one = subjects[0] if len(subjects) == 1 else ""
    reasons = [*of_alert(plan, key), *of_budget(plan, one)] or _reasons(plan, one, values)
    rows = [each for each in plan.cost.items if each.name == key] or items(plan, one)
    return Why(key, subjects, values, reasons, _notes(plan, key if ".*." in key else one), resources, rows)


def _called(plan: Plan, found: Sequence[Recorded], key: str) -> tuple[list[str], list[Recorded]]:
    """The paths, or else the resources, that are called so."""
    for name in dict.fromkeys((key, *other_names(key))):
        asked = [each for each in found if name in (each.urn, each.name, each.type, each.type.rpartition(":")[2])]
        paths = paths_of(plan, name)
        if not paths and not asked:
            paths, asked = paths_of_name(plan, name) or paths_of_row(plan, name), _in_the_cluster(found, name)
        if paths or asked:
            return paths, asked
    return paths_of_value(plan, key), []


def _said(plan: Plan, found: Sequence[Recorded], key: str) -> Why:
    """Of a word that is no name: what the plan says with it. Raises UnknownKey."""
    notes = [each for each in _all_notes(plan) if says(each[1].message, key)]
    chosen = [each for each in plan.chosen.values() if says(each.whole_reason, key)]
    reasons = [*reasons_with(plan, key)]
    if _near_ends(plan, key) or not 0 < len(notes) + len(chosen) + len(reasons) <= _SAYING:
        raise UnknownKey(_unknown(plan, found, key))
    values = [Value(each.path, each.value, "chosen", each.whole_reason) for each in chosen]
    paths = {each.path for each in (*chosen, *(note for _, note in notes)) if each.path} | {at for at, _ in reasons}
    return Why(key, sorted(paths), values, [f"{at}: {reason}" for at, reason in reasons], notes, {}, ())


def _in_the_cluster(found: Sequence[Recorded], key: str) -> list[Recorded]:
    """By the name of the object that a resource makes, or of the chart that it installs."""

    def names(each: Recorded) -> tuple[Any, Any]:
        return (each.inputs.get("metadata") or {}).get("name"), str(each.inputs.get("chart", "")).rpartition("/")[2]

    return [each for each in found if key and key in names(each)]


def _values(plan: Plan, path: str) -> Iterator[Value]:
    """What the stack file gives below a path, what was chosen there, and else the default of the key itself."""
    given = flat("", plan.settings.model_dump(mode="json", by_alias=True, exclude_unset=True))
    said = {at: Value(at, value, "given", "it is in the stack file") for at, value in given.items() if within(at, path)}
    chosen = [each for each in plan.chosen.values() if within(each.path, path)]
    said |= {each.path: Value(each.path, each.value, "chosen", each.whole_reason) for each in chosen}
    if not said and (found := field(plan, path)) is not None and not isinstance(found[0], BaseModel | Mapping):
        said[path] = Value(path, found[0], "default", found[1] or "the stack file doesn't say otherwise")
    yield from (said[at] for at in sorted(said))


def _origin(named: Sequence[tuple[str, str]], resource: Recorded) -> str:
    """The path from which a resource follows, by its logical name and its owner; blank: every stack has it."""
    keys = owner_of(resource.urn).keys
    mine = [
        (len(name), path)
        for name, path in named
        if (resource.name == name or resource.name.startswith(f"{name}-")) and _may_be(path, keys)
    ]
    return max(mine)[1] if mine else keys[0] if keys else ""


def _logical_names(plan: Plan) -> Iterator[tuple[str, str]]:
    """How the logical names of resources begin that follow from a name in the stack file."""
    for name, model in plan.models.items():
        yield name, model.path
        yield from ((each.name, f"{model.path}.adapters.{each.name}") for each in model.adapters)
    yield from ((name, f"gpuPools.{name}") for name in plan.pools)
    yield from ((f"client-{name}", f"gateway.clients.{name}") for name in plan.traffic.clients)
    addons = ((f"addons-{kebab(name)}", f"addons.{name}") for name in plan.addons)
    yield from ((name, path) for name, path in addons if path not in ASKED_BY)
    yield from logical_names()


def _may_be(named: str, keys: Sequence[str]) -> bool:
    """A model that is called as a resource of the cluster is, isn't where that comes from."""
    pools = named.startswith("gpuPools.") and "cluster" in keys
    measures = part_of(named) is not None and "addons" in keys
    login = named == PROMETHEUS and "monitoring" in keys
    return pools or measures or login or any(within(named, key) or within(key, named) for key in keys)


def _reasons(plan: Plan, path: str, values: Sequence[Value]) -> Sequence[str]:
    """Those of a model or a pool; of a key, those that name it. What was chosen says its reason itself."""
    section, name, key = parts(path)
    if section == "models":
        found = next((reasons_of(plan, name) for name, each in plan.models.items() if within(path, each.path)), ())
    elif section == "gpuPools" and name in plan.pools:
        found = plan.pools[name].reasons
    else:
        found = (plan.cache.reason,) if section == "cache" else ()
    word = kebab(key.rpartition(".")[2])
    naming = [
        each
        for each in found
        if word and (each.startswith((f"{word} ", f"{word}: ", f"a {word} ")) or ("-" in word and word in each))
    ]
    return naming or ([] if {each.origin for each in values if each.path == path} - {"given"} else found)


def _notes(plan: Plan, path: str) -> list[tuple[str, Note]]:
    broken = [
        ("broken rule", _broken(each))
        for each in plan.violations
        if path and (_about(each, path) or any(within(at, path) for way in each.advice for at, _ in way.write))
    ]
    return [*broken, *((kind, note) for kind, note in _others(plan) if path and note.path and _about(note, path))]


def _all_notes(plan: Plan) -> Iterator[tuple[str, Note]]:
    yield from (("broken rule", _broken(each)) for each in plan.violations)
    yield from _others(plan)


def _broken(violation: Violation) -> Note:
    return Note(violation.path, f"{violation.message}. To fix it: {violation.fix}")


def _others(plan: Plan) -> Iterator[tuple[str, Note]]:
    for kind, notes in {"warning": plan.warnings, "to do": plan.to_do, "assumed": plan.assumptions}.items():
        yield from ((kind, note) for note in notes)


def _about(note: Note | Violation, path: str) -> bool:
    names = getattr(note, "names", ())
    return within(note.path, path) or note.path == thing(path) or thing(path).rpartition(".")[2] in names


def _unknown(plan: Plan, found: Sequence[Recorded], key: str) -> str:
    known = {*_every(plan), *planned_paths(plan), *(each.rpartition(".")[2] for each in planned_paths(plan))}
    known |= {each.name for each in found} | {each.type.rpartition(":")[2] for each in found}
    near = _near_ends(plan, key)[:_NEAR] or difflib.get_close_matches(key, sorted(known), n=_NEAR, cutoff=0.6)
    meant = (
        f"did you mean {', '.join(near)}?" if near else "write a path such as models.NAME.gpus, a name, or a resource"
    )
    return f"{plan.stack} has no key, name or resource {key}; {meant}"


def _every(plan: Plan) -> Mapping[str, Any]:
    return flat("", plan.settings.model_dump(mode="json", by_alias=True))


def _near_ends(plan: Plan, key: str) -> list[str]:
    """Also of an engine's argument, which is written in another way: max-num-seqs and maxNumSeqs."""
    return _at_ends(_every(plan), key) or _at_ends(_every(plan), camel(key.lstrip("-")))


def _at_ends(paths: Iterable[str], key: str) -> list[str]:
    """The whole paths of a key or section that was typed alone."""
    end = re.compile(rf"(.*\.{re.escape(key)})(?:\.|$)")
    return sorted({found[1] for each in paths if (found := end.match(each))})


def owner_title(plan: Plan, urn: str) -> str:
    """Whose a resource is that follows from no key."""
    return owner_of(urn).title or cloud_of(plan.settings).title
