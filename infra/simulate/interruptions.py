"""Spot nodes that the cloud takes back: pods are asked to leave, and what they have not answered by then is cut."""

import random
from dataclasses import dataclass

from infra.simulate.deployment import At
from infra.simulate.nodes import SCAN_SECONDS, Node, Pool

# Of each node, per month: an estimate. The Spot Instance Advisor (read on 2026-11-27; its address stands in the room of
# its cloud) states a range per type, from under 5 % to over 20 %; assumed is the start of the worst one.
PER_MONTH = 0.20
_MONTH_SECONDS = 30 * 86_400


@dataclass(eq=False)
class Interruptions:
    pool: Pool
    notice: float  # seconds from when pods are asked to leave until the node is gone
    chance: random.Random
    at: At
    taken: int = 0

    def scan(self, now: float) -> None:
        for node in list(self.pool.nodes):
            if node.step.spot and not node.going and self.chance.random() < PER_MONTH * SCAN_SECONDS / _MONTH_SECONDS:
                self._take(node, now)

    def one(self, now: float, _: None) -> None:
        """A spot node with the minimum of free GPUs."""
        staying = [each for each in self.pool.nodes if each.step.spot and not each.going]
        if staying:
            self._take(min(staying, key=lambda each: each.free), now)

    def _take(self, node: Node, now: float) -> None:
        self.taken += 1
        self.pool.evict(node, now)
        self.at(now + self.notice, self.pool.gone, node)
