"""What an `up` that was cut off has left behind, each thing by itself."""

from dataclasses import dataclass
from typing import Literal

from infra.live.state import Held


@dataclass(frozen=True)
class Left:
    """One thing that was found, and what happens to it; `id` as the provider imports it."""

    held: Held
    found: str
    becomes: Literal["imported", "forgotten", "released", "upgraded", "taken back", "unbound", "yours"]
    id: str = ""
    removes: tuple[str, ...] = ()  # Helm's records of a release
    fails: str = ""  # the record that is marked as failed
    advice: str = "Look at it yourself"

    @property
    def cut_off(self) -> bool:
        """Whether the state has it as a creation without an end."""
        return not self.held.id

    @property
    def changes(self) -> bool:
        """Whether `repair` does anything with it."""
        return self.cut_off or self.becomes != "yours"
