"""What was decided for each model. Memory is in GiB (2^30 bytes) per GPU, time in seconds, money in US dollars."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from infra.engines.model import Dimensions, EngineModel, EngineTimeouts
from infra.models.places import Place, place_of
from infra.plan.pods import PodScaling, VerticalScaling
from infra.plan.schedule import Schedule
from infra.plan.signals import ASKED, CACHE, HELD, IN_FLIGHT, KEPT, WAITING
from infra.plan.versions import ServerName
from infra.sizing.estimates import Estimate, Fit, Throughput

GAP_PARTS = ("image", "weights", "engine")  # the parts of a cold start when a new pod takes the node of the old one

SERVER_SCRATCH_GIB = 10  # that a server on a GPU needs for compile caches, logs and unpacked files


def dollars_per_million(usd_per_hour: float, tokens_per_second: Estimate) -> Estimate:
    """Dollars per million tokens: low where the rate of tokens is high."""
    rate = tokens_per_second
    return Estimate(*(usd_per_hour / 3600 / each * 1e6 for each in (rate.high, rate.mid, rate.low)))


@dataclass(frozen=True)
class ReplicasPlan:
    min: int
    max: int


@dataclass(frozen=True)
class RolloutPlan:
    """How a Deployment replaces its pods."""

    strategy: Literal["rolling", "recreate"]  # rolling: the new pod starts before the old one ends; recreate: after it
    max_surge: int
    max_unavailable: int
    gap_seconds: int | None  # the time in which no pod answers; None: there is always one
    reason: str


@dataclass(frozen=True)
class StartPart(Estimate):
    """Seconds of a part of a cold start, with the numbers from which they follow."""

    reason: str
    first: float = 0.0  # that it takes longer where no earlier start left what it compiled


@dataclass(frozen=True)
class StartTerm(Estimate):
    """Seconds of a step of an engine's start."""

    name: str
    what: str


@dataclass(frozen=True)
class Floor:
    """What no remedy takes a part of a start below."""

    seconds: float
    reason: str


@dataclass(frozen=True)
class ColdStart:
    """The time from no node to the first token, in named parts."""

    parts: Mapping[str, StartPart]  # node, boot, image, weights, engine
    floors: Mapping[str, Floor]  # of the same parts
    new_node: Mapping[str, StartPart]  # the same where a node is added, although the pool keeps spare GPUs
    there: Mapping[str, StartPart]  # of GAP_PARTS: on a node that has run a server of the model, or waits for one

    @property
    def seconds(self) -> int:
        return round(sum(part.mid for part in self.parts.values()))

    @property
    def on_new_node(self) -> int:
        return round(sum(part.mid for part in self.new_node.values()))

    @property
    def floor(self) -> int:
        return round(sum(each.seconds for each in self.floors.values()))

    @property
    def low(self) -> int:
        return round(sum(part.low for part in self.parts.values()))

    @property
    def on_node(self) -> int:
        """The seconds to the first token on a node that is there."""
        return round(sum(part.mid for part in self.there.values()))

    @property
    def gap(self) -> int:
        """The seconds from the old pod's end to the first token of a changed pod on its node: what it compiles
        was left by no earlier start."""
        return round(sum(part.mid + part.first for part in self.there.values()))

    @property
    def high(self) -> int:
        return round(sum(part.high for part in self.parts.values()))


@dataclass(frozen=True)
class Spare:
    """Replicas above a model's minimum that start without a new node, if no other model of the pool takes it first."""

    replicas: int
    replicas_in_hours: int  # the same in the hours of the week in which schedules leave the smallest number
    nodes: int  # that no model's minimum needs; 0: the GPUs are free on nodes of other replicas
    seconds: int  # to the first token


@dataclass(frozen=True)
class Timeouts(EngineTimeouts):
    """Seconds. Each is at least as long as what it waits for (rule 5)."""

    progress_deadline: int  # >= the whole cold start, and the grace period of the pod that it waits for
    rollout: int  # how long Pulumi waits for the Deployment
    prefetch: int  # how long Pulumi waits for the Job; also the Job's deadline
    pre_stop: int  # the time in which load balancers stop sending requests
    grace_period: int  # >= pre_stop + drain
    whole_answer: int  # the longest answer that no end of a pod or its node cuts


@dataclass(frozen=True)
class Scaling:
    """The figures by which KEDA scales. Thresholds are per replica, and the largest number wins."""

    in_flight: int | None  # threshold: requests that the engine has, in its batch or its queue
    kept: int | None  # threshold: of these, so that a replica stays that runs already
    waiting: int | None  # threshold: requests in the engine's queue
    cache: int | None  # threshold: percent of the KV cache
    held: int | None  # threshold: requests that the gateway holds for it; None: it never sleeps
    held_seconds: int  # how long the gateway holds a request while it wakes up; 0: it never sleeps
    wakes_seconds: int  # from the first request to its answer, of a model that sleeps; 0: it never does
    polling_seconds: int
    cooldown_seconds: int
    fallback_replicas: int
    reasons: tuple[str, ...]
    cpu: float | None = None  # threshold: cores that it uses, as metrics-server measures; None: not on the CPU

    @property
    def thresholds(self) -> Mapping[str, int]:
        """By the name of a trigger."""
        found = {
            IN_FLIGHT: self.in_flight,
            KEPT: self.kept,
            WAITING: self.waiting,
            CACHE: self.cache,
            HELD: self.held,
            ASKED: self.held,
        }
        return {signal: threshold for signal, threshold in found.items() if threshold is not None}


@dataclass(frozen=True)
class Resources:
    """What a pod requests besides its GPUs."""

    cpu: float  # cores
    memory_gib: float
    ephemeral_gib: int
    shm_gib: int  # the limit of /dev/shm, which counts as memory


@dataclass(frozen=True)
class PrefetchPlan:
    """The Job that downloads the weights, or the pods that do so on each node. Its deadline is one of the timeouts."""

    image: str
    cpu: float  # cores
    memory_gib: float
    memory_limit_gib: float
    scratch_gib: int
    stall_seconds: int  # an attempt ends when it has written nothing for this time
    adapter_gib: int = 0  # that an adapter takes on its way to a bucket; 0: it needs no room there
    room_gib: int = 0  # that a pod on each node requests for the weights; 0: the kubelet counts another disk, or a Job


@dataclass(frozen=True)
class ModelPlan(EngineModel):
    """What its engine is started with, and everything else that was decided for it."""

    engine: str
    engine_version: str  # whose arguments it gets
    image: str
    own_image: bool  # the stack file's, whose version of the engine its tag may say, and nothing else
    pool: str | None  # None: CPU, or no pool can run it
    instance_type: str | None  # the pool's first type; None on nodes that we don't make, and on CPU
    vision: bool  # it takes images
    embedding_size: int | None  # numbers per vector; None: it is no embedding model, or the size isn't known
    dimensions: Dimensions | None  # of smaller vectors; None: there are none, or they aren't known
    concurrency: int | None
    replicas: ReplicasPlan
    paused: bool
    gated: bool
    weights_on_disk_gib: (
        float  # the size of the download, which the cache must hold; 0: the weights are elsewhere already
    )
    resources: Resources
    prefetch: PrefetchPlan | None  # None: the weights are elsewhere already
    fit: Fit | None  # None on CPU and where the shape isn't known
    rollout: RolloutPlan
    cold_start: ColdStart
    timeouts: Timeouts
    scaling: Scaling | None  # None: KEDA doesn't scale it
    usd_per_hour: float | None  # per replica, by its share of the node's GPUs
    throughput: Throughput
    reasons: tuple[str, ...]
    pods: PodScaling | None = None  # by Kubernetes' own autoscaler; None: KEDA scales it, or nothing does
    vertical: VerticalScaling | None = None  # None: its pods ask for `resources`
    schedule: Schedule | None = None  # None: its minimum of replicas is the same at all hours
    keeps_compiled: bool = False  # what its servers compile as they start is kept beside the weights
    next_of: str | None = None  # the model whose next version it is; its name is then that of its objects alone

    @property
    def sent_as(self) -> str:
        return self.next_of or self.name

    @property
    def path(self) -> str:
        """Of its settings in the stack file."""
        return ServerName(self.name, self.next_of).path

    @property
    def starts(self) -> bool:
        """False: no pool can run it, or it doesn't fit its GPUs; `pulumi up` refuses it."""
        return not self.gpus if self.fit is None else self.fit.judged is not False

    @property
    def held_seconds(self) -> int:
        """How long the gateway holds a request while the model wakes up; 0: it never sleeps, or is paused."""
        return self.scaling.held_seconds if self.scaling else 0

    @property
    def place(self) -> Place | None:
        """Where the weights are already."""
        return place_of(self.model)

    @property
    def takes_at_once(self) -> int | None:
        """Requests that a replica computes at once; None: the engine's default, which isn't known."""
        full = self.throughput.full
        return full.concurrency if full is not None else self.max_num_seqs

    @property
    def usd_per_million_output_tokens(self) -> Estimate | None:
        """A replica's price divided by its output at full load; None where one of them isn't known, and on nodes that
        were paid up front."""
        rate = self.throughput.tokens_per_second
        return None if rate is None or not self.usd_per_hour else dollars_per_million(self.usd_per_hour, rate)
