"""What an engine makes of the arguments that the stack file adds to its own."""

from collections.abc import Collection
from dataclasses import dataclass


@dataclass(frozen=True)
class Argument:
    """A flag that the engine knows."""

    index: int  # of the item in the list
    typed: str  # the flag as it stands there
    flag: str  # its full name
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class BadArgument:
    """An item that the engine would refuse. Values aren't in it: one could be a credential."""

    index: int
    typed: str  # the flag as it stands there; blank: there is none
    got: str
    write: str
    flag: str = ""  # its full name, where the engine knows it
    known: Collection[str] = ()  # flags of which `typed` may have meant one
