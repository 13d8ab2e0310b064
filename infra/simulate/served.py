"""One model in a run: its replicas, the gateway in front of them, its scaler."""

import random
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from infra.plan.signals import ASKED, HELD
from infra.simulate.arrivals import Arrivals
from infra.simulate.autoscaler import Fallback, Hpa, Keda, Values, for_metrics
from infra.simulate.clients import Admission, ClientLimits
from infra.simulate.counted import Counted
from infra.simulate.deployment import At, Deployment
from infra.simulate.nodes import Pool
from infra.simulate.platform import Gateway, Server
from infra.simulate.replica import Replica
from infra.simulate.step_times import StepTimes

RETRY = 2.0  # seconds from one try of a held request to the next, at most
HOUR = "hour"  # the signal of a schedule: outside its windows KEDA says 1 replica, and that the trigger is off
LATELY = 120  # seconds in which a request counts for `asked` after it was sent


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
    held: deque[int] = field(default_factory=deque[int])
    values: Values = field(default_factory=dict[str, float | None])
    last_sent: float = -LATELY
    hpa: Hpa | None = None
    keda: Keda | None = None
    fallback: Fallback | None = None
    next: "Next | None" = None
    deployment: Deployment = field(init=False)

    def __post_init__(self) -> None:
        self.deployment = Deployment(
            self.server, self.gateway, self.pool, self.chance, self.at, self.counted, self._replica, self._joined
        )

    def begin(self) -> None:
        """With the minimum of replicas, which answer."""
        scaling = self.server.scaling
        if scaling is not None and self.server.signals:
            self.hpa = Hpa(self.server.min, self.server.max, self.server.behavior)
            self.keda = Keda(self.server.min, scaling.cooldown_seconds)
            self.fallback = Fallback(self.server.failures, scaling.fallback_replicas)
        self.deployment.begin(max(self.server.min, self._by_hour(0.0)))

    def arrive(self, request: int, now: float) -> None:
        if self.next is not None and self.next.takes(request):
            self.next.served.arrive(request, now)
            return
        self.counted.arrived += 1
        if not self.admission.admits(request, now):
            self.counted.limited += 1
        elif self.arrivals.prompts[request] + self.arrivals.outputs[request] > self.server.context:
            self.counted.too_long += 1
            self.admission.ended(request, now, answered=False)
        elif self.deployment.ready:
            self._send(request, now)
        else:
            self._hold(request, now)

    def scrape(self, now: float) -> None:
        """What Prometheus reads of the engines and of the gateway."""
        replicas = [each.replica for each in self.deployment.pods if each.replica is not None]
        waiting = sum(each.waiting for each in replicas)
        asked = sum(each.load for each in self.deployment.ready) + (now - self.last_sent < LATELY)
        known = {**self.server.measure(replicas), HELD: len(self.held), ASKED: asked}
        self.values = {signal: known.get(signal) for signal in self.server.signals}
        self.counted.queue.append(waiting + len(self.held))
        self.counted.inside.append(self.counted.arrived - self.counted.left)

    def poll(self, now: float) -> None:
        if self.keda is not None and self.values:
            values = {**self._read(), HOUR: self._by_hour(now)}
            self.deployment.scale(self.keda.poll(now, self.deployment.wanted, values), now)

    def sync(self, now: float) -> None:
        if self.hpa is None or not self.values or not self.deployment.wanted:
            return
        values = self._read()
        values = {**values, HOUR: max(1, self._by_hour(now))} if self.server.hours else values
        desired = for_metrics(self.deployment.wanted, values, {**self.server.signals, HOUR: 1})
        if desired is not None:
            self.deployment.scale(self.hpa.sync(now, self.deployment.wanted, desired), now)

    def _read(self) -> Values:
        """As KEDA hands it on."""
        if self.fallback is None:
            return self.values
        return self.fallback.read(self.deployment.wanted, self.values, self.server.signals)

    def roll(self, now: float, _: None) -> None:
        self.deployment.roll(now)

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

    def _send(self, request: int, now: float) -> None:
        """Envoy's LEAST_REQUEST: of two replicas by chance, the one with fewer requests."""
        ready = self.deployment.ready
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
        if request in self.held and self.deployment.ready:
            self.held.remove(request)
            self._send(request, now)

    def _refuse(self, request: int, now: float) -> None:
        self.counted.stayed += now - self.arrivals.times[request]
        self.admission.ended(request, now, answered=False)
        if self.server.fallback:
            self.counted.elsewhere += 1
        else:
            self.counted.refused += 1

    def _joined(self, now: float) -> None:
        for request in self.held:
            self.at(now + self.chance.uniform(0, RETRY), self._try_again, request)

    def _replica(self) -> Replica:
        return Replica(
            self.times, self.server.limits, self.arrivals, self.admission, self.asked, self.first, self.counted
        )


class Next:
    """The next version of a model, and which of its requests go there."""

    def __init__(self, served: Served, clients: Sequence[ClientLimits]) -> None:
        asked = served.server.next_of
        assert asked is not None
        self.served, self._weight, self._chance = served, asked.weight, random.Random(f"next of {asked.model}")
        self._clients = {place for place, each in enumerate(clients) if each.name in asked.clients}
        self._asks = served.arrivals.clients

    def takes(self, request: int) -> bool:
        asked_by = self._asks[request] if self._asks else -1
        return asked_by in self._clients or self._chance.random() * 100 < self._weight
