"""Which resources a change adds, removes, changes and replaces, as the engine would find them."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from infra.diff.secret_values import secrets_changed
from infra.plan.alike import alike
from infra.registry import types_of
from infra.sides.properties import differences, leaves
from infra.sides.types import Change, Changes, Forces, Resource, ResourceChanges, name_of, type_of

_PLACEHOLDER = re.compile(r"\$\{([^{}]+)\}")
_INDEX = re.compile(r"\[[^]]*\]")
_PROVIDER, _PROVIDERS = "provider", "pulumi:providers:"
_WITH = "replaceWith"  # the engine's word for what is replaced along with another resource
# Pulumi acts on these itself; whatever else is in `options` orders resources and shows in no preview.
_OPTIONS = ("protect", "retain_on_delete", "delete_before_replace", "custom_timeouts")


def compare_resources(
    old: Sequence[Resource], new: Sequence[Resource], forces: Forces, settings: Changes = MappingProxyType({})
) -> ResourceChanges:
    """`settings`: those that changed; nothing else shows that a secret changed."""
    before: dict[str, Resource] = {each["urn"]: each for each in old}
    after: dict[str, Resource] = {each["urn"]: each for each in new}
    renamed = dict(_renamed(before, after))
    before = {renamed.get(urn, urn): each for urn, each in before.items()}
    both = sorted(before.keys() & after.keys())
    changes = secrets_changed(settings, {urn: after[urn] for urn in both})
    options: dict[str, Changes] = {}
    for urn in both:
        if before[urn] == after[urn]:
            continue
        found = differences(before[urn].get("inputs"), after[urn].get("inputs"))
        ignored = after[urn].get("options", {}).get("ignore_changes", [])
        if left := {path: change for path, change in found.items() if not _is_under(path, ignored)}:
            changes.setdefault(urn, {}).update(left)
        if own := differences(_own_options(before[urn]), _own_options(after[urn]), "options"):
            options[urn] = own
    _of_providers(changes, after, forces)
    because = _follow(changes, before, after, forces)
    changes = {urn: dict(sorted(found.items())) for urn, found in changes.items()}
    return ResourceChanges(
        added={urn: after[urn] for urn in sorted(after.keys() - before.keys())},
        removed={urn: before[urn] for urn in sorted(before.keys() - after.keys())},
        changed={urn: changes[urn] for urn in sorted(changes.keys() - because.keys())},
        replaced={urn: changes[urn] for urn in sorted(because)},
        because=because,
        unsure={
            urn: paths
            for urn in sorted(changes.keys() - because.keys())
            if (paths := tuple(path for path in changes[urn] if forces(type_of(urn), path) is None))
        },
        options=options,
    )


def _renamed(before: Mapping[str, Resource], after: Mapping[str, Resource]) -> Iterator[tuple[str, str]]:
    """Old and new URN of each resource whose alias is an old URN."""
    for urn in after.keys() - before.keys():
        for alias in after[urn].get("options", {}).get("aliases", []):
            was = alias if alias.startswith("urn:") else urn.removesuffix(name_of(urn)) + alias
            if was in before and was not in after:
                yield was, urn
                break


def _own_options(resource: Resource) -> dict[str, object]:
    return {key: value for key, value in resource.get("options", {}).items() if key in _OPTIONS}


def _is_under(path: str, parents: Sequence[str]) -> bool:
    bare = _INDEX.sub("", path)
    return any(bare == parent or bare.startswith(f"{parent}.") for parent in (_INDEX.sub("", each) for each in parents))


def _of_providers(changes: dict[str, dict[str, Change]], after: Mapping[str, Resource], forces: Forces) -> None:
    """Adds changes that a provider makes in all of its resources, such as tags or a region."""
    for urn in [each for each in changes if type_of(each).startswith(_PROVIDERS)]:
        types, provider = types_of(type_of(urn)), changes[urn]
        for each in after.values():
            mine = each.get("options", {}).get(_PROVIDER) == urn
            if reached := types.reached(provider, each["type"], forces) if mine else {}:
                changes.setdefault(each["urn"], {}).update(reached)


def _follow(
    changes: dict[str, dict[str, Change]], before: Mapping[str, Resource], after: Mapping[str, Resource], forces: Forces
) -> dict[str, tuple[str, ...]]:
    """Adds properties of other resources that a change makes unknown; returns what is replaced, and why."""
    users = _users(after)
    because: dict[str, tuple[str, ...]] = {}
    waiting = sorted(changes)
    while waiting:
        urn = waiting.pop(0)
        if urn in because:
            continue
        if forcing := _forcing(changes[urn], after[urn], forces):
            because[urn] = forcing
        for user, path, attribute in users.get(urn, ()):
            moved = urn in because or attribute in types_of(type_of(urn)).versions.get(type_of(urn), ())
            if moved and path not in changes.get(user, {}):
                what = _word(urn) if urn in because else f"version of {_word(urn)}"
                changes.setdefault(user, {})[path] = Change(f"(of the old {what})", f"(of the new {what})")
                waiting.append(user)
    # Properties that were added later may be more reasons for a replacement that was decided before.
    return {urn: _forcing(changes[urn], after[urn], forces) for urn in sorted(because)}


def _forcing(changes: Changes, resource: Resource, forces: Forces) -> tuple[str, ...]:
    """Properties that the provider can't change in place, and those for which the program asks for a replacement."""
    own = resource.get("options", {}).get("replace_on_changes", [])
    return tuple(
        path
        for path in sorted(changes)
        if path in (_PROVIDER, _WITH) or _is_under(path, own) or forces(resource["type"], path)
    )


def _word(urn: str) -> str:
    return f"{type_of(urn).rpartition(':')[2]} {name_of(urn)}"


def _users(after: Mapping[str, Resource]) -> dict[str, list[tuple[str, str, str]]]:
    """By URN: the resources that read its attributes, each with the property and the attribute."""
    by_name = alike((urn, name_of(urn)) for urn in sorted(after))
    users: dict[str, list[tuple[str, str, str]]] = {}
    for urn, resource in sorted(after.items()):
        provider = resource.get("options", {}).get(_PROVIDER)
        if provider:
            users.setdefault(provider, []).append((urn, _PROVIDER, ""))
        for other in resource.get("options", {}).get("replace_with", []):
            users.setdefault(other, []).append((urn, _WITH, ""))
        if "${" not in json.dumps(resource.get("inputs")):
            continue
        for path, value in leaves(resource.get("inputs")).items():
            for name, attribute in _read(value, by_name):
                for owner in _owners(by_name[name], urn, resource, path):
                    users.setdefault(owner, []).append((urn, path, attribute))
    return users


def _read(value: object, names: Mapping[str, list[str]]) -> Iterator[tuple[str, str]]:
    """Names and attributes of the placeholders in a value; both may hold dots."""
    for text in _PLACEHOLDER.findall(value if isinstance(value, str) else json.dumps(value)):
        parts = text.split(".")
        for length in range(len(parts) - 1, 0, -1):
            if (name := ".".join(parts[:length])) in names:
                yield name, ".".join(parts[length:])
                break


def _owners(candidates: Sequence[str], user: str, resource: Resource, path: str) -> list[str]:
    """Several types may share a name. Those on which the reader depends win, then those that the property names."""
    known = set(resource.get("options", {}).get("depends_on", []))
    found = [each for each in candidates if each != user and each in known]
    found = found or [each for each in candidates if each != user]
    named = [each for each in found if type_of(each).rpartition(":")[2].lower() in path.lower()]
    return named or found
