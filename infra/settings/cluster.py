"""`cluster`, `namespace` and `gpuPools`: where the models run."""

from typing import Literal

from pydantic import Field

from infra.settings.types import (
    AccountId,
    AddonVersion,
    AmiRelease,
    Cidr,
    ClusterName,
    IamArn,
    InstanceType,
    KubernetesVersion,
    NamespaceName,
    ObjectName,
    Section,
    SubnetId,
    VpcId,
    ZoneId,
)


class NewNetwork(Section):
    """A VPC that we make (`cidr`, `nat`) or one that exists (`vpcId` and its subnets)."""

    cidr: Cidr | None = Field(default=None, description="the new VPC's addresses, a /16 to a /20; chosen when absent")
    nat: Literal["one", "perZone"] | None = Field(
        default=None, description="NAT gateways of the new VPC; chosen when absent"
    )
    vpc_id: VpcId | None = Field(default=None, description="a VPC that exists")
    private_subnet_ids: tuple[SubnetId, ...] | None = Field(
        default=None,
        min_length=2,
        description="its subnets for nodes, in two zones at least",
        examples=[["subnet-0ab1", "subnet-0ab2"]],
    )
    public_subnet_ids: tuple[SubnetId, ...] | None = Field(
        default=None, description="its subnets for a public gateway", examples=[["subnet-0cd1", "subnet-0cd2"]]
    )


class Access(Section):
    """Who may use kubectl, and from which addresses. Nobody else may: whoever runs `pulumi up` is one of the admins."""

    admins: tuple[IamArn, ...] = Field(
        default=(),
        description="roles and users that may do everything; required before `pulumi up`, whose role is one of them",
        examples=[["arn:aws:iam::111122223333:role/platform"]],
    )
    viewers: tuple[IamArn, ...] = Field(
        default=(),
        description="roles and users that may look",
        examples=[["arn:aws:iam::111122223333:role/developers"]],
    )
    api_from: tuple[Cidr, ...] = Field(
        default=(),
        description="CIDRs that reach the public endpoint; none: private endpoint only",
        examples=[["203.0.113.0/24"]],
    )


class SystemNodes(Section):
    """Nodes for everything that isn't a model: two with 4 vCPU and 16 GiB at least."""

    instance_type: InstanceType = Field(
        default="m7i.xlarge", description="4 vCPU and 16 GiB at least", examples=["m7i.xlarge"]
    )
    count: int = Field(default=2, ge=2, le=20, description="nodes", examples=[2])


class AddonVersions(Section):
    """EKS add-ons, by their names in EKS; the version table's for the cluster's version when absent."""

    vpc_cni: AddonVersion | None = Field(
        default=None, alias="vpc-cni", description="network plugin", examples=["v1.21.1-eksbuild.1"]
    )
    coredns: AddonVersion | None = Field(
        default=None, alias="coredns", description="names inside the cluster", examples=["v1.13.2-eksbuild.4"]
    )
    kube_proxy: AddonVersion | None = Field(
        default=None,
        alias="kube-proxy",
        description="Services; of the cluster's own minor version",
        examples=["v1.35.3-eksbuild.2"],
    )
    eks_pod_identity_agent: AddonVersion | None = Field(
        default=None, alias="eks-pod-identity-agent", description="AWS rights of pods", examples=["v1.3.10-eksbuild.3"]
    )
    aws_ebs_csi_driver: AddonVersion | None = Field(
        default=None, alias="aws-ebs-csi-driver", description="volumes of one zone", examples=["v1.59.0-eksbuild.1"]
    )
    aws_efs_csi_driver: AddonVersion | None = Field(
        default=None,
        alias="aws-efs-csi-driver",
        description="a file system of every zone",
        examples=["v3.1.0-eksbuild.1"],
    )


class CreateCluster(Section):
    """An EKS cluster that we make."""

    version: KubernetesVersion | None = Field(
        default=None, description="Kubernetes version, in quotes; chosen when absent"
    )
    account_id: AccountId | None = Field(
        default=None, description="the AWS account that it is made in, in quotes: in another, `pulumi up` stops"
    )
    zones: int | tuple[ZoneId, ...] | None = Field(
        default=None,
        description="how many zones, or their ids; chosen when absent",
        examples=[3, ["use1-az1", "use1-az2"]],
    )
    network: NewNetwork = Field(
        default=NewNetwork(), description="the VPC; a new one when absent", examples=[{"cidr": "10.0.0.0/16"}]
    )
    name: ClusterName | None = Field(
        default=None, description="of the EKS cluster; made from the stack's name when absent"
    )
    access: Access = Field(
        default=Access(), description="who may use kubectl", examples=[{"apiFrom": ["203.0.113.0/24"]}]
    )
    system_nodes: SystemNodes = Field(
        default=SystemNodes(), description="nodes for everything but models", examples=[{"count": 3}]
    )
    addon_versions: AddonVersions = Field(
        default=AddonVersions(),
        description="versions of EKS add-ons; chosen when absent",
        examples=[{"vpc-cni": "v1.21.1-eksbuild.1"}],
    )
    ami_release: AmiRelease | None = Field(
        default=None, description="release of EKS's AMI, of every node that we make; chosen when absent"
    )


class ExistingCluster(Section):
    """A cluster that exists: a kubeconfig context, or an EKS cluster by its name."""

    context: str | None = Field(default=None, min_length=1, description="of the kubeconfig", examples=["kind-llm"])
    eks: ClusterName | None = Field(default=None, description="name of an EKS cluster in aws:region")
    version: KubernetesVersion | None = Field(
        default=None, description="its Kubernetes version, in quotes; the newest known when absent"
    )


class Cluster(Section):
    """Exactly one of `create` and `existing`."""

    create: CreateCluster | None = Field(
        default=None, description="an EKS cluster that we make", examples=[{"version": "1.35", "zones": 3}]
    )
    existing: ExistingCluster | None = Field(
        default=None, description="a cluster that exists", examples=[{"context": "kind-llm"}]
    )


class Namespace(Section):
    """Where the models' objects live."""

    name: NamespaceName = Field(default="llm", description="name of the namespace", examples=["llm"])
    create: bool = Field(default=True, description="false: it exists already", examples=[True])


class Toleration(Section):
    """A Kubernetes toleration."""

    key: str | None = Field(default=None, description="of the taint", examples=["nvidia.com/gpu"])
    operator: Literal["Exists", "Equal"] = Field(default="Equal", description="Exists: any value")
    value: str | None = Field(default=None, description="of the taint", examples=["present"])
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = Field(
        default=None, description="of the taint; any when absent"
    )


class ExistingNodes(Section):
    """GPU nodes that somebody else makes: what they are, and what to ask for."""

    gpu: str | None = Field(
        default=None, min_length=1, description="the kind of GPU, by its name or NVIDIA's label", examples=["A10G"]
    )
    gpu_memory_gib: float | None = Field(
        default=None,
        gt=0,
        le=1000,
        description="memory of a GPU that has no name here, or has another memory",
        examples=[44.4],
    )
    gpus_per_node: int = Field(default=1, ge=1, le=16, description="GPUs of a node", examples=[1])
    nodes: int | None = Field(
        default=None, ge=1, le=1000, description="how many there are; a plan never takes more", examples=[4]
    )
    selector: dict[str, str] = Field(
        min_length=1, description="labels of the nodes", examples=[{"node.acme.io/pool": "gpu"}]
    )
    tolerations: tuple[Toleration, ...] = Field(
        default=(), description="of the nodes' taints", examples=[[{"key": "nvidia.com/gpu", "operator": "Exists"}]]
    )
    runtime_class_name: ObjectName | None = Field(
        default=None, description="RuntimeClass of GPU pods; k3s and RKE2 need nvidia", examples=["nvidia"]
    )
    usd_per_gpu_hour: float | None = Field(
        default=None,
        gt=0,
        description="what a GPU of these nodes costs you; not in the bill when absent",
        examples=[1.8],
    )


class GpuPool(Section):
    """A node group that we make (`instanceTypes`), or nodes that exist (`existing`). `min` and `max` count nodes."""

    instance_types: tuple[InstanceType, ...] | None = Field(
        default=None, min_length=1, description="EC2 types with the same GPUs", examples=[["g6.xlarge", "g6.2xlarge"]]
    )
    capacity: Literal["on-demand", "spot"] = Field(
        default="on-demand", description="spot is cheaper and can be taken away"
    )
    min: int = Field(default=0, ge=0, le=1000, description="nodes at least", examples=[0])
    max: int | None = Field(
        default=None, ge=1, le=1000, description="nodes at most; derived from the models when absent", examples=[4]
    )
    node_groups: Literal["one", "perZone"] | None = Field(
        default=None,
        description="one EKS node group over all zones, or one per zone, each with its part of min and max; one when"
        " absent. Another way replaces the groups",
    )
    existing: ExistingNodes | None = Field(
        default=None,
        description="nodes that we don't make",
        examples=[{"gpu": "A10G", "nodes": 4, "selector": {"node.acme.io/pool": "gpu"}}],
    )
