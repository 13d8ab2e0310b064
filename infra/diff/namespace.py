"""The models' namespace, where the stack gives it away or wants one that exists."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from infra.diff.findings import Found
from infra.settings.cluster import Namespace
from infra.sides.types import Resource, ResourceChanges, Side, type_of

NAMESPACE = "kubernetes:core/v1:Namespace"
_CREATE = "namespace.create"


def with_released(resources: ResourceChanges, new: Side) -> ResourceChanges:
    """What the new program reads by the URN of a resource that the old one created: the engine lets go of it."""
    released = {
        urn: each for urn, each in resources.removed.items() if urn in new.reads and new.reads[urn] == _name(each)
    }
    removed = {urn: each for urn, each in resources.removed.items() if urn not in released}
    return replace(resources, removed=removed, released=released)


def released(resources: ResourceChanges) -> Iterator[Found]:
    """To-dos, in the words of a plan's."""
    for namespace in _released(resources):
        yield {
            "path": _CREATE,
            "message": f"give applications that read the ConfigMap llm-platform a Role and a RoleBinding in"
            f" {_name(namespace)}, before `pulumi up`: those of this stack are removed. The namespace itself stays with"
            " its labels and all that is in it, and `pulumi destroy` leaves it from then on",
        }


def not_there_already(to_do: Sequence[Found], resources: ResourceChanges) -> Iterator[Found]:
    """Without those that ask for a namespace, or for a label of it, that the stack created."""
    made = list(_released(resources))
    there = [f"{key}={value}" for each in made for key, value in (_metadata(each).get("labels") or {}).items()]
    for each in to_do:
        asked = each["path"] == "namespace.name" and "has to exist" in each["message"] and made
        labelled = each["path"] == _CREATE and any(label in each["message"] for label in there)
        if not (asked or labelled):
            yield each


def taken_over(old: Side, new: Side, resources: ResourceChanges) -> Iterator[tuple[str, str, str]]:
    """Path, message and fix of a change that an API refuses."""
    was = old.platform.get("namespace") or {}
    if was.get("create") is not False or not new.exists:
        return
    for urn, each in resources.added.items():
        if type_of(urn) == NAMESPACE and (name := _name(each)) == was.get("name", Namespace().name):
            message = f"the namespace {name} exists, and a stack creates no namespace that exists"
            yield _CREATE, message, f"namespace: {{name: {name}, create: false}}, as it was"


def _released(resources: ResourceChanges) -> Iterator[Resource]:
    return (each for urn, each in resources.released.items() if type_of(urn) == NAMESPACE)


def _name(resource: Resource) -> str | None:
    return _metadata(resource).get("name")


def _metadata(resource: Resource) -> Mapping[str, Any]:
    return (resource.get("inputs") or {}).get("metadata") or {}
