"""What two plans are compared as."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from infra.config_keys import PLATFORM

Document = Mapping[
    str, Any
]  # the JSON of `plan`: the base may have been planned by older code, so that is all we share
Resource = Mapping[str, Any]
_GROUP = "-nodes"


@dataclass(frozen=True)
class Change:
    """None: it isn't there."""

    old: Any
    new: Any

    def __bool__(self) -> bool:
        """Whether anything changed; in Python True is 1."""
        return self.old != self.new or isinstance(self.old, bool) != isinstance(self.new, bool)


Changes = Mapping[str, Change]  # by path
Forces = Callable[[str, str], bool | None]  # whether a change of that property of that type replaces it; None: unknown


@dataclass(frozen=True)
class Side:
    """A stack as the base or the working tree has it; a stack that isn't there has no models and no resources."""

    plan: Document = field(default_factory=dict)
    config: Mapping[str, Any] = field(default_factory=dict)  # `config` of the stack file
    file: Path | None = None  # the stack file, with the lock of models beside it

    @property
    def exists(self) -> bool:
        return bool(self.plan)

    @property
    def platform(self) -> Mapping[str, Any]:
        platform = self.config.get(PLATFORM)
        return platform if isinstance(platform, Mapping) else {}

    @property
    def models(self) -> Mapping[str, Mapping[str, Any]]:
        return self.plan.get("models", {})

    @property
    def pools(self) -> Mapping[str, Mapping[str, Any]]:
        return self.plan.get("gpu_pools", {})

    @property
    def resources(self) -> Sequence[Resource]:
        return self.plan.get("resources", [])

    @property
    def reads(self) -> Mapping[str, str]:
        """The ids of the resources of others that the program reads, by URN."""
        return {each["urn"]: each["id"] for each in self.plan.get("reads", [])}

    @property
    def outputs(self) -> Mapping[str, Any]:
        return self.plan.get("outputs", {})

    def endpoint(self, model: str) -> Mapping[str, Any]:
        """What the stack's outputs say of a model."""
        return (self.outputs.get("models") or {}).get(model) or {}

    def paused(self, server: str) -> bool:
        """Whether it has no pods because its model is paused: a next version is with it."""
        model = (self.models.get(server) or {}).get("next_of") or server
        return bool(self.endpoint(model).get("paused"))

    def resource(self, type_: str, name: str) -> Resource | None:
        return next((r for r in self.resources if r["type"] == type_ and r["name"] == name), None)


@dataclass(frozen=True)
class ResourceChanges:
    """What `pulumi up` would do to resources; by URN."""

    added: Mapping[str, Resource]
    removed: Mapping[str, Resource]
    changed: Mapping[str, Changes]
    replaced: Mapping[str, Changes]
    because: Mapping[str, tuple[str, ...]]  # of the replaced: the properties that force it
    unsure: Mapping[str, tuple[str, ...]]  # of the changed: properties of types whose replacement nobody looked up
    options: Mapping[str, Changes]  # protect and such: Pulumi's own, no cloud is asked
    released: Mapping[str, Resource] = field(default_factory=dict)  # they stay, and the stack only reads them

    def __bool__(self) -> bool:
        return any((self.added, self.removed, self.changed, self.replaced, self.options, self.released))

    def acts(self) -> dict[str, list[str]]:
        """What happens to resources, each counted once."""
        changed = {*self.changed, *self.options} - self.replaced.keys()
        found = {
            "replaced": self.replaced,
            "changed": changed,
            "added": self.added,
            "removed": self.removed,
            "no longer managed": self.released,
        }
        return {act: kept for act, urns in found.items() if (kept := sorted(urns))}

    def touched(self) -> Iterator[str]:
        """URNs of what is there before and after, and isn't left as it is."""
        yield from sorted({*self.changed, *self.replaced})


def pool_of(group: str) -> str:
    """The pool of a node group by its name: `l4-nodes`, or one of a place, `l4-nodes-use1-az1`."""
    return group.rpartition(_GROUP)[0] or group


def name_of(urn: str) -> str:
    return urn.rpartition("::")[2]


def type_of(urn: str) -> str:
    """`kubernetes:apps/v1:Deployment`; a child's URN has its parents' types before."""
    return urn.split("::")[2].rpartition("$")[2]
