"""What is said of access that changes."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Said:
    """The statements about one thing that a change adds, and those that it removes."""

    added: tuple[str, ...]
    removed: tuple[str, ...]


Access = Mapping[str, Mapping[str, Said]]  # by heading and thing
