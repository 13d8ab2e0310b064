"""Pods whose number, or what they ask for, follows what they use: plain data."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class PodScaling:
    """Between how many pods, and the use per pod in the mean above which there is another one."""

    min: int
    max: int
    cpu: float  # cores
    memory_mib: int | None  # None: what its pods need doesn't depend on what they are asked
    step: int  # pods that may come per minute
    keep_seconds: int  # how long a pod stays after it was last needed


@dataclass(frozen=True)
class VerticalScaling:
    """How what pods ask for follows what they used, and its bounds."""

    mode: Literal["Off", "Initial", "Recreate", "InPlaceOrRecreate"]
    cpu: tuple[float, float] | None  # cores: from, to; None: it stays
    memory_gib: tuple[float, float] | None
    min_replicas: int  # that have to be ready before one is ended

    @property
    def applies(self) -> bool:
        """False: it only says what it would change."""
        return self.mode != "Off"
