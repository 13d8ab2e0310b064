"""What was decided for the cluster: nodes, add-ons, cache, gateway. Disks and memory are in GiB (2^30 bytes)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Literal

from infra.catalog import Instance
from infra.plan.labels import GPU_LABEL, GPU_RESOURCE
from infra.plan.words import kubectl
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


@dataclass(frozen=True)
class SecretRef:
    """A key of a Secret in the models' namespace."""

    name: str
    key: str


@dataclass(frozen=True)
class PrometheusLoginPlan:
    """How KEDA logs in to a Prometheus: with a token, a name and a password, or signed requests; custom is no login:
    KEDA reads a CA only beside one, so it sends a header that says nothing."""

    mode: Literal["bearer", "basic", "sigv4", "custom"]
    secret: str | None  # its name in the models' namespace; None with sigv4 and custom
    keys: Mapping[str, str]  # KEDA's parameter -> the key in the Secret
    region: str | None  # with sigv4
    role_arn: str | None  # the role that KEDA's operator assumes
    ca: SecretRef | None = None  # the certificate of the CA; None: a public one


@dataclass(frozen=True)
class Quota:
    """A limit of a cloud account that the stack needs to be at least this high."""

    code: str  # the cloud's own name for it
    name: str
    region: str
    needed: int
    unit: str  # vCPUs, groups
    system: bool = False  # of the nodes without GPUs


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
    needed: int  # nodes that hold both, whatever `max` is
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
        return max(self.needed, self.spread) if len(self.steps) > 1 else self.needed

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
    def instance_types(self) -> tuple[str, ...]:
        """By name, as a stack file writes them."""
        return tuple(each.name for each in self.types)


def units(pools: Iterable[PoolPlan]) -> str:
    """`GPUs`, or `GPUs or slices` where pools differ."""
    return " or ".join(dict.fromkeys(f"{pool.unit}s" for pool in pools))


def has_made(pools: Iterable[PoolPlan]) -> bool:
    """Whether this program makes the nodes of any of them."""
    return not all(pool.existing for pool in pools)


@dataclass(frozen=True, kw_only=True)
class ClusterPlan:
    """The cluster. A cloud extends this class by what it alone decides."""

    kind: str  # in the cloud's own words
    name: str  # of the cluster, or of its kubeconfig context
    version: str
    region: str | None
    made: bool  # this stack makes it
    context: str | None = None  # of the kubeconfig, if the stack reaches the cluster by one
    zone_ids: tuple[str, ...] = ()  # () on a cluster that exists, unless the stack makes nodes there

    @property
    def kubectl(self) -> str:
        """The beginning of a command for this cluster. Without a context it is for the user's current one."""
        return kubectl(self.context)

    def command_for_rights(self, *, namespace: str, service_account: str) -> str | None:
        """What gives the pods of a service account a role of the cloud; None: this program doesn't know it."""
        return None

    def command_for_driver(self, driver: str) -> str | None:
        """What installs a driver of CSI in a cluster that exists; None: this program doesn't know it."""
        return None


@dataclass(frozen=True)
class SystemNodesPlan:
    """The nodes for everything that needs no GPU, on a cluster that this stack makes."""

    type: str
    count: int
    max: int  # the highest count that a stack file may give
    cpu: float  # cores per node that pods can use
    gib: float  # memory per node that pods can use
    path: str  # of their settings in the stack file


@dataclass(frozen=True)
class AddonPlan:
    """One add-on: software that the whole cluster uses."""

    state: Literal["install", "existing", "disabled"]
    chart: str  # a row of the catalogue's charts
    repo: str
    version: str
    namespace: str


@dataclass(frozen=True)
class MonitoringPlan:
    """The Prometheus that scrapes the models and that KEDA queries: the stack installs it, or it exists."""

    url: str
    labels: Mapping[str, str]  # that a ServiceMonitor needs so that this Prometheus selects it
    namespace: str  # where it runs, for the NetworkPolicies
    login: PrometheusLoginPlan | None = None  # None: it needs no login


@dataclass(frozen=True)
class Storage:
    """Storage for the weights (a kind of `cache`) that a cloud makes together with a cluster."""

    kind: str  # in the stack file
    said: str  # its name in a sentence: weights are read "from ..."
    size_gib: int | None = None  # of the claim, where the storage itself has no size
    one_reader: bool = False  # only one node at a time can use it, in one zone
    owns_files: bool = False  # it has one owner for all files, whoever writes them: pods need no group
    iops: int = 0
    throughput: int = 0  # MiB/s; 0: it isn't made with a throughput
    bucket: bool = False  # servers stream from it: nothing mounts it, so it has no claim
    driver: str | None = None  # of CSI, by which nodes mount it; of a bucket, those whose servers need files


@dataclass(frozen=True)
class CachePlan:
    kind: str  # a kind of the cloud's `storage`, storageClass, or none
    storage: Storage | None  # None: a storage class
    storage_class: str | None  # None: the cluster's default
    size_gib: int  # of the claim; 0: nothing is stored, and there is none
    access_mode: Literal["ReadWriteMany", "ReadWriteOnce"]
    zone_id: str | None  # of a volume that is in one zone only
    reason: str
    folders: Mapping[str, float] = field(default_factory=dict[str, float])  # GiB of weights by folder
    only_node: str | None = None  # the pool whose only node has every pod that reads a volume of one node
    one_node: bool = False  # the cluster has no other node
    directory: str | None = None  # on each node, where each has its own copy; None: all nodes read one
    own_directory: bool = False  # the stack file says which, so it may be on another disk than pods write to
    compiled: bool = False  # what servers compile as they start is kept there too
    selinux_level: str | None = None  # of all pods that share a directory of a node
    # Of a bucket: addresses of the network by which servers reach it, one range per zone; (): only public ones.
    bucket_cidrs: tuple[str, ...] = ()
    closes: str = ""  # what would give a bucket such addresses, with its price

    @property
    def streamed(self) -> bool:
        """Whether it is a bucket from which servers stream."""
        return self.storage is not None and self.storage.bucket

    @property
    def one_reader(self) -> bool:
        """Whether pods may be on other nodes than the volume's, and then wait for it."""
        return self.access_mode == "ReadWriteOnce" and self.only_node is None and not self.one_node

    def node_of(self, pool: str | None, place: object) -> str | None:
        """The pool whose nodes a model's pods select: a model on the CPU that reads the cache has its only node."""
        return pool or (self.only_node if place is None else None)


@dataclass(frozen=True)
class IngressController:
    """The software that gives Ingresses an address, as far as the gateway has to know it."""

    name: str  # of its ingress class, where the stack file gives no other
    why: str  # the reason why it is chosen
    title: str | None = None  # of its load balancer; None: it has the name of its class
    certificate: str = "tlsSecret"  # the key of the stack file that names the certificate
    sample: str = "NAME"  # an example of that key's value
    outside: bool = False  # it is outside the cluster and in no namespace: requests come from IP addresses
    made_with_cluster: bool = False  # a cluster that we make has it
    narrows: bool = False  # it can admit only some addresses, and use a web ACL
    reports_address: bool = True
    namespace: str | None = None  # where it is usually installed
    # Labels that the cluster has put on the namespaces from which it sends, where their names don't say enough.
    sends_from: Mapping[str, str] = field(default_factory=dict)
    # Labels that the models' namespace needs, each with the value `enabled` -> why.
    namespace_labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class GatewayPlan:
    domain: str
    visibility: Literal["internal", "public"]
    controller: IngressController
    ingress_class: str | None  # None: no Ingress leads to it
    namespace: str | None  # where a controller inside the cluster runs; None: requests come from outside
    timeout_seconds: int
    encrypted: bool  # its certificate is in the stack file

    @property
    def scheme(self) -> str:
        return "https" if self.encrypted else "http"

    @property
    def base_url(self) -> str:
        return f"{self.scheme}://{self.domain}/v1"
