"""`cluster`, `namespace` and `gpuPools`: where the models run."""

from typing import Literal

from pydantic import Field

from infra.settings.types import (
    Cidr,
    ClusterName,
    IamArn,
    InstanceType,
    KubernetesVersion,
    NamespaceName,
    Section,
    SubnetId,
    VpcId,
    ZoneId,
)


class NewNetwork(Section):
    """A VPC that we make (`cidr`, `nat`) or one that exists (`vpcId` and its subnets)."""

    cidr: Cidr | None = None
    nat: Literal["one", "perZone"] | None = Field(None, description="NAT gateways; chosen when absent")
    vpc_id: VpcId | None = None
    private_subnet_ids: tuple[SubnetId, ...] | None = Field(None, min_length=2)
    public_subnet_ids: tuple[SubnetId, ...] | None = None


class Access(Section):
    """Who may use kubectl, and from which addresses. The creator of the cluster always may."""

    admins: tuple[IamArn, ...] = ()
    viewers: tuple[IamArn, ...] = ()
    api_from: tuple[Cidr, ...] = Field((), description="CIDRs that reach the public endpoint; none: private endpoint only")


class SystemNodes(Section):
    """Nodes for everything that isn't a model: two with 4 vCPU and 16 GiB at least."""

    instance_type: InstanceType = "m7i.xlarge"
    count: int = Field(2, ge=2, le=20)


class CreateCluster(Section):
    """An EKS cluster that we make."""

    version: KubernetesVersion | None = None
    zones: int | tuple[ZoneId, ...] | None = Field(None, description="how many zones, or their ids", examples=[3])
    network: NewNetwork = NewNetwork()
    name: ClusterName | None = None
    access: Access = Access()
    system_nodes: SystemNodes = SystemNodes()


class ExistingCluster(Section):
    """A cluster that exists: a kubeconfig context, or an EKS cluster by its name."""

    context: str | None = Field(None, min_length=1, examples=["kind-llm"])
    eks: ClusterName | None = None
    version: KubernetesVersion | None = None


class Cluster(Section):
    """Exactly one of `create` and `existing`."""

    create: CreateCluster | None = None
    existing: ExistingCluster | None = None


class Namespace(Section):
    """Where the models' objects live."""

    name: NamespaceName = "llm"
    create: bool = True


class Toleration(Section):
    """A Kubernetes toleration."""

    key: str | None = None
    operator: Literal["Exists", "Equal"] = "Equal"
    value: str | None = None
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = None


class ExistingNodes(Section):
    """GPU nodes that somebody else makes: what to ask for."""

    gpu: str = Field(examples=["A10G"])
    gpus_per_node: int = Field(1, ge=1, le=16)
    selector: dict[str, str] = Field(min_length=1, examples=[{"node.acme.io/pool": "gpu"}])
    tolerations: tuple[Toleration, ...] = ()


class GpuPool(Section):
    """A managed node group that we make (`instanceTypes`), or nodes that exist (`existing`). `min` and `max` count nodes."""

    instance_types: tuple[InstanceType, ...] | None = Field(None, min_length=1, examples=[["g6.xlarge", "g6.2xlarge"]])
    capacity: Literal["on-demand", "spot"] = "on-demand"
    min: int = Field(0, ge=0, le=1000)
    max: int | None = Field(None, ge=1, le=1000, description="derived from the models when absent")
    existing: ExistingNodes | None = None
