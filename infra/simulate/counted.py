"""What one run counts of a model."""

from array import array
from dataclasses import dataclass, field


def _floats() -> "array[float]":
    return array("d")


@dataclass
class Rolled:
    """A rollout: from when, the minimum of ready replicas in it, until when all replicas are new; None: not yet."""

    begun: float
    ready: int
    ended: float | None = None

    def saw(self, ready: int) -> None:
        if self.ended is None:
            self.ready = min(self.ready, ready)

    def done(self, now: float) -> None:
        self.ended = now if self.ended is None else self.ended


@dataclass
class Counted:
    """Each request that arrived is answered, limited, lost, too long, elsewhere, or still in the system at the end."""

    arrived: int = 0
    answered: int = 0
    limited: int = 0  # 429: above a limit of its client
    refused: int = 0  # 503: no replica was ready in time
    silent: int = 0  # 504: no byte came for too long
    cut: int = 0  # the answer took longer than the gateway allows
    broken: int = 0  # its node was taken back before the answer had ended
    too_long: int = 0  # longer than the model's context
    elsewhere: int = 0  # answered by the fallback
    held: int = 0
    preempted: int = 0
    first_tokens: "array[float]" = field(default_factory=_floats)  # seconds, by request
    first_at: "array[float]" = field(default_factory=_floats)  # when each of them came
    per_token: "array[float]" = field(default_factory=_floats)
    stayed: float = 0.0  # seconds of all requests that left, from arrival to end
    queue: "array[float]" = field(default_factory=_floats)  # requests that wait, by sample
    inside: "array[float]" = field(default_factory=_floats)  # requests in the system, by sample
    replicas: list[tuple[float, int]] = field(default_factory=list[tuple[float, int]])  # ready, from a time on
    rollouts: list[Rolled] = field(default_factory=list[Rolled])
    gpu_seconds: float = 0.0  # of pods, from when they have GPUs

    @property
    def lost(self) -> int:
        """An error instead of a whole answer."""
        return self.refused + self.silent + self.cut + self.broken

    @property
    def left(self) -> int:
        return self.answered + self.limited + self.lost + self.too_long + self.elsewhere
