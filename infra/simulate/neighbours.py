"""A model that isn't simulated: its pods keep the GPUs that simulated models may want, by the hour where it has a
schedule."""

from dataclasses import dataclass, field

from infra.simulate.nodes import Pod, Pool
from infra.simulate.platform import Beside


@dataclass(eq=False)
class Neighbour:
    beside: Beside
    pool: Pool
    begins: float  # second of the week at which the run begins
    pods: list[Pod] = field(default_factory=list[Pod])

    def begin(self) -> None:
        for _ in range(self._wanted(0.0)):
            self.pods.append(self._pod())
            self.pool.begin(self.pods[-1])

    def follow(self, now: float) -> None:
        wanted = self._wanted(now)
        while len(self.pods) < wanted:
            self.pods.append(self._pod())
            self.pool.ask(self.pods[-1], now)
        while len(self.pods) > wanted:
            self.pool.leave(self.pods.pop(), now)

    def _wanted(self, now: float) -> int:
        hours = self.beside.hours
        return max(self.beside.replicas, hours.replicas(self.begins + now) if hours is not None else 0)

    def _pod(self) -> Pod:
        return Pod(self.beside.gpus, evicted=self._evicted, lost=self._lost)

    def _evicted(self, pod: Pod, now: float) -> None:
        self.pods.remove(pod)
        self.follow(now)

    def _lost(self, pod: Pod, now: float) -> None:
        self.pool.leave(pod, now)
