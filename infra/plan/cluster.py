"""What was decided for the cluster: nodes, add-ons, cache, gateway. Disks and memory are in GiB (2^30 bytes)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from infra.plan.words import kubectl

# What becomes of a model when the node that is worst for it is lost: other replicas go on, it starts again on GPUs
# that are free, or it waits for the node.
Loss = Literal["serves", "restarts", "waits"]


@dataclass(frozen=True)
class OwnNode:
    """What one node holds: replicas by model."""

    holds: Mapping[str, int]
    free_gpus: int


@dataclass(frozen=True)
class OwnNodes:
    """Of a pool of nodes that exist, at the fewest replicas."""

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
    """What an account must be allowed to have, at most; the code is that of AWS Service Quotas."""

    code: str
    name: str
    region: str
    needed: int
    unit: str  # vCPUs, groups


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
    system_root_gib: int  # engines' images, what an engine with its own library fetches, and models on the CPU
    log_days: int  # of the control plane's and the VPC's connections
    autoscaler_image_tag: str  # of the cluster's own minor version; "" where that isn't known
    ami_release: str | None  # of each node that we make; None on a cluster that exists
    addon_versions: Mapping[str, str]  # of EKS add-ons, by their name
    profile: str | None  # of the AWS CLI's configuration; None: whatever the environment says
    account_id: str | None  # the one account that it may be in
    tags: Mapping[str, str]  # of every AWS resource

    @property
    def kubectl(self) -> str:
        """As a command begins that is for this cluster; of one on EKS only its user knows the context."""
        return kubectl(self.name if self.kind == "context" else None)

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
