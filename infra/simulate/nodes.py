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
class Step:
    """One kind of nodes of a pool; the first kind that may have another node is asked for it."""

    max: int  # nodes
    usd_per_hour: float | None  # of a node that runs; 0 where that was paid before, or is paid whether it runs or not
    spot: bool = False


@dataclass(frozen=True)
class PoolShape:
    """What a plan says of a pool."""

    name: str
    gpus_per_node: int
    min: int
    max: int
    made: bool  # the autoscaler adds and removes its nodes; else all of them are always there
    # Of nodes that aren't made: their number is in the stack file, so all are paid for, whether they are used or not.
    counted: bool = field(default=False, kw_only=True)
    steps: tuple[Step, ...]
    notice: float | None = None  # seconds that pods have to leave a spot node; None: no node is taken back
    reserved_usd_per_hour: float = 0.0  # of reserved instances, which are paid whether they run or not
    spare: Sequence[int] = ()  # GPUs of each pod without work that keeps them free
    spare_node: Sequence[Estimate] = ()  # parts of the start of a node for one of them


@dataclass(eq=False)
class Node:
    step: Step
    free: int  # GPUs
    ready: float
    since: float
    empty: float | None  # since when it has no pod
    going: bool = False  # the cloud takes it back


@dataclass(eq=False)
class Pod:
    """One that waits for GPUs, or has them. `placed` is called once it has them, with the time its node is ready;
    `evicted` once its node is about to be taken back, and `lost` once it is."""

    gpus: int
    new_node: Sequence[Estimate] = ()  # parts of the start of a node
    placed: Callable[["Pod", float, float], None] | None = None
    evicted: Callable[["Pod", float], None] | None = None
    lost: Callable[["Pod", float], None] | None = None
    node: Node | None = None
    since: float = 0.0  # from when it has GPUs


def drawn(parts: Sequence[Estimate], chance: random.Random) -> float:
    """Each part by itself, between its low and its high end, near the middle more often than near an end."""
    return sum(chance.triangular(each.low, each.high, each.mid) if each.high > each.low else each.mid for each in parts)


def fits(pods: Sequence[int], free: Sequence[int]) -> bool:
    """Whether nodes with these free GPUs hold pods of one size."""
    return len(pods) <= sum(each // gpus for each in free for gpus in pods[:1])


@dataclass(eq=False)
class Pool:
    shape: PoolShape
    chance: random.Random
    nodes: list[Node] = field(default_factory=list[Node])
    pending: deque[Pod] = field(default_factory=deque[Pod])
    node_seconds: float = 0.0  # of nodes that are gone
    node_usd: float = 0.0  # for those, beside what is paid for reserved instances
    gpu_seconds: float = 0.0  # of pods that are gone
    pods: dict[Pod, None] = field(default_factory=dict[Pod, None])  # that have GPUs, in their order
    changes: list[tuple[float, int]] = field(default_factory=list[tuple[float, int]])  # nodes from a time on
    _last_added: float = -AFTER_ADD_SECONDS

    def start(self) -> None:
        """The nodes that are there before any pod."""
        for _ in range(self.shape.min if self.shape.made else self.shape.max):
            self._add(self._next_step() or self.shape.steps[-1], 0.0, 0.0)

    def begin(self, pod: Pod) -> None:
        """A pod that runs already when the run starts, on a node that does."""
        if not self._put(pod, 0.0):
            self._add(self._next_step() or self.shape.steps[-1], 0.0, 0.0)
            self._put(pod, 0.0)

    def keep_spare(self) -> None:
        """Once all pods that run already have their nodes."""
        while (step := self._next_step()) is not None and self._lacks_spare():
            self._add(step, 0.0, 0.0)

    def ask(self, pod: Pod, now: float) -> None:
        self.pending.append(pod)
        self._place(now)

    def leave(self, pod: Pod, now: float) -> None:
        """A pod ends, or waits no longer."""
        if pod.node is None:
            self.pending.remove(pod)
            return
        pod.node.free += pod.gpus
        del self.pods[pod]
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
            unneeded = (
                not node.going and node.empty is not None and now - max(node.empty, node.ready) >= UNNEEDED_SECONDS
            )
            if unneeded and len(self.nodes) > self.shape.min and not self._lacks_spare(without=node):
                self._remove(node, now)

    def evict(self, node: Node, now: float) -> None:
        """The cloud takes it back soon: its pods are asked to leave."""
        node.going = True
        for pod in self._on(node):
            if pod.evicted is not None:
                pod.evicted(pod, now)

    def gone(self, now: float, node: Node) -> None:
        for pod in self._on(node):
            if pod.lost is not None:
                pod.lost(pod, now)
        self._remove(node, now)
        self._place(now)

    def _on(self, node: Node) -> list[Pod]:
        return [each for each in self.pods if each.node is node]

    def hours(self, end: float) -> float:
        """Of all nodes, from when the cloud was asked for them. Where somebody else makes them in a number that nobody
        says, of the GPUs in use."""
        if not self.shape.made and not self.shape.counted:
            used = self.gpu_seconds + sum((end - pod.since) * pod.gpus for pod in self.pods)
            return used / self.shape.gpus_per_node / 3600
        return (self.node_seconds + sum(end - node.since for node in self.nodes)) / 3600

    def usd(self, end: float) -> float | None:
        """None: its nodes have no price."""
        price = self.shape.steps[0].usd_per_hour
        if price is None or not self.shape.made:
            return None if price is None else price * self.hours(end)
        running = sum((each.step.usd_per_hour or 0.0) * (end - each.since) for each in self.nodes) / 3600
        return self.shape.reserved_usd_per_hour * end / 3600 + self.node_usd + running

    def _place(self, now: float) -> None:
        while self.pending and self._put_or_add(self.pending[0], now):
            self.pending.popleft()
        while (step := self._next_step()) is not None and self._lacks_spare():
            self._add(step, now, now + drawn(self.shape.spare_node, self.chance))
            self._last_added = now

    def _lacks_spare(self, without: Node | None = None) -> bool:
        """Whether a node has to be added for GPUs that stay free. Where the pool has all its nodes, none is."""
        free = [each.free for each in self.nodes if not each.going and each is not without]
        return len(self.nodes) - (without is not None) < self.shape.max and not fits(self.shape.spare, free)

    def _put_or_add(self, pod: Pod, now: float) -> bool:
        if self._put(pod, now):
            return True
        step = self._next_step()
        if not self.shape.made or len(self.nodes) >= self.shape.max or step is None:
            return False
        self._add(step, now, now + drawn(pod.new_node, self.chance))
        self._last_added = now
        return self._put(pod, now)

    def _next_step(self) -> Step | None:
        """The first that may have another node; None: each has all of its nodes."""
        found = (each for each in self.shape.steps if sum(node.step is each for node in self.nodes) < each.max)
        return next(found, None)

    def _add(self, step: Step, now: float, ready: float) -> None:
        self.nodes.append(Node(step, self.shape.gpus_per_node, ready, now, now))
        self._note(now)

    def _remove(self, node: Node, now: float) -> None:
        self.nodes.remove(node)
        self.node_seconds += now - node.since
        self.node_usd += (node.step.usd_per_hour or 0.0) * (now - node.since) / 3600
        self._note(now)

    def _put(self, pod: Pod, now: float) -> bool:
        node = next((each for each in self.nodes if each.free >= pod.gpus and not each.going), None)
        if node is None:
            return False
        node.free -= pod.gpus
        node.empty, pod.node, pod.since = None, node, now
        self.pods[pod] = None
        if pod.placed is not None:
            pod.placed(pod, now, max(now, node.ready))
        return True

    def _note(self, now: float) -> None:
        if self.changes and self.changes[-1][0] == now:
            self.changes.pop()
        self.changes.append((now, len(self.nodes)))
