"""What was seen in a cluster: the parts of Kubernetes' objects that say how it is. Plain data."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

MODEL, PREFETCH, GATEWAY = "model-server", "prefetch", "gateway"  # the label app.kubernetes.io/component
_CRASHES = "CrashLoopBackOff"


@dataclass(frozen=True)
class Event:
    kind: str  # of the object that it is about
    name: str
    reason: str
    message: str
    source: str  # who wrote it: default-scheduler, cluster-autoscaler, karpenter, kubelet, ...
    last: datetime


@dataclass(frozen=True)
class Condition:
    type: str
    true: bool | None  # None: nobody knows yet
    reason: str
    message: str
    since: datetime | None


@dataclass(frozen=True)
class Ended:
    """How a container ended, with the last lines of its log."""

    reason: str  # OOMKilled, Error, Completed
    code: int
    message: str
    at: datetime | None


@dataclass(frozen=True)
class Container:
    name: str
    started: bool
    restarts: int
    waiting: str  # why it waits: CrashLoopBackOff, ImagePullBackOff, ...; blank: it doesn't
    message: str
    ended: Ended | None  # the last time that it ended

    @property
    def ended_badly(self) -> bool:
        """And hasn't started well since."""
        return not self.started and self.ended is not None and (self.ended.code != 0 or self.waiting == _CRASHES)


@dataclass(frozen=True)
class Pod:
    name: str
    of: str  # the label app.kubernetes.io/name
    component: str
    created: datetime
    phase: str
    reason: str  # Evicted, ...
    message: str
    node: str | None  # None: it has none yet
    leaving: bool
    ready: bool
    conditions: Sequence[Condition]
    containers: Sequence[Container]
    claims: Sequence[str]


@dataclass(frozen=True)
class Server:
    """A Deployment."""

    name: str
    created: datetime
    wanted: int
    ready: int
    conditions: Sequence[Condition]


@dataclass(frozen=True)
class Job:
    name: str
    of: str
    component: str
    created: datetime
    active: int
    done: bool
    failed: Condition | None


@dataclass(frozen=True)
class Scaler:
    """A ScaledObject, or a HorizontalPodAutoscaler."""

    kind: str
    name: str
    of: str  # the Deployment that it scales
    conditions: Sequence[Condition]


@dataclass(frozen=True)
class Claim:
    name: str
    phase: str  # Pending, Bound, Lost


@dataclass(frozen=True)
class Node:
    name: str
    labels: Mapping[str, str]
    taints: Sequence[str]  # KEY=VALUE:EFFECT
    ready: bool
    offers: Mapping[str, str]  # resources that pods can ask for: nvidia.com/gpu, memory, ...


@dataclass(frozen=True)
class NodeGroup:
    """A group of nodes in which the cluster autoscaler failed to make one, and for a while doesn't try again."""

    name: str
    code: str
    message: str
    since: datetime | None


@dataclass(frozen=True)
class Seen:
    now: datetime
    servers: Sequence[Server] = ()
    pods: Sequence[Pod] = ()
    events: Sequence[Event] = ()  # the oldest first
    jobs: Sequence[Job] = ()
    scalers: Sequence[Scaler] = ()
    claims: Sequence[Claim] = ()
    nodes: Sequence[Node] = ()
    groups: Sequence[NodeGroup] = ()
    not_read: Mapping[str, str] = field(default_factory=dict[str, str])  # what couldn't be read -> why

    def server(self, name: str) -> Server | None:
        return next((each for each in self.servers if each.name == name), None)

    def pods_of(self, name: str, component: str) -> list[Pod]:
        """Without those that leave; the oldest first."""
        mine = (each for each in self.pods if (each.of, each.component) == (name, component) and not each.leaving)
        return sorted(mine, key=lambda each: each.created)

    def about(self, kind: str, name: str, *reasons: str, source: str = "") -> list[Event]:
        """The events of an object, the newest first."""
        return [
            each
            for each in reversed(self.events)
            if (each.kind, each.name) == (kind, name)
            and (not reasons or each.reason in reasons)
            and source in each.source
        ]

    def jobs_of(self, name: str, component: str) -> Iterator[Job]:
        return (each for each in self.jobs if (each.of, each.component) == (name, component))


def condition(conditions: Sequence[Condition], type_: str) -> Condition | None:
    return next((each for each in conditions if each.type == type_), None)
