"""What a diff asks a cloud about the resource types of its SDK. Whatever a cloud doesn't override is empty."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from infra.sides.types import Change, Changes, Forces, Resource, ResourceChanges, Side

Said = tuple[str, str]  # a thing, and a statement about it


@dataclass(frozen=True)
class NodeGroups:
    """The nodes that the stack makes."""

    type: str
    system: str | None  # the logical name of the group for what isn't a model
    restarting: tuple[str, ...]  # properties whose change, or one below them, replaces every node of the group
    ended_by: str  # who drains and ends nodes, in a sentence


@dataclass(frozen=True)
class Reach:
    """From where a load balancer can be reached."""

    where: str
    public: bool


class ResourceTypes:
    """The resource types of one SDK."""

    package = ""  # what its type tokens begin with
    replacements: Path | None = None  # a table as `infra/diff/replacements.csv`
    in_place: frozenset[str] = frozenset()  # types of which the table lists nothing, because all of it changes in place
    holds_data: frozenset[str] = frozenset()  # types that can't be recreated with the data in them
    words: Mapping[str, str] = MappingProxyType({})  # what `allow` calls each guarded type, the most severe loss first
    computed: Mapping[str, tuple[str, ...]] = MappingProxyType({})  # attributes that the provider computes, by type
    versions: Mapping[str, tuple[str, ...]] = MappingProxyType({})  # those that it computes again with each change
    nodes: tuple[NodeGroups, ...] = ()

    def reached(self, provider: Changes, type_: str, forces: Forces) -> Mapping[str, Change]:
        """What a change of the provider itself changes in its resources of a type."""
        return {}

    def exposure(self, resource: Resource) -> Iterator[Said]:
        """From where a resource can be reached."""
        yield from ()

    def egress(self, resource: Resource) -> Iterator[Said]:
        """Where a resource sends traffic to."""
        yield from ()

    def code(self, resource: Resource) -> Iterator[Said]:
        """Whose code a resource runs, and in which version."""
        yield from ()

    def rights(self, resource: Resource) -> Iterator[Said]:
        """Whom a resource allows to do what: who, and what they may."""
        yield from ()

    def reach(self, annotations: Mapping[str, Any]) -> Reach | None:
        """The reach of an Ingress's load balancer, by its annotations; with another reach it gets another address.
        None: it isn't this cloud's load balancer."""
        return None

    def refused_in_place(self, old: Side, new: Side, resources: ResourceChanges) -> Iterator[tuple[str, str, str]]:
        """What its API refuses to change: a path of the stack file, what is refused, and the way out."""
        yield from ()

    def advice(self, old: Side, new: Side) -> Iterator[str]:
        """What to do by hand before a change."""
        yield from ()

    def notices(self, old: Side, new: Side) -> Iterator[tuple[str, str, str]]:
        """What users of the whole stack notice: a thing, what happens during `up`, and what holds afterwards."""
        yield from ()
