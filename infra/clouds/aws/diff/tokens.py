"""Type tokens of AWS that more than one of these files speaks of."""

from infra.sides.types import type_of

OWNS = ("llm:aws:Cluster", "llm:aws:ExistingEksCluster", "llm:aws:Network", "llm:aws:GpuPool")
CLUSTER, VPC, SUBNET = "aws:eks/cluster:Cluster", "aws:ec2/vpc:Vpc", "aws:ec2/subnet:Subnet"
FILE_SYSTEM, NODE_GROUP = "aws:efs/fileSystem:FileSystem", "aws:eks/nodeGroup:NodeGroup"
ADDON, TEMPLATE = "aws:eks/addon:Addon", "aws:ec2/launchTemplate:LaunchTemplate"


def is_ours(urn: str, type_: str) -> bool:
    """Of the cluster that the models run in, and of that type."""
    return type_of(urn) == type_ and not {*OWNS}.isdisjoint(urn.split("::")[2].split("$"))
