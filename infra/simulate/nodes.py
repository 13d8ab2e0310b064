"""The nodes of one pool: pods take GPUs of nodes, and the cluster autoscaler adds and removes nodes.

The autoscaler: its defaults of --scan-interval, --scale-down-unneeded-time and --scale-down-delay-after-add
(kubernetes/autoscaler, cluster-autoscaler/FAQ.md); the time until a new node is there is the plan's.
"""

import random
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from infra.sizing.estimates import Estimate

SCAN_SECONDS = 10
UNNEEDED_SECONDS = 600
AFTER_ADD_SECONDS = 600


@dataclass(frozen=True)
class PoolShape:
    """What a plan says of a pool."""

    name: str
    gpus_per_node: int
    min: int
    max: int
    made: bool  # the autoscaler adds and removes its nodes; else all of them are always there
    usd_per_node_hour: float | None


@dataclass(eq=False)
class Node:
    free: int  # GPUs
    ready: float
    since: float
    empty: float | None  # since when it has no pod


@dataclass(eq=False)
class Pod:
    """One that waits for GPUs, or has them. `placed` is called once it has them, with the time its node is ready."""

    gpus: int
    new_node: Sequence[Estimate]  # parts of the start of a node
    placed: Callable[["Pod", float, float], None]
    node: Node | None = None
    since: float = 0.0  # from when it has GPUs


def drawn(parts: Sequence[Estimate], chance: random.Random) -> float:
    """Each part by itself, between its low and its high end, near the middle more often than near an end."""
    return sum(chance.triangular(each.low, each.high, each.mid) if each.high > each.low else each.mid for each in parts)


@dataclass(eq=False)
class Pool:
    shape: PoolShape
    chance: random.Random
    nodes: list[Node] = field(default_factory=list[Node])
    pending: deque[Pod] = field(default_factory=deque[Pod])
    node_seconds: float = 0.0  # of nodes that are gone
    gpu_seconds: float = 0.0  # of pods that are gone
    pods: set[Pod] = field(default_factory=set[Pod])  # that have GPUs
    _last_added: float = -AFTER_ADD_SECONDS

    def start(self) -> None:
        """The nodes that are there before any pod."""
        for _ in range(self.shape.min if self.shape.made else self.shape.max):
            self.nodes.append(Node(self.shape.gpus_per_node, 0.0, 0.0, 0.0))

    def begin(self, pod: Pod) -> None:
        """A pod that runs already when the run starts, on a node that does."""
        if not self._put(pod, 0.0):
            self.nodes.append(Node(self.shape.gpus_per_node, 0.0, 0.0, 0.0))
            self._put(pod, 0.0)

    def ask(self, pod: Pod, now: float) -> None:
        self.pending.append(pod)
        self._place(now)

    def leave(self, pod: Pod, now: float) -> None:
        """A pod ends, or waits no longer."""
        if pod.node is None:
            self.pending.remove(pod)
            return
        pod.node.free += pod.gpus
        self.pods.remove(pod)
        self.gpu_seconds += (now - pod.since) * pod.gpus
        if pod.node.free == self.shape.gpus_per_node:
            pod.node.empty = now
        pod.node = None
        self._place(now)

    def scan(self, now: float) -> None:
        """Removes nodes that had no pod for long enough."""
        if not self.shape.made or now - self._last_added < AFTER_ADD_SECONDS:
            return
        for node in list(self.nodes):
            unneeded = node.empty is not None and now - max(node.empty, node.ready) >= UNNEEDED_SECONDS
            if unneeded and len(self.nodes) > self.shape.min:
                self.nodes.remove(node)
                self.node_seconds += now - node.since

    def hours(self, end: float) -> float:
        """Of all nodes, from when the cloud was asked for them. Where somebody else makes them, of the GPUs in use."""
        if not self.shape.made:
            used = self.gpu_seconds + sum((end - pod.since) * pod.gpus for pod in self.pods)
            return used / self.shape.gpus_per_node / 3600
        return (self.node_seconds + sum(end - node.since for node in self.nodes)) / 3600

    def _place(self, now: float) -> None:
        while self.pending and self._put_or_add(self.pending[0], now):
            self.pending.popleft()

    def _put_or_add(self, pod: Pod, now: float) -> bool:
        if self._put(pod, now):
            return True
        if not self.shape.made or len(self.nodes) >= self.shape.max:
            return False
        self.nodes.append(Node(self.shape.gpus_per_node, now + drawn(pod.new_node, self.chance), now, now))
        self._last_added = now
        return self._put(pod, now)

    def _put(self, pod: Pod, now: float) -> bool:
        node = next((each for each in self.nodes if each.free >= pod.gpus), None)
        if node is None:
            return False
        node.free -= pod.gpus
        node.empty, pod.node, pod.since = None, node, now
        self.pods.add(pod)
        pod.placed(pod, now, max(now, node.ready))
        return True
