"""The requests of a run, in the order in which they come."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Arrivals:
    """One row per request in each list."""

    times: Sequence[float]  # seconds from the start, ascending
    models: Sequence[int]  # places in `names`
    prompts: Sequence[int]  # tokens
    outputs: Sequence[int]
    names: tuple[str, ...]
    seconds: float  # that the run takes
    begins: float = 0.0  # second of the week in UTC, from Monday at 00:00, that is second 0 of the run
    clients: Sequence[int] = ()  # who asks, places among those of the platform; (): nobody is limited
    dated: bool = False  # `begins` is that of a file with dates

    def count(self, name: str) -> int:
        """Requests of a model."""
        return list(self.models).count(self.names.index(name)) if name in self.names else 0

    def mean(self, name: str) -> tuple[float, float]:
        """Tokens of a mean prompt and of a mean answer of a model."""
        which = self.names.index(name)
        rows = [row for row, model in enumerate(self.models) if model == which]
        if not rows:
            return (1.0, 1.0)
        return (
            sum(self.prompts[row] for row in rows) / len(rows),
            sum(self.outputs[row] for row in rows) / len(rows),
        )
