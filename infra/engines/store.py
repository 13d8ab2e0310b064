"""How downloads lie on the cache."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Store:
    """A folder of the cache. Below it each model has a directory, at any depth: the first one with a file in it, or
    with a directory of a name in `marks`."""

    folder: str
    marks: tuple[str, ...]
    partial: str  # the pattern of files that a download hasn't finished
