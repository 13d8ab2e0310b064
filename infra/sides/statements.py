"""What can be said of each thing of a side, and the pods that things are said of."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from infra.sides.properties import leaves
from infra.sides.types import Resource, Side

Statements = dict[str, set[str]]  # by thing
_REFERENCE = re.compile(r"\$\{([^}]+)\.[^.}]+\}")
JOB = "kubernetes:batch/v1:Job"


@dataclass(frozen=True)
class Workload:
    """What starts pods."""

    name: str  # of the Kubernetes object
    type: str
    namespace: str
    labels: Mapping[str, str]
    pod: Mapping[str, Any]

    @property
    def containers(self) -> Sequence[Mapping[str, Any]]:
        return [*self.pod.get("initContainers", []), *self.pod.get("containers", [])]


def say(found: Statements, thing: str, *statements: str) -> None:
    found.setdefault(thing, set()).update(statements)


def say_of_each(found: Statements, side: Side, of: Callable[[Resource], Iterator[tuple[str, str]]]) -> None:
    """What `of` says of each resource, by thing."""
    for each in side.resources:
        for thing, statement in of(each):
            say(found, thing, statement)


def workloads(side: Side) -> Iterator[Workload]:
    for each in side.resources:
        spec = each["inputs"].get("spec") if each["type"].startswith("kubernetes:") else None
        template = spec.get("template") if isinstance(spec, Mapping) else None
        if isinstance(template, Mapping) and isinstance(template.get("spec"), Mapping):
            about, labels = each["inputs"]["metadata"], template.get("metadata", {}).get("labels", {})
            yield Workload(about.get("name", ""), each["type"], about.get("namespace", ""), labels, template["spec"])


def words(container: Mapping[str, Any]) -> list[str]:
    """Command and arguments."""
    return [str(each) for each in (*container.get("command", []), *container.get("args", []))]


def variables(container: Mapping[str, Any]) -> dict[str, str]:
    return {each["name"]: str(each.get("value", "")) for each in container.get("env", [])}


def plain(key: str, value: Any) -> Iterator[str]:
    """A statement for each leaf of a property."""
    for path, leaf in leaves({key: value}).items():
        yield f"{path}: {', '.join(map(referred, listed(leaf)))}"


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def referred(value: Any) -> str:
    """`${network-vpc.id}` as the resource that it is of, also where it is a part of the text."""
    return _REFERENCE.sub(r"\1", str(value))
