"""`cluster.create`: an EKS cluster that we make."""

from typing import Literal

from pydantic import Field

from infra.clouds.aws.types import AccountId, AddonVersion, AmiRelease, ClusterName, IamArn, SubnetId, VpcId, ZoneId
from infra.settings.types import Cidr, InstanceType, KubernetesVersion, Section

MAX_SYSTEM_NODES = 20


class NewNetwork(Section):
    """A VPC that we make (`cidr`, `nat`) or one that exists (`vpcId` and its subnets)."""

    cidr: Cidr | None = Field(
        default=None, description="addresses of a new VPC, from a /16 to a /20; chosen when absent"
    )
    nat: Literal["one", "perZone"] | None = Field(
        default=None, description="NAT gateways of a new VPC: one for all zones, or one per zone; chosen when absent"
    )
    vpc_id: VpcId | None = Field(default=None, description="an existing VPC, instead of a new one")
    private_subnet_ids: tuple[SubnetId, ...] | None = Field(
        default=None,
        min_length=2,
        description="subnets of that VPC for nodes, in at least two zones; required with vpcId",
        examples=[["subnet-0ab1", "subnet-0ab2"]],
    )
    public_subnet_ids: tuple[SubnetId, ...] | None = Field(
        default=None, description="subnets of that VPC for a public gateway", examples=[["subnet-0cd1", "subnet-0cd2"]]
    )


class Access(Section):
    """Who may use kubectl, and from which addresses. Nobody else may: whoever runs `pulumi up` is one of the admins."""

    admins: tuple[IamArn, ...] = Field(
        default=(),
        description="roles and users with all rights in the cluster; required before `pulumi up`, which runs as one"
        " of them",
        examples=[["arn:aws:iam::111122223333:role/platform"]],
    )
    viewers: tuple[IamArn, ...] = Field(
        default=(),
        description="roles and users that may read objects, and change nothing",
        examples=[["arn:aws:iam::111122223333:role/developers"]],
    )
    api_from: tuple[Cidr, ...] = Field(
        default=(),
        description="addresses from which kubectl reaches the cluster's public endpoint; when absent, the endpoint"
        " is private",
        examples=[["203.0.113.0/24"]],
    )


class SystemNodes(Section):
    """Nodes for everything that isn't a model: two with 4 vCPU and 16 GiB at least."""

    instance_type: InstanceType = Field(
        default="m7i.xlarge", description="type of each node, with at least 4 vCPU and 16 GiB", examples=["m7i.xlarge"]
    )
    count: int = Field(default=2, ge=2, le=MAX_SYSTEM_NODES, description="number of nodes", examples=[2])


class AddonVersions(Section):
    """EKS add-ons, by their names in EKS; the version table's for the cluster's version when absent."""

    vpc_cni: AddonVersion | None = Field(
        default=None, alias="vpc-cni", description="the network plugin", examples=["v1.21.1-eksbuild.1"]
    )
    coredns: AddonVersion | None = Field(
        default=None, alias="coredns", description="DNS inside the cluster", examples=["v1.13.2-eksbuild.4"]
    )
    kube_proxy: AddonVersion | None = Field(
        default=None,
        alias="kube-proxy",
        description="Services; its minor version is the cluster's",
        examples=["v1.35.3-eksbuild.2"],
    )
    eks_pod_identity_agent: AddonVersion | None = Field(
        default=None,
        alias="eks-pod-identity-agent",
        description="gives pods their AWS rights",
        examples=["v1.3.10-eksbuild.3"],
    )
    eks_node_monitoring_agent: AddonVersion | None = Field(
        default=None,
        alias="eks-node-monitoring-agent",
        description="finds what is wrong with a node and its GPUs; with nodeRepair of a pool",
        examples=["v1.6.6-eksbuild.1"],
    )
    aws_ebs_csi_driver: AddonVersion | None = Field(
        default=None,
        alias="aws-ebs-csi-driver",
        description="EBS volumes, each in one zone",
        examples=["v1.59.0-eksbuild.1"],
    )
    aws_efs_csi_driver: AddonVersion | None = Field(
        default=None,
        alias="aws-efs-csi-driver",
        description="EFS file systems, which every zone reads",
        examples=["v3.1.0-eksbuild.1"],
    )
    aws_mountpoint_s3_csi_driver: AddonVersion | None = Field(
        default=None,
        alias="aws-mountpoint-s3-csi-driver",
        description="a bucket as files; with cache.kind s3, for servers that don't stream",
        examples=["v2.7.0-eksbuild.1"],
    )


class CreateCluster(Section):
    """An EKS cluster that we make."""

    version: KubernetesVersion | None = Field(
        default=None, description="Kubernetes version, in quotes; chosen when absent"
    )
    account_id: AccountId | None = Field(
        default=None, description="the AWS account of the cluster, in quotes; `pulumi up` stops in any other"
    )
    zones: int | tuple[ZoneId, ...] | None = Field(
        default=None,
        description="the number of zones, or their ids; chosen when absent",
        examples=[3, ["use1-az1", "use1-az2"]],
    )
    network: NewNetwork = Field(
        default=NewNetwork(), description="the VPC; a new one when absent", examples=[{"cidr": "10.0.0.0/16"}]
    )
    name: ClusterName | None = Field(
        default=None, description="name of the EKS cluster; made from the stack's name when absent"
    )
    access: Access = Field(
        default=Access(),
        description="who may use the Kubernetes API, and from where",
        examples=[{"apiFrom": ["203.0.113.0/24"]}],
    )
    system_nodes: SystemNodes = Field(
        default=SystemNodes(),
        description="the nodes on which everything runs that needs no GPU",
        examples=[{"count": 3}],
    )
    addon_versions: AddonVersions = Field(
        default=AddonVersions(),
        description="versions of EKS add-ons; chosen when absent",
        examples=[{"vpc-cni": "v1.21.1-eksbuild.1"}],
    )
    ami_release: AmiRelease | None = Field(
        default=None, description="release of the EKS AMI for every node; chosen when absent"
    )
    node_scaler: Literal["clusterAutoscaler", "karpenter"] = Field(
        default="clusterAutoscaler",
        description="what adds GPU nodes and removes them: the cluster autoscaler, by node groups of EKS; or Karpenter,"
        " which asks EC2 for each node and makes no group",
        examples=["karpenter"],
    )
