"""The pods of one model: how many there should be, those that start, answer and end, and a rollout that replaces them.

A pod that ends gets no more requests, and keeps its GPUs until it has answered those that it has, or its node is gone.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from infra.simulate.counted import Counted, Rolled
from infra.simulate.nodes import Pod, Pool, drawn
from infra.simulate.platform import Gateway, Server
from infra.simulate.replica import Replica

At = Callable[[float, Callable[..., None], Any], None]  # a time, what happens then, and with what


@dataclass(eq=False)
class Started:
    """A pod, with its replica once that answers."""

    pod: Pod
    old: bool = False  # a rollout replaces it
    replica: Replica | None = None
    known: bool = False  # to the gateway
    ends: bool = False


@dataclass(eq=False)
class Deployment:
    server: Server
    gateway: Gateway
    pool: Pool
    chance: random.Random
    at: At
    counted: Counted
    replica: Callable[[], Replica]
    joined: Callable[[float], None]  # the gateway knows one pod more
    wanted: int = 0
    pods: list[Started] = field(default_factory=list[Started])  # that don't end
    leaving: list[Started] = field(default_factory=list[Started])  # that end, and still have GPUs
    ready: list[Replica] = field(default_factory=list[Replica])  # that the gateway knows

    def begin(self, replicas: int) -> None:
        """With replicas that answer."""
        self.wanted = replicas
        for _ in range(replicas):
            started = Started(Pod(self.server.gpus, self.server.new_node, None, self._evicted, self._lost))
            self.pool.begin(started.pod)
            self.pods.append(started)
            self._answers(started, 0.0)
        self._note(0.0)

    def scale(self, replicas: int, now: float) -> None:
        self.wanted = replicas
        self._follow(now)

    def roll(self, now: float) -> None:
        """All pods are replaced, as the plan says: the new one starts first, or the old one ends first."""
        self.counted.rollouts.append(Rolled(now, len(self.ready)))
        for each in self.pods:
            each.old = True
        self._follow(now)

    def end(self, now: float) -> None:
        """The run is over: pods that still have GPUs are counted up to here."""
        for each in (*self.pods, *self.leaving):
            self._count_gpus(each.pod, now)

    def _follow(self, now: float) -> None:
        """As the Deployment controller does (pkg/controller/deployment/rolling.go of Kubernetes): new pods up to what a
        rollout allows beside the old ones, and an old one ends for each that the new ones leave over."""
        fresh = [each for each in self.pods if not each.old]
        old = [each for each in self.pods if each.old]
        while len(fresh) > self.wanted:
            fresh.remove(self._stop_last(fresh, now))
        maximum = self.wanted + (self.server.surge if old else 0)
        while len(fresh) < self.wanted and len(self.pods) < maximum:
            fresh.append(self._add(now))
        starting = sum(not each.known for each in fresh)
        spare = len(self.pods) - (self.wanted - self.server.unavailable) - starting
        if old and spare > 0:
            self._stop_last(old, now)
            self._follow(now)
        elif not old and not starting and self.counted.rollouts:
            self.counted.rollouts[-1].done(now)

    def _add(self, now: float) -> Started:
        started = Started(Pod(self.server.gpus, self.server.new_node, self._placed, self._evicted, self._lost))
        self.pods.append(started)
        self.pool.ask(started.pod, now)
        return started

    def _stop_last(self, pods: Sequence[Started], now: float) -> Started:
        """A ReplicaSet ends pods that aren't ready first, then the youngest."""
        last = min(reversed(pods), key=lambda each: each.replica is not None)
        self._stop(last, now)
        return last

    def _placed(self, pod: Pod, _now: float, ready: float) -> None:
        starts = ready + drawn(self.server.new_pod, self.chance)
        self.at(starts, self._started, pod)

    def _started(self, now: float, pod: Pod) -> None:
        """It answers; the gateway knows a little later."""
        for each in self.pods:
            if each.pod is pod:
                each.replica = self.replica()
                self.at(now + self.chance.uniform(0, self.gateway.refresh), self._known, each)

    def _known(self, now: float, started: Started) -> None:
        if not started.ends:
            self._answers(started, now)
            self._follow(now)

    def _answers(self, started: Started, now: float) -> None:
        started.replica = started.replica or self.replica()
        started.known = True
        self.ready.append(started.replica)
        self._note(now)
        self.joined(now)

    def _stop(self, started: Started, now: float) -> None:
        started.ends = True
        self.pods.remove(started)
        self.leaving.append(started)
        if started.replica in self.ready:
            self.ready.remove(started.replica)
            self._note(now)
        if started.replica is None:
            self._gone(now, started)
        else:
            self.at(now + self.gateway.leaves, self._gone, started)

    def _gone(self, now: float, started: Started) -> None:
        if started not in self.leaving:
            return  # with its node
        replica = started.replica
        if replica is not None and replica.load:
            self.at(replica.due, self._gone, started)
            return
        self._forget(started, now)

    def _forget(self, started: Started, now: float) -> None:
        self.leaving.remove(started)
        self._count_gpus(started.pod, now)
        self.pool.leave(started.pod, now)

    def _evicted(self, pod: Pod, now: float) -> None:
        """Its node is about to go: it ends, and another one starts."""
        for each in list(self.pods):
            if each.pod is pod:
                self._stop(each, now)
                self._follow(now)

    def _lost(self, pod: Pod, now: float) -> None:
        """Its node is gone: what it has not answered is cut."""
        for each in list(self.leaving):
            if each.pod is pod:
                if each.replica is not None:
                    each.replica.lose(now)
                self._forget(each, now)

    def _count_gpus(self, pod: Pod, now: float) -> None:
        if pod.node is not None:
            self.counted.gpu_seconds += (now - pod.since) * pod.gpus

    def _note(self, now: float) -> None:
        changes, ready = self.counted.replicas, len(self.ready)
        if changes and changes[-1][0] == now:
            changes.pop()
        changes.append((now, ready))
        if self.counted.rollouts:
            self.counted.rollouts[-1].saw(ready)
