"""The plan: what the program decided, each decision with its reason. Plain frozen data, no behaviour beyond sums.

Memory is in GiB (2^30 bytes) on each GPU, time in seconds, money in US dollars; a month is 730 hours.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from infra.planning.own_nodes import OwnNodes
from infra.planning.prometheus_login import PrometheusLogin
from infra.planning.rules import Rule
from infra.settings import Settings
from infra.sizing.estimates import Estimate, Fit, Throughput

HOURS_A_MONTH = 730
GAP_PARTS = ("image", "weights", "engine")  # of a cold start, where a new pod takes the node of the old one
# The expected bill: replicas, on average, are so far from their minimum to their maximum, without a rollout.
EXPECTED_LOAD = 1 / 3


@dataclass(frozen=True)
class Note:
    """A warning, a thing to do, or an assumption, with the dotted path of the setting that it is about."""

    path: str
    message: str


# Dotted paths of the stack file and what to write there; None takes a key out.
Write = tuple[tuple[str, Any], ...]


@dataclass(frozen=True)
class Advice:
    """A change of the stack file after which the next plan holds the rule, and how a person is told of it."""

    write: Write
    text: str


@dataclass(frozen=True)
class Warned(Note):
    """A warning. `kind`: a key of kinds.KINDS, or the path of settings that it is about."""

    kind: str
    detail: str = ""  # what differs from model to model, or from pool to pool


@dataclass(frozen=True)
class Violation:
    """A rule that the stack breaks, and what to write so that it doesn't."""

    rule: Rule
    path: str
    message: str
    fix: str  # the advice as text; where there is none that holds, in words alone
    advice: tuple[Advice, ...] = ()


@dataclass(frozen=True)
class Quota:
    """What an account must be allowed to have, at most; the code is that of AWS Service Quotas."""

    code: str
    name: str
    region: str
    needed: int
    unit: str  # vCPUs, groups


@dataclass(frozen=True)
class Choice:
    """A value that the program chose because the stack file gives none; `--pin` writes it under its path."""

    value: Any
    reason: str


def dollars_a_million(usd_per_hour: float, tokens_per_second: Estimate) -> Estimate:
    """Dollars for a million tokens: least where most tokens come out."""
    rate = tokens_per_second
    return Estimate(*(usd_per_hour / 3600 / each * 1e6 for each in (rate.high, rate.mid, rate.low)))


@dataclass(frozen=True)
class Replicas:
    min: int
    max: int


@dataclass(frozen=True)
class Rollout:
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
class Remedy:
    """What would shorten a cold start, and by how much."""

    name: str
    seconds: int
    write: str | None  # into the stack file; None: it has no key there
    write_with: Write  # what has to be written with it: the pools that the program chose
    usd_per_month: float | None  # more than now; None: nothing that is known
    reason: str
    usd_bound: float = 0.0  # per month: no bill grows by more than this


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
class Timeouts:
    """Seconds. Rule 5: each is at least what it waits for."""

    startup_probe: int  # >= 1.5 x (weights + engine start)
    progress_deadline: int  # >= the whole cold start, and the grace period of the pod that it waits for
    rollout: int  # Pulumi's own wait for the Deployment
    prefetch: int  # Pulumi's own wait for the Job, and the Job's deadline
    pre_stop: int  # load balancers stop sending
    drain: int  # requests in flight end
    grace_period: int  # >= pre_stop + drain >= gateway timeout
    keep_alive: int  # an engine keeps an idle connection; > what the load balancer keeps it


@dataclass(frozen=True)
class Scaling:
    """What KEDA is told. A threshold is per replica."""

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
    stall_seconds: int  # an attempt that writes nothing for so long ends


@dataclass(frozen=True)
class ModelPlan:
    name: str  # the stack file's key: Service, URL, served name, metric label
    model: str  # repository, or a name of the engine's own library
    revision: str | None
    engine: str
    engine_version: str
    image: str
    task: Literal["chat", "embed", "rerank"]
    dtype: str  # of weights as served: bf16, fp16, or the quantization
    quantization: str | None  # what the engine does to the weights as it loads them
    kv_cache_dtype: str
    pool: str | None  # None: CPU, or no pool can run it
    instance_type: str | None  # the pool's first type; None on nodes that we don't make, and on CPU
    gpus: int  # a replica; 0 is CPU
    utilization: float | None
    max_model_len: int
    embedding_size: int | None  # numbers in a vector; None: no embedding model, or not known
    max_num_seqs: int | None  # None: the engine has no such argument
    max_num_batched_tokens: int | None
    concurrency: int | None
    replicas: Replicas
    paused: bool
    extra_args: tuple[str, ...]
    gated: bool
    weights_on_disk_gib: float  # the download; what the cache must hold
    resources: Resources
    prefetch: PrefetchPlan
    fit: Fit | None  # None on CPU and where the shape isn't known
    rollout: Rollout
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
        return None if rate is None or self.usd_per_hour is None else dollars_a_million(self.usd_per_hour, rate)


@dataclass(frozen=True)
class NodeGroupPlan:
    """An EKS node group, in nodes; those of a pool add up to its own figures."""

    min: int
    max: int


@dataclass(frozen=True)
class PoolPlan:
    name: str
    existing: bool  # nodes that somebody else makes
    gpu: str
    gpus_per_node: int
    instance_types: tuple[str, ...]  # () when existing
    capacity: Literal["on-demand", "spot"]
    min: int  # nodes
    max: int  # nodes
    zone_ids: tuple[str, ...]  # where every one of its types is offered
    ami_type: str | None
    root_gib: int
    root_iops: int
    root_throughput: int  # MiB/s
    nvme: bool  # instance store under containerd and kubelet
    ephemeral_gib: int  # what pods can use of a node's disk, as the autoscaler is told
    selector: Mapping[str, str]  # what a pod of this pool selects; on nodes that we make, their labels
    tolerations: tuple[Mapping[str, str], ...]  # as Kubernetes writes them
    usd_per_node_hour: float | None  # the dearest of its types; of spot in the dearest zone
    usd_per_node_hour_least: float | None  # the cheapest
    price_note: str  # whose price that is, where it isn't the region's
    peak_gpus: int  # all models at their most
    surge_gpus: int  # one rollout on top
    own: OwnNodes | None  # None: nodes that this program makes, or no room for the fewest replicas
    runtime_class: str | None  # of GPU pods
    idle_gpus: int  # of the nodes that the fewest replicas need: paid for, and nobody's
    reasons: tuple[str, ...]
    groups: Mapping[str, NodeGroupPlan] = field(default_factory=dict)  # by zone or subnet id; "": one for all zones


@dataclass(frozen=True)
class ClusterPlan:
    kind: Literal["create", "context", "eks"]
    name: str  # of the EKS cluster, or the context
    version: str
    region: str | None
    partition: str  # as ARNs name it: aws, aws-cn, aws-us-gov
    zone_ids: tuple[str, ...]  # () on a cluster that exists
    cidr: str | None  # None with a VPC that exists
    nat_per_zone: bool
    system_ami_type: str  # as EKS names it
    system_root_gib: (
        int  # holds the engines' images: an engine with its own library fetches there, and models may run on the CPU
    )
    log_days: int  # of the control plane's and the VPC's connections
    autoscaler_image_tag: str  # of the cluster's own minor version
    ami_release: str | None  # of each node that we make; None on a cluster that exists
    addon_versions: Mapping[str, str]  # of EKS add-ons, by their name
    profile: str | None  # of the AWS CLI's configuration; None: whatever the environment says
    account_id: str | None  # the one account that it may be in
    tags: Mapping[str, str]  # of every AWS resource

    @property
    def aws_arguments(self) -> tuple[str, ...]:
        """Of a command of the AWS CLI: the region, and whose credentials."""
        profile = ("--profile", self.profile) if self.profile else ()
        return (*(("--region", self.region) if self.region else ()), *profile)


@dataclass(frozen=True)
class AddonPlan:
    """One of cluster-wide software; `chart` names a row of the chart table."""

    state: Literal["install", "existing", "disabled"]
    chart: str
    repo: str
    version: str
    namespace: str
    reason: str


@dataclass(frozen=True)
class Monitoring:
    """The Prometheus that scrapes the models and that KEDA asks: installed, or an existing one by its URL."""

    url: str
    labels: Mapping[str, str]  # of a ServiceMonitor, so that it is looked at
    namespace: str  # where it runs, for the NetworkPolicies
    login: PrometheusLogin | None = None  # None: it asks for none


@dataclass(frozen=True)
class CachePlan:
    kind: Literal["efs", "ebs", "storageClass"]
    storage_class: str | None  # None: the cluster's default
    size_gib: int  # of the claim; EFS ignores it
    access_mode: Literal["ReadWriteMany", "ReadWriteOnce"]
    zone_id: str | None  # EBS is in one zone
    iops: int  # of an EBS disk
    throughput: int  # MiB/s
    reason: str


@dataclass(frozen=True)
class GatewayPlan:
    domain: str
    visibility: Literal["internal", "public"]
    controller: Literal["alb", "nginx", "other"]
    ingress_class: str
    namespace: str | None  # where a controller inside the cluster runs; None: requests come from outside (ALB)
    timeout_seconds: int


@dataclass(frozen=True)
class CostItem:
    name: str
    min: float  # dollars a month
    expected: float  # at EXPECTED_LOAD
    max: float
    what: str = ""  # how much of what is billed
    pool: str | None = None  # whose nodes these are
    with_nodes: bool = False  # what each node has beside its price: fewer nodes, less of it


@dataclass(frozen=True)
class Cost:
    items: tuple[CostItem, ...]
    left_out: str
    price_note: str  # date, region, discount of the prices; which are the user's own
    whose: str = ""  # what the sum has to say of its prices; blank where they are the region's
    others_whose: str = ""  # the same of all but nodes
    rollouts: str = ""  # nodes that are billed for the hours of rollouts alone

    @property
    def usd_per_month_min(self) -> float:
        return sum(item.min for item in self.items)

    @property
    def usd_per_month_expected(self) -> float:
        return sum(item.expected for item in self.items)

    @property
    def usd_per_month_max(self) -> float:
        return sum(item.max for item in self.items)


@dataclass(frozen=True)
class Cheaper:
    """What to write in the stack file, of a model below it, and what that saves."""

    setting: str
    usd_per_month: float  # at the fewest replicas; 0: the same money holds more requests
    effect: str
    write: Write
    usd_bound: float = 0.0  # per month: no bill grows by more than this, the maximum's nodes elsewhere included


@dataclass(frozen=True)
class Plan:
    stack: str
    settings: Settings
    cluster: ClusterPlan
    pools: Mapping[str, PoolPlan]
    models: Mapping[str, ModelPlan]
    addons: Mapping[str, AddonPlan]  # keys as in the stack file: nvidiaDevicePlugin, ...
    cache: CachePlan
    monitoring: Monitoring | None  # None: nothing to scrape with, and so no scaler
    gateway: GatewayPlan | None
    cost: Cost
    remedies: Mapping[str, tuple[Remedy, ...]]  # by model; its neighbours count: they fill the nodes of a pool
    cheaper: Mapping[str, tuple[Cheaper, ...]]  # by model; its neighbours count here too
    while_paused: tuple[Cheaper, ...]  # of a stack whose models are all paused
    chosen: Mapping[str, Choice]  # dotted path of a stack-file key -> what was chosen
    quotas: tuple[Quota, ...] = field(default=())
    violations: tuple[Violation, ...] = field(default=())
    warnings: tuple[Warned, ...] = field(default=())
    to_do: tuple[Note, ...] = field(default=())
    assumptions: tuple[Note, ...] = field(default=())
