"""What was decided for the cluster: nodes, add-ons, cache, gateway. Disks and memory are in GiB (2^30 bytes)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from infra.plan.words import kubectl

# What becomes of a model when the node that is worst for it is lost: other replicas go on; it starts again on GPUs
# that are free; it does so unless pods of other models take those first; it waits for the node.
Loss = Literal["serves", "restarts", "may_wait", "waits"]


@dataclass(frozen=True)
class OwnNode:
    """What one node holds: replicas by model."""

    holds: Mapping[str, int]
    free_gpus: int


@dataclass(frozen=True)
class OwnNodes:
    """Of a pool of nodes that exist, at the minimum of replicas."""

    nodes: tuple[OwnNode, ...]
    lose_one: Mapping[str, Loss]  # by model: when the node is lost that is worst for it
    could_roll: tuple[str, ...]  # models whose new pod could come first, since GPUs are free for it at every time


@dataclass(frozen=True)
class PrometheusLogin:
    """A token, a name with a password, or signed requests."""

    mode: Literal["bearer", "basic", "sigv4"]
    secret: str | None  # in the models' namespace; None with sigv4
    keys: Mapping[str, str]  # of the Secret, by KEDA's parameter
    region: str | None  # with sigv4
    role_arn: str | None  # that KEDA's operator assumes


@dataclass(frozen=True)
class Quota:
    """What an account must be allowed to have, at most; the code is the cloud's own."""

    code: str
    name: str
    region: str
    needed: int
    unit: str  # vCPUs, groups


@dataclass(frozen=True)
class NodeGroupPlan:
    """A group of a pool's nodes; those of a pool add up to its own figures."""

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
    selector: Mapping[str, str]  # what a pod of this pool selects; on nodes that we make, their labels
    tolerations: tuple[Mapping[str, str], ...]  # as Kubernetes writes them
    usd_per_node_hour: float | None  # of its most expensive type; on spot, in the most expensive zone
    usd_per_node_hour_min: float | None  # of its cheapest type
    price_note: str  # whose price that is, where it isn't the region's
    peak_gpus: int  # with the maximum of replicas of all models
    surge_gpus: int  # that one rollout needs besides
    needed: int  # nodes that hold both, whatever `max` is
    own: OwnNodes | None  # None: nodes that this program makes, or no room for the minimum of replicas
    runtime_class: str | None  # of GPU pods
    idle_gpus: int  # of the nodes that the minimum of replicas need: paid for, and nobody's
    reasons: tuple[str, ...]
    # What the cloud that makes the nodes decides:
    ami_type: str | None = None
    root_gib: int = 0
    root_iops: int = 0
    root_throughput: int = 0  # MiB/s
    nvme: bool = False  # local disks under containerd and kubelet
    ephemeral_gib: int = 0  # what pods can use of a node's disk; the autoscaler counts on it
    groups: Mapping[str, NodeGroupPlan] = field(default_factory=dict)  # by zone or subnet id; "": one for all zones


@dataclass(frozen=True, kw_only=True)
class ClusterPlan:
    """A cloud adds what it alone decides."""

    kind: str  # in the cloud's own words
    name: str  # of the cluster, or of its kubeconfig context
    version: str
    region: str | None
    made: bool  # by this stack
    context: str | None = None  # of the kubeconfig, where that is how the stack reaches the cluster
    zone_ids: tuple[str, ...] = ()  # () on a cluster that exists

    @property
    def kubectl(self) -> str:
        """As a command begins that is for this cluster; else only its user knows the context."""
        return kubectl(self.context)


@dataclass(frozen=True)
class SystemNodes:
    """Nodes for everything that isn't on a GPU, of a cluster that this stack makes."""

    type: str
    count: int
    max: int  # that a stack file may ask for
    cpu: float  # cores of one that pods can have
    gib: float
    path: str  # of their settings


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
class Storage:
    """A kind of `cache` that a cloud makes with a cluster."""

    kind: str  # in the stack file
    said: str  # where weights are read from, in a sentence
    size_gib: int | None = None  # of the claim, where the storage itself has no size
    one_reader: bool = False  # one node at a time, in one zone
    owns_files: bool = False  # whoever writes them: pods need no group of the files
    iops: int = 0
    throughput: int = 0  # MiB/s; 0: it isn't made with one


@dataclass(frozen=True)
class CachePlan:
    kind: str  # of the cloud's `storage`, or storageClass
    storage: Storage | None  # None: a storage class
    storage_class: str | None  # None: the cluster's default
    size_gib: int  # of the claim
    access_mode: Literal["ReadWriteMany", "ReadWriteOnce"]
    zone_id: str | None  # of a volume that is in one zone
    reason: str


@dataclass(frozen=True)
class IngressController:
    """What makes an address of Ingresses, as far as the gateway has to know it."""

    name: str  # of its ingress class, where nobody gave it another
    why: str  # it is chosen
    title: str | None = None  # of its load balancer; None: it is called by its class
    certificate: str = "tlsSecret"  # the key of the certificate
    sample: str = "NAME"  # what is written there
    outside: bool = False  # of the cluster: requests come from addresses, and it is in no namespace
    made_with_cluster: bool = False  # it comes with a cluster that we make
    narrows: bool = False  # to addresses, and by a web ACL
    reports_address: bool = True
    namespace: str | None = None  # where it is installed unless somebody says otherwise
    namespace_labels: Mapping[str, str] = field(default_factory=dict)  # of the models' namespace, each `enabled`: why


@dataclass(frozen=True)
class GatewayPlan:
    domain: str
    visibility: Literal["internal", "public"]
    controller: IngressController
    ingress_class: str
    namespace: str | None  # where a controller inside the cluster runs; None: requests come from outside
    timeout_seconds: int
