"""What was decided for each model. Memory is in GiB (2^30 bytes) per GPU, time in seconds, money in US dollars."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from infra.engines.engine import EngineModel, EngineTimeouts
from infra.sizing.estimates import Estimate, Fit, Throughput

GAP_PARTS = ("image", "weights", "engine")  # of a cold start, where a new pod takes the node of the old one

SERVER_SCRATCH_GIB = 10  # of a server on a GPU: compile caches, logs and what the engine unpacks


def dollars_per_million(usd_per_hour: float, tokens_per_second: Estimate) -> Estimate:
    """Dollars per million tokens: low where the rate of tokens is high."""
    rate = tokens_per_second
    return Estimate(*(usd_per_hour / 3600 / each * 1e6 for each in (rate.high, rate.mid, rate.low)))


@dataclass(frozen=True)
class Replicas:
    min: int
    max: int


@dataclass(frozen=True)
class RolloutPlan:
    """How a Deployment replaces its pods."""

    strategy: Literal["rolling", "recreate"]  # the new pod first, or the old one
    max_surge: int
    max_unavailable: int
    gap_seconds: int | None  # in which no pod answers; None: one is there all the time
    reason: str


@dataclass(frozen=True)
class StartPart(Estimate):
    """Seconds of a cold start, with the numbers that they came from."""

    reason: str


@dataclass(frozen=True)
class ColdStart:
    """From no node to the first token, as named parts in seconds."""

    parts: Mapping[str, StartPart]  # node, boot, image, weights, engine

    @property
    def seconds(self) -> int:
        return round(sum(part.mid for part in self.parts.values()))

    @property
    def low(self) -> int:
        return round(sum(part.low for part in self.parts.values()))

    @property
    def gap(self) -> int:
        """From the old pod's end to the new one's first token, on the same node: neither a launch nor a boot."""
        return round(sum(part.mid for name, part in self.parts.items() if name in GAP_PARTS))

    @property
    def high(self) -> int:
        return round(sum(part.high for part in self.parts.values()))


@dataclass(frozen=True)
class Timeouts(EngineTimeouts):
    """Seconds. Rule 5: each is at least what it waits for."""

    progress_deadline: int  # >= the whole cold start, and the grace period of the pod that it waits for
    rollout: int  # Pulumi's own wait for the Deployment
    prefetch: int  # Pulumi's own wait for the Job, and the Job's deadline
    pre_stop: int  # load balancers stop sending
    grace_period: int  # >= pre_stop + drain >= gateway timeout


@dataclass(frozen=True)
class Scaling:
    """What KEDA scales by. A threshold is per replica."""

    waiting: int | None  # requests in the engine's queue
    running: int | None  # requests in its batch
    polling_seconds: int
    cooldown_seconds: int
    fallback_replicas: int
    reason: str


@dataclass(frozen=True)
class Resources:
    """What a pod asks for beside its GPUs."""

    cpu: float  # cores
    memory_gib: float
    ephemeral_gib: int
    shm_gib: int  # bounded /dev/shm; counts against memory


@dataclass(frozen=True)
class PrefetchPlan:
    """The Job that fetches the weights; its deadline is among the timeouts."""

    image: str
    cpu: float  # cores
    memory_gib: float
    memory_limit_gib: float
    scratch_gib: int
    stall_seconds: int  # an attempt ends when it has written nothing for this time


@dataclass(frozen=True)
class ModelPlan(EngineModel):
    """What its engine is started with, and everything else that was decided for it."""

    engine: str
    engine_version: str
    image: str
    pool: str | None  # None: CPU, or no pool can run it
    instance_type: str | None  # the pool's first type; None on nodes that we don't make, and on CPU
    embedding_size: int | None  # numbers in a vector; None: no embedding model, or not known
    concurrency: int | None
    replicas: Replicas
    paused: bool
    gated: bool
    weights_on_disk_gib: float  # the download; what the cache must hold
    resources: Resources
    prefetch: PrefetchPlan
    fit: Fit | None  # None on CPU and where the shape isn't known
    rollout: RolloutPlan
    cold_start: ColdStart
    timeouts: Timeouts
    scaling: Scaling | None  # None: no scaler
    usd_per_hour: float | None  # a replica: its share of the node's GPUs
    throughput: Throughput
    reasons: tuple[str, ...]

    @property
    def usd_per_million_output_tokens(self) -> Estimate | None:
        """At full load, the whole price of a replica on what it puts out; None where either isn't known."""
        rate = self.throughput.tokens_per_second
        return None if rate is None or self.usd_per_hour is None else dollars_per_million(self.usd_per_hour, rate)
