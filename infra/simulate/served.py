"""One model in a run: its replicas, the gateway in front of them, its scaler."""

import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from infra.simulate.arrivals import Arrivals
from infra.simulate.autoscaler import Hpa, Keda, Values, for_metrics
from infra.simulate.clients import Admission
from infra.simulate.counted import Counted
from infra.simulate.nodes import Pod, Pool, drawn
from infra.simulate.platform import Gateway, Server
from infra.simulate.replica import Replica
from infra.simulate.step_times import StepTimes

RETRY = 2.0  # seconds from one try of a held request to the next, at most
HOUR = "hour"  # the signal of a schedule: outside its windows KEDA says 1 replica, and that the trigger is off
LATELY = 120  # seconds in which a request counts for `asked` after it was sent
At = Callable[[float, Callable[..., None], Any], None]  # a time, what happens then, and with what


@dataclass(eq=False)
class Started:
    """A pod, with its replica once that answers."""

    pod: Pod
    replica: Replica | None = None
    ends: bool = False


@dataclass(eq=False)
class Served:
    server: Server
    gateway: Gateway
    pool: Pool
    arrivals: Arrivals
    admission: Admission
    times: StepTimes
    asked: list[float]  # by request: when the gateway sent it
    first: list[float]  # by request: its first token
    chance: random.Random
    at: At
    counted: Counted = field(default_factory=Counted)
    pods: list[Started] = field(default_factory=list[Started])  # that don't end
    leaving: list[Started] = field(default_factory=list[Started])  # that end, and still have GPUs
    ready: list[Replica] = field(default_factory=list[Replica])  # that the gateway knows
    held: deque[int] = field(default_factory=deque[int])
    values: Values = field(default_factory=dict[str, float | None])
    last_sent: float = -LATELY
    hpa: Hpa | None = None
    keda: Keda | None = None

    def begin(self) -> None:
        """With the minimum of replicas, which answer."""
        scaling = self.server.scaling
        if scaling is not None and self.server.signals:
            self.hpa = Hpa(self.server.min, self.server.max, self.server.behavior)
            self.keda = Keda(self.server.min, scaling.cooldown_seconds)
        for _ in range(max(self.server.min, self._by_hour(0.0))):
            pod = Pod(self.server.gpus, self.server.new_node, lambda _pod, _now, _ready: None)
            self.pool.begin(pod)
            started = Started(pod)
            self.pods.append(started)
            self._answers(started, 0.0)
        self._note(0.0)

    def arrive(self, request: int, now: float) -> None:
        self.counted.arrived += 1
        if not self.admission.admits(request, now):
            self.counted.limited += 1
        elif self.arrivals.prompts[request] + self.arrivals.outputs[request] > self.server.context:
            self.counted.too_long += 1
            self.admission.ended(request, now, answered=False)
        elif self.ready:
            self._send(request, now)
        else:
            self._hold(request, now)

    def scrape(self, now: float) -> None:
        """What Prometheus reads of the engines and of the gateway."""
        replicas = [each.replica for each in self.pods if each.replica is not None]
        waiting = sum(each.waiting for each in replicas)
        running = sum(each.running for each in replicas)
        engines = {"waiting": waiting, "running": running} if replicas or self.server.min == 0 else {}
        asked = sum(each.load for each in self.ready) + (now - self.last_sent < LATELY)
        known = {**engines, "held": len(self.held), "asked": asked}
        self.values = {signal: known.get(signal) for signal in self.server.signals}
        self.counted.queue.append(waiting + len(self.held))
        self.counted.inside.append(self.counted.arrived - self.counted.left)

    def poll(self, now: float) -> None:
        if self.keda is not None and self.values:
            values = {**self.values, HOUR: self._by_hour(now)}
            self._scale(self.keda.poll(now, len(self.pods), values), now)

    def sync(self, now: float) -> None:
        if self.hpa is None or not self.values or not self.pods:
            return
        values = {**self.values, HOUR: max(1, self._by_hour(now))} if self.server.hours else self.values
        desired = for_metrics(len(self.pods), values, {**self.server.signals, HOUR: 1})
        if desired is not None:
            self._scale(self.hpa.sync(now, len(self.pods), desired), now)

    def _by_hour(self, now: float) -> int:
        """Replicas that the schedule asks for; 0: its triggers are off."""
        hours = self.server.hours
        return hours.replicas(self.arrivals.begins + now) if hours is not None else 0

    def due(self, now: float, replica: Replica) -> None:
        """An event of a replica; one that was put off since is no event."""
        if now != replica.due:
            return
        replica.step()
        if replica.due < float("inf"):
            self.at(replica.due, self.due, replica)

    def end(self, now: float) -> None:
        """The run is over: pods that still have GPUs are counted up to here."""
        for each in (*self.pods, *self.leaving):
            self._count_gpus(each.pod, now)

    def _send(self, request: int, now: float) -> None:
        """Envoy's LEAST_REQUEST: of two replicas by chance, the one with fewer requests."""
        ready = self.ready
        replica = ready[0]
        if len(ready) > 1:
            one, other = (ready[int(self.chance.random() * len(ready))] for _ in range(2))
            replica = one if one.load <= other.load else other
        self.asked[request] = self.last_sent = now
        if replica.take(request, now):
            self.at(replica.due, self.due, replica)

    def _hold(self, request: int, now: float) -> None:
        seconds = self.server.scaling.held_seconds if self.server.scaling else 0
        if not seconds or len(self.held) >= self.gateway.held_requests:
            self._refuse(request, now)
            return
        self.counted.held += 1
        self.held.append(request)
        self.at(now + seconds, self._give_up, request)

    def _give_up(self, now: float, request: int) -> None:
        if request in self.held:
            self.held.remove(request)
            self._refuse(request, now)

    def _try_again(self, now: float, request: int) -> None:
        if request in self.held and self.ready:
            self.held.remove(request)
            self._send(request, now)

    def _refuse(self, request: int, now: float) -> None:
        self.counted.stayed += now - self.arrivals.times[request]
        self.admission.ended(request, now, answered=False)
        if self.server.fallback:
            self.counted.elsewhere += 1
        else:
            self.counted.refused += 1

    def _scale(self, replicas: int, now: float) -> None:
        while len(self.pods) < replicas:
            pod = Pod(self.server.gpus, self.server.new_node, self._placed)
            self.pods.append(Started(pod))
            self.pool.ask(pod, now)
        while len(self.pods) > replicas:
            # A ReplicaSet ends pods that aren't ready first, then the youngest.
            last = min(reversed(self.pods), key=lambda each: each.replica is not None)
            self.pods.remove(last)
            self._stop(last, now)

    def _placed(self, pod: Pod, _now: float, ready: float) -> None:
        starts = ready + drawn(self.server.new_pod, self.chance)
        self.at(starts, self._started, pod)

    def _started(self, now: float, pod: Pod) -> None:
        """It answers; the gateway knows a little later."""
        for each in self.pods:
            if each.pod is pod:
                each.replica = self._replica()
                self.at(now + self.chance.uniform(0, self.gateway.refresh), self._known, each)

    def _known(self, now: float, started: Started) -> None:
        if not started.ends and started.replica is not None:
            self._answers(started, now)

    def _answers(self, started: Started, now: float) -> None:
        started.replica = started.replica or self._replica()
        self.ready.append(started.replica)
        self._note(now)
        for request in self.held:
            self.at(now + self.chance.uniform(0, RETRY), self._try_again, request)

    def _replica(self) -> Replica:
        return Replica(
            self.times, self.server.limits, self.arrivals, self.admission, self.asked, self.first, self.counted
        )

    def _stop(self, started: Started, now: float) -> None:
        """It gets no more requests, and keeps its GPUs until those that it has are answered."""
        started.ends = True
        self.leaving.append(started)
        if started.replica in self.ready:
            self.ready.remove(started.replica)
            self._note(now)
        if started.replica is None:
            self._gone(now, started)
        else:
            self.at(now + self.gateway.leaves, self._gone, started)

    def _gone(self, now: float, started: Started) -> None:
        replica = started.replica
        if replica is not None and replica.load:
            self.at(replica.due, self._gone, started)
            return
        self.leaving.remove(started)
        self._count_gpus(started.pod, now)
        self.pool.leave(started.pod, now)

    def _count_gpus(self, pod: Pod, now: float) -> None:
        if pod.node is not None:
            self.counted.gpu_seconds += (now - pod.since) * pod.gpus

    def _note(self, now: float) -> None:
        changes = self.counted.replicas
        if changes and changes[-1][0] == now:
            changes.pop()
        changes.append((now, len(self.ready)))
