"""What one run counts of a model."""

from array import array
from dataclasses import dataclass, field


def _floats() -> "array[float]":
    return array("d")


@dataclass
class Counted:
    """Each request that arrived is answered, limited, lost, too long, elsewhere, or still in the system at the end."""

    arrived: int = 0
    answered: int = 0
    limited: int = 0  # 429: above a limit of its client
    refused: int = 0  # 503: no replica was ready in time
    silent: int = 0  # 504: no byte came for too long
    cut: int = 0  # the answer took longer than the gateway allows
    too_long: int = 0  # longer than the model's context
    elsewhere: int = 0  # answered by the fallback
    held: int = 0
    preempted: int = 0
    first_tokens: "array[float]" = field(default_factory=_floats)  # seconds, by request
    per_token: "array[float]" = field(default_factory=_floats)
    stayed: float = 0.0  # seconds of all requests that left, from arrival to end
    queue: "array[float]" = field(default_factory=_floats)  # requests that wait, by sample
    inside: "array[float]" = field(default_factory=_floats)  # requests in the system, by sample
    replicas: list[tuple[float, int]] = field(default_factory=list[tuple[float, int]])  # ready, from a time on
    gpu_seconds: float = 0.0  # of pods, from when they have GPUs

    @property
    def lost(self) -> int:
        """An error instead of a whole answer."""
        return self.refused + self.silent + self.cut

    @property
    def left(self) -> int:
        return self.answered + self.limited + self.lost + self.too_long + self.elsewhere
