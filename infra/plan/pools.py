"""What was decided for the nodes with GPUs. Disks and memory are in GiB (2^30 bytes)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Literal

from infra.catalog import Instance
from infra.plan.labels import GPU_LABEL, GPU_RESOURCE
from infra.settings.sharing import Sharing

# What happens to a model when the node that is worst for it is lost. serves: other replicas go on. restarts: it starts
# again on GPUs that are free. may_wait: the same, unless pods of other models take those first. waits: until the node
# is back.
Loss = Literal["serves", "restarts", "may_wait", "waits"]


@dataclass(frozen=True)
class OwnNode:
    """What one node holds."""

    holds: Mapping[str, int]  # replicas by model
    free_gpus: int


@dataclass(frozen=True)
class OwnNodes:
    """The nodes of a pool that exist already, with the minimum of replicas on them."""

    nodes: tuple[OwnNode, ...]
    lose_one: Mapping[str, Loss]  # by model
    could_roll: tuple[str, ...]  # models whose new pod could start before the old one ends: GPUs are always free for it
    left: int = 0  # nodes that exist too, and that `max` leaves to others
    in_hours: tuple[str, ...] = ()  # models of which `lose_one` is so in hours of a schedule, and less at other times


@dataclass(frozen=True)
class CapacityPlan:
    """One kind of nodes of a pool: the first in the order of the pool that has a node is asked for it."""

    name: str  # made of what it is, never of its place in the order
    kind: Literal["on-demand", "spot", "reservation", "block"]
    types: tuple[Instance, ...]
    zone_ids: tuple[str, ...]
    max: int  # nodes of the pool that may be of it
    reservation: str | None = None
    instances: int = 0  # that are reserved, and billed whether they are used or not
    begins: str | None = None  # of a block, in UTC
    ends: str | None = None

    @property
    def usd_per_hour(self) -> float:
        """Of a node of its most expensive type that runs; on spot, in the most expensive zone."""
        return max(each.hourly_of((self.kind,))[1] for each in self.types)

    @property
    def always(self) -> bool:
        """Whether it isn't there for some days only."""
        return self.kind != "block"


@dataclass(frozen=True)
class NodeGroupPlan:
    """One node group of a pool. Without steps the figures of all groups add up to those of the pool."""

    min: int
    max: int
    place: str = ""  # a zone or subnet id; "": all zones
    step: CapacityPlan | None = None  # None: all nodes of the pool are of one kind
    warm: int = 0  # stopped instances that have booted before


@dataclass(frozen=True)
class PoolPlan:
    name: str
    existing: bool  # somebody else makes its nodes
    gpu: str
    gpus_per_node: int
    types: tuple[Instance, ...]  # () when existing
    capacity: Literal["on-demand", "spot"]  # spot where any of its nodes may be
    min: int  # nodes
    max: int  # nodes
    zone_ids: tuple[str, ...]  # zones that offer each of its types
    selector: Mapping[str, str]  # the labels that its pods select; nodes that we make have them
    tolerations: tuple[Mapping[str, str], ...]  # as Kubernetes writes them
    usd_per_node_hour: float | None  # of its most expensive type; on spot, in the most expensive zone
    usd_per_node_hour_min: float | None  # of its cheapest type
    price_note: str  # whose price that is, where it isn't the region's
    borrowed_from: str  # the region whose price that is, where this region's isn't known; else blank
    peak_gpus: int  # with the maximum of replicas of all models
    surge_gpus: int  # that one rollout needs besides
    needed: int  # nodes that hold both, whatever `max` is; a paused model counts, so it is what unpausing can need
    needed_now: int  # the same without paused models
    own: OwnNodes | None  # None: nodes that this program makes, or no room for the minimum of replicas
    runtime_class: str | None  # of GPU pods
    idle_gpus: int  # GPUs that are paid for and that the minimum of replicas leaves unused
    reasons: tuple[str, ...]
    unit: str = "GPU"  # what `gpus_per_node` counts: GPUs, slices by MIG, or parts of a GPU that several servers share
    card: str = ""  # the GPU of the nodes; `gpu` is the part of it that a server gets where several share one
    sharing: Sharing | None = None
    resource: str = GPU_RESOURCE  # what the nodes offer, and pods request
    weights_gib: int = 0  # that each node has to have room for; 0: no node has its own copy
    steps: tuple[CapacityPlan, ...] = ()  # in the order in which they are asked for; (): all nodes are of one kind
    spread: int = 0  # nodes that its pods may have at the same time, however they come and go
    always: int = 0  # nodes with which no replica and no rollout waits, wherever the replicas are
    always_now: int = 0  # the same without paused models
    max_given: int | None = None  # as the stack file has it
    warm_pool: int = 0  # instances that have booted before and are stopped
    spare: tuple[int, ...] = ()  # GPUs of each pod without work that keeps them free for a replica
    os: str | None = None  # of nodes that we make, as the stack file names it; None: it says nothing of the pool
    # Decided by the cloud that makes the nodes:
    ami_type: str | None = None
    os_gib: int = 0  # of a disk for the operating system alone; 0: it is on the root disk
    root_gib: int = 0  # of the disk that containers use
    root_iops: int = 0
    root_throughput: int = 0  # MiB/s
    nvme: bool = False  # local disks under containerd and kubelet
    ephemeral_gib: int = 0  # the part of a node's disk that pods can use; the autoscaler counts on it
    # By the end of their names; none where each node is asked for by itself.
    groups: Mapping[str, NodeGroupPlan] = field(default_factory=dict)
    launch: str = "launch"  # how a node comes: a row of cold_start.toml
    placement: str | None = None  # of its nodes on the cloud's hardware, as the stack file has it
    release: str | None = None  # of its image; None: that of the cluster's other nodes
    node_repair: bool = False  # the cloud restarts or replaces a node that is broken

    @property
    def needs_plugin(self) -> bool:
        """Whether nodes that we make offer no GPU without NVIDIA's device plugin."""
        return not self.existing and GPU_LABEL in self.selector

    @property
    def unmeasured(self) -> bool:
        """Whether its nodes, which we make, lack the label by which dcgm-exporter starts there."""
        return not self.existing and not self.needs_plugin

    @property
    def highest(self) -> int:
        """Nodes that may run at the same time. Each group of a step may grow to the pool's maximum, and the autoscaler
        knows no maximum over several groups. But it adds a node only for a pod that fits on none that is there."""
        if not self.steps or not self.groups:
            return self.max
        return min(sum(group.max for group in self.groups.values()), max(self.max, self.spread))

    @property
    def max_needed(self) -> int:
        """The maximum with which all replicas and one rollout start, and that the groups of several steps keep."""
        return self._kept(self.needed, self.always)

    @property
    def max_enough(self) -> int:
        """The same while paused models stay paused."""
        return self._kept(self.needed_now, self.always_now)

    @property
    def max_for_steps(self) -> int | None:
        """The larger maximum that the stack file has to give for a further step of capacity, while paused models stay
        paused; None: what it gives is enough, it gives none, or nothing counts the groups of steps."""
        small = self.groups and self.max_given is not None and self.spread > self.max_given
        return max(self.needed_now, self.spread) if small else None

    def _kept(self, nodes: int, always: int) -> int:
        return nodes if self.existing else max(nodes, self.spread if len(self.steps) > 1 else always)

    @property
    def reserved(self) -> int:
        """Instances that are billed whether they are used or not."""
        return sum(step.instances for step in self.steps if step.kind == "reservation")

    @property
    def reserved_first(self) -> int:
        """Those that run before any other node is paid: a reservation that is asked for after spot nodes or nodes on
        demand may stay unused."""
        before = takewhile(lambda step: step.kind in ("reservation", "block"), self.steps)
        return sum(step.instances for step in before if step.kind == "reservation")

    def asked_after(self, step: CapacityPlan) -> list[str]:
        """Of what is reserved, and so paid: the kinds without end that are asked for before, so that it may stay
        unused. Where each node is asked for by itself, what is reserved is always first."""
        before = self.steps[: self.steps.index(step)] if self.groups and step.reservation else ()
        return [each.kind for each in before if each.reservation is None]

    @property
    def reserved_usd_per_hour(self) -> float:
        """Of all of them together."""
        reserved = (step for step in self.steps if step.kind == "reservation")
        return sum(step.instances * step.types[0].hourly("on-demand")[1] for step in reserved)

    def beside_reserved(self, nodes: float) -> float:
        """Of a number of nodes that run, those that are billed beside the reserved ones."""
        return max(0.0, nodes - self.reserved_first)

    @property
    def kinds(self) -> tuple[str, ...]:
        """What its nodes may be, in the order in which they are asked for."""
        return tuple(step.kind for step in self.steps) or (self.capacity,)

    @property
    def labels(self) -> str:
        """The labels that its pods select, as kubectl takes them."""
        return ",".join(f"{key}={value}" for key, value in self.selector.items())

    @property
    def instance_types(self) -> tuple[str, ...]:
        """By name, as a stack file writes them."""
        return tuple(each.name for each in self.types)


def units(pools: Iterable[PoolPlan]) -> str:
    """`GPUs`, or `GPUs or slices` where pools differ."""
    return " or ".join(dict.fromkeys(f"{pool.unit}s" for pool in pools))


def has_made(pools: Iterable[PoolPlan]) -> bool:
    """Whether this program makes the nodes of any of them."""
    return not all(pool.existing for pool in pools)
