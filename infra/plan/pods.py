"""Pods whose number follows what they use: plain data."""

from dataclasses import dataclass


@dataclass(frozen=True)
class PodScaling:
    """Between how many pods, and the use per pod in the mean above which there is another one."""

    min: int
    max: int
    cpu: float  # cores
    memory_mib: int | None  # None: what its pods need doesn't depend on what they are asked
    step: int  # pods that may come per minute
    keep_seconds: int  # how long a pod stays after it was last needed
