"""What is known of a stack before it is planned."""

from dataclasses import dataclass
from typing import Any

from infra.catalog import Catalog
from infra.settings.platform import Settings


@dataclass(frozen=True)
class StackFile:
    """A stack's validated settings. Of the secrets that are set it has only the names."""

    stack: str
    settings: Settings
    region: str | None
    secrets: frozenset[str]
    catalog: Catalog  # with the models of the lock beside the file
    config: Any = None  # what the cloud reads from its own keys
