"""Type tokens of AWS that more than one file of this folder uses."""

from infra.sides.types import type_of

OWNS = (
    "llm:aws:Cluster",
    "llm:aws:ExistingEksCluster",
    "llm:aws:Network",
    "llm:aws:GpuPool",
    "llm:aws:KarpenterNodes",
    "llm:aws:KarpenterPool",
)
CLUSTER, VPC, SUBNET = "aws:eks/cluster:Cluster", "aws:ec2/vpc:Vpc", "aws:ec2/subnet:Subnet"
FILE_SYSTEM, BUCKET = "aws:efs/fileSystem:FileSystem", "aws:s3/bucket:Bucket"
NODE_GROUP = "aws:eks/nodeGroup:NodeGroup"
NODE_POOL, NODE_CLASS = "kubernetes:karpenter.sh/v1:NodePool", "kubernetes:karpenter.k8s.aws/v1:EC2NodeClass"
ADDON, TEMPLATE = "aws:eks/addon:Addon", "aws:ec2/launchTemplate:LaunchTemplate"


def is_ours(urn: str, type_: str) -> bool:
    """Whether it is a resource of that type that belongs to the cluster in which the models run."""
    return type_of(urn) == type_ and not {*OWNS}.isdisjoint(urn.split("::")[2].split("$"))
