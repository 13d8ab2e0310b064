"""Who owns a resource: the owner of the component that stands in its URN."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

CLAIM, VOLUME = "kubernetes:core/v1:PersistentVolumeClaim", "kubernetes:core/v1:PersistentVolume"
_WORDS = {CLAIM: "claim", VOLUME: "volume"}
_POD_TEMPLATE = "spec.template."
REPLACED, REMOVED, ADDED, CHANGED = "replaced", "removed", "added", "changed"


@dataclass(frozen=True)
class Touched:
    """A resource that a change touches."""

    act: str  # REPLACED and so on
    type: str
    name: str
    holds_data: bool = False  # it can't be recreated with the data in it
    paths: tuple[str, ...] = ()  # properties that change


class Owner:
    """Owns resources: a cloud, a service or a part of the platform. An owner overrides what differs for it."""

    name: str  # in `allow`
    title: str  # at the start of a sentence
    owns: tuple[str, ...] = ()  # type tokens of its components
    keys: tuple[str, ...] = ()  # paths of the stack file from which its resources follow
    guards: Mapping[str, str] = MappingProxyType({})  # type -> its name in `allow`, where that isn't the owner's name
    ground: frozenset[str] = frozenset()  # types whose replacement or removal also recreates every model's pods

    def guard_of(self, type_: str, *, holds_data: bool) -> str | None:
        """The name in `allow` by which a resource of that type is guarded; None: it isn't guarded."""
        return self.guards.get(type_) or (self.name if holds_data else None)

    def notices(self, touched: Sequence[Touched]) -> Iterator[str]:
        """What its users notice of a change: parts of a sentence that begins with its title."""
        if any(each.act == ADDED and each.type in self.owns for each in touched):
            yield "it is new"
        yield from _gone(touched, REPLACED, "recreated")
        yield from _gone(touched, REMOVED, "removed")
        if any(each.act == CHANGED and _restarts(each.paths) for each in touched):
            yield "its pods restart"


class Part(Owner):
    """A part of the platform itself. Its users are those of the models."""

    def notices(self, touched: Sequence[Touched]) -> Iterator[str]:
        """Nothing: `infra/diff/traffic.py` says per model what users notice."""
        yield from ()


class UnknownOwner(Owner):
    """A component that nobody registered, or a resource without one."""

    def __init__(self, title: str, name: str, *owns: str) -> None:
        self.title, self.name, self.owns = title, name, owns


def is_component(type_: str) -> bool:
    """Whether a type is a component's. A provider's types have a slash (`kubernetes:apps/v1:Deployment`); those of
    Pulumi itself begin with `pulumi:`."""
    return "/" not in type_ and not type_.startswith("pulumi:")


def word_of(type_: str) -> str:
    """The word for a type in a sentence."""
    return _WORDS.get(type_, type_.rpartition(":")[2])


def _gone(touched: Sequence[Touched], act: str, done: str) -> Iterator[str]:
    gone = [each for each in touched if each.act == act and not is_component(each.type)]
    with_data = {each.type for each in gone if each.holds_data}
    for type_, number in Counter(each.type for each in gone).items():
        word = word_of(type_)
        what = f"its {word} is {done}" if number == 1 else f"{number} of its {word}s are {done}"
        yield f"{what} and the data in it is lost" if type_ in with_data else what


def _restarts(paths: Iterable[str]) -> bool:
    return any(path.startswith(_POD_TEMPLATE) for path in paths)
