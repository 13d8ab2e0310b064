"""`plan --why KEY`: why a value or a resource is there, what follows from it, and which rows of the bill it is in."""

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from infra.cli.why_monitoring import ASKED_BY, logical_names, part_of, rows_of
from infra.offline import Planned
from infra.plan.alike import parts
from infra.plan.money import CostItem
from infra.plan.notes import Note
from infra.plan.plan import Plan
from infra.recording import Recorded
from infra.registry import cloud_of, owner_of

_NAMED = ("models", "gpuPools", "external", "gateway.clients", "addons")  # sections whose keys are names
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
    origins = {each.urn: _origin(plan, each) for each in found}
    asked = [each for each in found if key in (each.urn, each.name, each.type, each.type.rpartition(":")[2])]
    paths = _paths(plan, key)
    if not paths and not asked:
        raise UnknownKey(_unknown(plan, found, key))
    subjects = paths or sorted({origins[each.urn] for each in asked if origins[each.urn]})
    follows = [each for each in found if paths and any(_within(origins[each.urn], _thing(path)) for path in paths)]
    resources = {each.urn: origins[each.urn] for each in (follows if paths else asked)}
    about = subjects if paths or len(subjects) == 1 else []
    values = [value for path in about for value in _values(plan, path)]
    one = subjects[0] if len(subjects) == 1 else ""
    return Why(key, subjects, values, _reasons(plan, one, values), _notes(plan, one), resources, _items(plan, one))


def _paths(plan: Plan, key: str) -> list[str]:
    """Paths of the stack file that a key means: a path itself, or the name of a model, a pool, a client, an add-on."""
    path = re.sub(r"^pools\.", "gpuPools.", key)
    found = [path] if _exists(plan, path) else []
    if not found and "." not in key:
        found = [f"{section}.{key}" for section in _NAMED if _exists(plan, f"{section}.{key}")]
    return [ASKED_BY.get(each, each) for each in found]


def _exists(plan: Plan, path: str) -> bool:
    return _field(plan, path) is not None or any(_within(each, path) for each in _planned_paths(plan))


def _planned_paths(plan: Plan) -> set[str]:
    """What the plan has, also where the stack file says nothing of it."""
    named = {"gpuPools": plan.pools, "gateway.clients": plan.traffic.clients, "addons": plan.addons}
    names = {f"{section}.{name}" for section, names in named.items() for name in names}
    return {*plan.chosen, *names, *(model.path for model in plan.models.values())}


def _field(plan: Plan, path: str) -> tuple[Any, str] | None:
    """A value of the settings and what its key is for; None: the stack file has no such key."""
    at: Any = plan.settings
    said = ""
    for key in path.split("."):
        if isinstance(at, BaseModel):
            known = {each.alias or name: (name, each.description or "") for name, each in type(at).model_fields.items()}
            if key not in known:
                return None
            name, said = known[key]
            at = getattr(at, name)
        elif isinstance(at, Mapping) and key in at:
            at, said = at[key], ""
        else:
            return None
    return at, said


def _values(plan: Plan, path: str) -> Iterator[Value]:
    """What the stack file gives below a path, what was chosen there, and else the default of the key itself."""
    given = _flat("", plan.settings.model_dump(mode="json", by_alias=True, exclude_unset=True))
    said = {
        at: Value(at, value, "given", "it is in the stack file") for at, value in given.items() if _within(at, path)
    }
    chosen = [each for each in plan.chosen.values() if _within(each.path, path)]
    said |= {each.path: Value(each.path, each.value, "chosen", each.whole_reason) for each in chosen}
    if not said and (found := _field(plan, path)) is not None and not isinstance(found[0], BaseModel | Mapping):
        said[path] = Value(path, found[0], "default", found[1] or "the stack file doesn't say otherwise")
    yield from (said[at] for at in sorted(said))


def _flat(start: str, tree: Any) -> dict[str, Any]:
    """Leaves by dotted path; an empty mapping and a list are leaves."""
    if not isinstance(tree, Mapping) or not tree:
        return {start: tree}
    dot = f"{start}." if start else ""
    return {at: leaf for key, value in tree.items() for at, leaf in _flat(f"{dot}{key}", value).items()}


def _thing(path: str) -> str:
    """What a path is about: `models.chat` of `models.chat.gpus`, `cache` of `cache.kind`."""
    for section in _NAMED:
        if path.startswith(f"{section}."):
            return f"{section}.{path.removeprefix(f'{section}.').partition('.')[0]}"
    return part_of(path) or path.partition(".")[0]


def _within(path: str, other: str) -> bool:
    return path == other or path.startswith(f"{other}.")


def _origin(plan: Plan, resource: Recorded) -> str:
    """The path from which a resource follows, by its logical name and its owner; blank: every stack has it."""
    keys = owner_of(resource.urn).keys
    mine = [
        (len(name), path)
        for name, path in _logical_names(plan)
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
    addons = ((f"addons-{_kebab(name)}", f"addons.{name}") for name in plan.addons)
    yield from ((name, path) for name, path in addons if path not in ASKED_BY)
    yield from logical_names()


def _may_be(named: str, keys: Sequence[str]) -> bool:
    """A model that is called as a resource of the cluster is, isn't where that comes from."""
    pools = named.startswith("gpuPools.") and "cluster" in keys
    measures = part_of(named) is not None and "addons" in keys
    return pools or measures or any(_within(named, key) or _within(key, named) for key in keys)


def _kebab(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name).lower()


def _reasons(plan: Plan, path: str, values: Sequence[Value]) -> Sequence[str]:
    """Those of a model or a pool; of a key, those that name it. What was chosen says its reason itself."""
    section, name, key = parts(path)
    if section == "models":
        found = next((each.reasons for each in plan.models.values() if _within(path, each.path)), ())
    elif section == "gpuPools" and name in plan.pools:
        found = plan.pools[name].reasons
    else:
        found = (plan.cache.reason,) if section == "cache" else ()
    word = _kebab(key.rpartition(".")[2])
    naming = [each for each in found if word and (each.startswith(f"{word} ") or ("-" in word and word in each))]
    return naming or ([] if {each.origin for each in values if each.path == path} - {"given"} else found)


def _notes(plan: Plan, path: str) -> list[tuple[str, Note]]:
    kinds = {"warning": plan.warnings, "to do": plan.to_do, "assumed": plan.assumptions}
    broken = [("broken rule", Note(each.path, f"{each.message}. To fix it: {each.fix}")) for each in plan.violations]
    found = [*broken, *((kind, note) for kind, notes in kinds.items() for note in notes)]
    return [(kind, note) for kind, note in found if path and note.path and _about(note, path)]


def _about(note: Note, path: str) -> bool:
    names = getattr(note, "names", ())
    return _within(note.path, path) or note.path == _thing(path) or _thing(path).rpartition(".")[2] in names


def _items(plan: Plan, path: str) -> list[CostItem]:
    """The rows of the nodes of a pool, a model's too; all others of the cluster; else those that name it."""
    section, name, _ = parts(path)
    if section in ("models", "gpuPools"):
        pools = (
            {each.pool for each in plan.models.values() if _within(path, each.path)} if section == "models" else {name}
        )
        return [each for each in plan.cost.items if each.pool is not None and each.pool in pools]
    if section == "cluster":
        return [each for each in plan.cost.items if each.pool is None and not _of_others(plan, each)]
    if (rows := rows_of(path)) is not None:
        return [each for each in plan.cost.items if each.name in rows]
    last = _kebab(_thing(path).rpartition(".")[2]) if path else ""
    words = {last, plan.cache.kind, "weights"} if section == "cache" else {last}
    return [each for each in plan.cost.items if any(word and _names(each, word) for word in words)]


def _names(item: CostItem, word: str) -> bool:
    """In its name, or at the beginning of what it is: `system nodes` only says whose shares are elsewhere."""
    in_name = re.search(rf"\b{re.escape(word)}\b", item.name, re.IGNORECASE) is not None
    return in_name or (item.pool is None and item.what.lower().startswith(f"the {word}"))


def _of_others(plan: Plan, item: CostItem) -> bool:
    words = ("gateway", plan.cache.kind, *map(_kebab, plan.addons))
    return item.name in (rows_of("monitoring") or ()) or any(_names(item, word) for word in words)


def _unknown(plan: Plan, found: Sequence[Recorded], key: str) -> str:
    flat = _flat("", plan.settings.model_dump(mode="json", by_alias=True))
    known = {*flat, *_planned_paths(plan), *(each.rpartition(".")[2] for each in _planned_paths(plan))}
    known |= {each.name for each in found} | {each.type.rpartition(":")[2] for each in found}
    near = difflib.get_close_matches(key, sorted(known), n=_NEAR, cutoff=0.6)
    meant = (
        f"did you mean {', '.join(near)}?" if near else "write a path such as models.NAME.gpus, a name, or a resource"
    )
    return f"{plan.stack} has no key, name or resource {key}; {meant}"


def owner_title(plan: Plan, urn: str) -> str:
    """Whose a resource is that follows from no key."""
    return owner_of(urn).title or cloud_of(plan.settings).title
