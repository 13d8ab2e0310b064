"""`cluster`, `namespace` and `gpuPools`: where the models run."""

from typing import Literal

from pydantic import Field

from infra.clouds.aws.section import CreateCluster
from infra.clouds.aws.types import AmiRelease, ClusterName, PlacementGroup, SecurityGroupId, SubnetId, ZoneId
from infra.clouds.existing.section import ExistingNodes
from infra.settings.capacity import CapacityStep, Kind, Step
from infra.settings.sharing import Sharing
from infra.settings.types import InstanceType, KubernetesVersion, NamespaceName, Section


class ExistingCluster(Section):
    """A cluster that exists: a kubeconfig context, or an EKS cluster by its name."""

    context: str | None = Field(
        default=None, min_length=1, description="name of a context in your kubeconfig", examples=["kind-llm"]
    )
    eks: ClusterName | None = Field(default=None, description="name of an EKS cluster in the region aws:region")
    version: KubernetesVersion | None = Field(
        default=None,
        description="the cluster's Kubernetes version, in quotes; when absent, the plan counts with the newest known"
        " version, and node groups of this stack get the version that the EKS cluster has when they are made",
    )
    zones: tuple[ZoneId, ...] | None = Field(
        default=None,
        min_length=1,
        description="zone ids for the node groups of this stack on an EKS cluster; when absent, those of its subnets"
        " that offer a pool's types",
        examples=[["use1-az1", "use1-az2"]],
    )
    subnet_ids: tuple[SubnetId, ...] | None = Field(
        default=None,
        min_length=1,
        description="private subnets for the node groups of this stack on an EKS cluster; when absent, those of the"
        " cluster itself, as they are when a group is made",
        examples=[["subnet-0ab1", "subnet-0ab2"]],
    )
    security_group_ids: tuple[SecurityGroupId, ...] = Field(
        default=(),
        description="security groups for nodes of this stack on an EKS cluster, in addition to the cluster's own: the"
        " group that its other nodes share, where these don't have the cluster's",
        examples=[["sg-0ab1"]],
    )
    ami_release: AmiRelease | None = Field(
        default=None,
        description="release of the EKS AMI for nodes of this stack on an EKS cluster; when absent, the one in the"
        " version table for the cluster's version",
    )
    distribution: Literal["kubeadm", "k3s", "rke2", "openshift"] | None = Field(
        default=None,
        description="the Kubernetes distribution: it decides the RuntimeClass, the Ingress controller and what pods may"
        " do; when absent, a plan asks for what it needs to know",
    )
    one_node: bool = Field(
        default=False,
        description="the cluster has one node, as kind, minikube or a single server has: every pod can read a volume"
        " of that node",
    )


class Cluster(Section):
    """Exactly one of `create` and `existing`."""

    create: CreateCluster | None = Field(
        default=None, description="a new EKS cluster", examples=[{"version": "1.35", "zones": 3}]
    )
    existing: ExistingCluster | None = Field(
        default=None,
        description="a cluster that you have: a kubeconfig context, or an EKS cluster",
        examples=[{"context": "kind-llm"}],
    )


class Namespace(Section):
    """The namespace of the models' Kubernetes objects."""

    name: NamespaceName = Field(default="llm", description="name of the namespace", examples=["llm"])
    create: bool = Field(
        default=True,
        description="false: the namespace exists already, and `pulumi up` leaves it as it is",
        examples=[True],
    )


class GpuPool(Section):
    """A node group that the program creates (`instanceTypes`), or nodes that exist (`existing`). `min` and `max` count
    nodes."""

    instance_types: tuple[InstanceType, ...] | None = Field(
        default=None,
        min_length=1,
        description="instance types for the nodes of a new node group, all with the same GPUs",
        examples=[["g6.xlarge", "g6.2xlarge"]],
    )
    capacity: Literal["on-demand", "spot"] | tuple[Step, ...] = Field(
        default="on-demand",
        description="what its nodes are: on-demand; spot, which costs less, and which AWS can take away with two"
        " minutes' notice; or a list of these, of reservations and of Capacity Blocks, in the order in which they are"
        " asked for: where one has no node, the next one is",
        examples=["on-demand", ["spot", "on-demand"], [{"reservation": "cr-0a1b2c3d4e5f60718"}, "spot", "on-demand"]],
    )
    min: int = Field(
        default=0,
        ge=0,
        le=1000,
        description="minimum number of nodes; 0: no node runs while no model of the pool does",
        examples=[0],
    )
    max: int | None = Field(
        default=None,
        ge=1,
        le=1000,
        description="maximum number of nodes; when absent, what the models need at their maximum of replicas, wherever"
        " these are placed",
        examples=[4],
    )
    node_groups: Literal["one", "perZone"] | None = Field(
        default=None,
        description="one node group over all zones, or one per zone, each with its part of min and max; when absent,"
        " one over all zones. With a list below capacity: for each of its steps; when absent, one per zone, each up to"
        " max. A change of this key replaces the node groups",
    )
    existing: ExistingNodes | None = Field(
        default=None,
        description="GPU nodes that exist already, instead of instanceTypes",
        examples=[{"gpu": "A10G", "nodes": 4, "selector": {"node.acme.io/pool": "gpu"}}],
    )
    sharing: Sharing | None = Field(
        default=None,
        description="several servers on each GPU of these instance types; of nodes that exist, write it in existing",
        examples=[{"timeSlicing": 4}],
    )
    ami_release: AmiRelease | None = Field(
        default=None,
        description="release of the EKS AMI for these nodes alone, and with it their Kubernetes version; when absent,"
        " the cluster's. With it an old pool stays as it is beside a new one, and models move without a gap; EKS makes"
        " a new node group of its cluster's version alone",
    )
    os: Literal["al2023", "bottlerocket"] = Field(
        default="al2023",
        description="the operating system of its nodes: Amazon Linux 2023, or Bottlerocket, which starts sooner. That"
        " one has its own device plugin: its GPUs aren't shared, and dcgm-exporter doesn't run there. A change replaces"
        " the nodes",
        examples=["bottlerocket"],
    )
    placement_group: PlacementGroup | None = Field(
        default=None,
        description="spread: no two nodes share a rack, up to 7 per zone; partition: nodes in 7 parts of a zone"
        " that share no hardware; or the name of a placement group that exists, as one in which a reservation is. A"
        " change replaces the nodes one by one",
        examples=["spread"],
    )
    node_repair: bool = Field(
        default=True,
        description="EKS restarts or replaces a node whose GPU, kernel, network or kubelet fails; false: a broken node"
        " stays until somebody ends it",
        examples=[False],
    )
    spare: int = Field(
        default=0,
        ge=0,
        le=100,
        description="replicas of its largest model for which GPUs stay free, with the engines' images on their nodes:"
        " the next replica starts there without waiting for a node. Pods without work hold these GPUs, at every number"
        " of replicas up to max; they are billed",
        examples=[1],
    )
    warm_pool: int = Field(
        default=0,
        ge=0,
        le=100,
        description="stopped instances that have booted before: one of them becomes a node sooner than a new one. Their"
        " disks are billed, not the instances. Containers are on EBS then: an instance loses its NVMe disks when it is"
        " stopped",
        examples=[1],
    )

    @property
    def needs_plugin(self) -> bool:
        """Whether nodes that we make offer no GPU without NVIDIA's device plugin."""
        return self.instance_types is not None and self.os == "al2023"

    @property
    def shared(self) -> Sharing | None:
        """How its GPUs are shared, wherever the nodes come from; None: a server has whole GPUs."""
        return self.existing.sharing if self.existing is not None else self.sharing

    @property
    def ladder(self) -> tuple[CapacityStep, ...]:
        """The steps in their order; () where one word is written."""
        return () if isinstance(self.capacity, str) else self.capacity

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """What its nodes may be, in the order in which they are asked for."""
        return (self.capacity,) if isinstance(self.capacity, str) else tuple(step.kind for step in self.capacity)
