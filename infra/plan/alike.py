"""What stands together in a report: things of which the same is said, and settings of several named things."""

from collections.abc import Hashable, Iterable
from typing import TypeVar

Who = TypeVar("Who")
Same = TypeVar("Same", bound=Hashable)

_NAMED = ("models", "gpuPools")  # sections whose keys are names


def alike(pairs: Iterable[tuple[Who, Same]]) -> dict[Same, list[Who]]:
    """The things of which the same is said, in the order in which it is said first."""
    found: dict[Same, list[Who]] = {}
    for who, same in pairs:
        found.setdefault(same, []).append(who)
    return found


def parts(path: str) -> tuple[str, str, str]:
    """`models.chat.replicas.max` as `models`, `chat`, `replicas.max`. In a section whose keys are no names, the middle
    is blank."""
    section, _, rest = path.partition(".")
    name, _, key = rest.partition(".")
    return (section, name, key) if section in _NAMED else (section, "", rest)
