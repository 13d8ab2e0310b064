"""A recording: registrations, what is read, and the outputs of a stack."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Recorded:
    """One registration as the engine sees it: inputs by the schema's keys, and the options that are set."""

    urn: str
    type: str
    name: str
    parent: str | None
    inputs: Mapping[str, Any]
    options: Mapping[str, Any]


@dataclass(frozen=True)
class Read:
    """A resource of somebody else that the program reads."""

    urn: str
    type: str
    name: str
    id: str


@dataclass
class Recording:
    """All registrations, sorted by URN, what is read, and the stack's outputs."""

    resources: list[Recorded] = field(default_factory=list)
    outputs: dict[str, Any] = field(default_factory=dict)
    reads: list[Read] = field(default_factory=list)

    def of(self, type_: str) -> list[Recorded]:
        """All resources of a type token, e.g. `kubernetes:apps/v1:Deployment`."""
        return [r for r in self.resources if r.type == type_]

    def one(self, type_: str, name: str) -> Recorded:
        """The resource of that type and logical name."""
        found = [r for r in self.of(type_) if r.name == name]
        if len(found) != 1:
            raise LookupError(
                f"{len(found)} resources are {type_} {name!r}; of that type: {[r.name for r in self.of(type_)]}"
            )
        return found[0]
