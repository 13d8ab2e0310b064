"""What keeps GPUs free for the next replica."""

from dataclasses import dataclass


@dataclass(frozen=True)
class SparePlan:
    image: str  # of a program that sleeps
