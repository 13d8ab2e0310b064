"""What a diff asks about the types of AWS's SDK."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from infra.clouds.aws.diff import access, refusals
from infra.clouds.aws.diff.rights import rights
from infra.clouds.aws.diff.tokens import BUCKET, CLUSTER, FILE_SYSTEM, NODE_CLASS, NODE_GROUP, NODE_POOL, TEMPLATE, VPC
from infra.clouds.aws.diff.way_out import way_out
from infra.clouds.resource_types import NodeGroups, Reach, ResourceTypes, Said
from infra.sides.types import Change, Changes, Forces, Resource, ResourceChanges, Side

_DEFAULT_TAGS = "defaultTags.tags"
# Types without tags, which the provider's `defaultTags` don't reach.
_UNTAGGED = (
    "aws:autoscaling/tag:Tag",
    "aws:cloudwatch/eventTarget:EventTarget",
    "aws:ec2/route:Route",
    "aws:ec2/routeTableAssociation:RouteTableAssociation",
    "aws:efs/mountTarget:MountTarget",
    "aws:eks/accessPolicyAssociation:AccessPolicyAssociation",
    "aws:iam/rolePolicy:RolePolicy",
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    "aws:sqs/queuePolicy:QueuePolicy",
)


class AwsTypes(ResourceTypes):
    package = "aws"
    replacements = Path(__file__).with_name("replacements.csv")
    in_place = frozenset({"pulumi:providers:aws"})
    holds_data = frozenset(
        {
            "aws:dynamodb/table:Table",
            "aws:ebs/volume:Volume",
            FILE_SYSTEM,
            "aws:fsx/lustreFileSystem:LustreFileSystem",
            "aws:opensearch/domain:Domain",
            "aws:rds/cluster:Cluster",
            "aws:rds/instance:Instance",
            BUCKET,
            "aws:s3/bucketV2:BucketV2",
        }
    )
    words: Mapping[str, str] = {
        CLUSTER: "the EKS cluster",
        VPC: "the VPC",
        FILE_SYSTEM: "the EFS file system",
        BUCKET: "the S3 bucket",
    }
    computed: Mapping[str, tuple[str, ...]] = {
        "aws:cloudwatch/logGroup:LogGroup": ("arn",),
        "aws:ec2/eip:Eip": ("allocationId", "publicIp"),
        "aws:cloudwatch/eventRule:EventRule": ("arn", "name"),
        "aws:ec2/placementGroup:PlacementGroup": ("name",),
        "aws:ec2/subnet:Subnet": ("availabilityZone",),
        TEMPLATE: ("latestVersion",),
        VPC: ("ownerId",),
        "aws:efs/accessPoint:AccessPoint": ("arn",),
        FILE_SYSTEM: ("arn", "dnsName"),
        CLUSTER: ("arn", "name", "endpoint", "certificateAuthority.data", "vpcConfig.clusterSecurityGroupId"),
        NODE_GROUP: ("arn", "nodeGroupName", "resources.0.autoscalingGroups.0.name"),
        "aws:iam/instanceProfile:InstanceProfile": ("arn", "name"),
        "aws:iam/policy:Policy": ("arn",),
        "aws:iam/role:Role": ("arn", "name"),
        "aws:kms/key:Key": ("arn", "keyId"),
        BUCKET: ("arn", "bucket"),
        "aws:sqs/queue:Queue": ("arn", "name", "url"),
    }
    versions: Mapping[str, tuple[str, ...]] = {TEMPLATE: ("latestVersion",)}
    nodes = (
        NodeGroups(
            NODE_GROUP, "cluster-system", ("version", "releaseVersion", "launchTemplate", "amiType"), ended_by="EKS"
        ),
        # website/content/en/docs/concepts/disruption.md of aws/karpenter-provider-aws, v1.14: what makes a node drift.
        NodeGroups(NODE_POOL, None, ("spec.template",), ended_by="Karpenter"),
        NodeGroups(NODE_CLASS, None, ("spec",), ended_by="Karpenter"),
    )

    def reached(self, provider: Changes, type_: str, forces: Forces) -> Mapping[str, Change]:
        """What a change of the provider changes in a resource: `defaultTags` reach every type that can have tags, and
        `region` reaches every type but roles."""
        tags = {path: change for path, change in provider.items() if path.startswith(_DEFAULT_TAGS)}
        found = {path.replace(_DEFAULT_TAGS, "tagsAll", 1): change for path, change in tags.items()}
        region = {"region": provider["region"]} if "region" in provider and forces(type_, "region") else {}
        return ({} if type_ in _UNTAGGED else found) | region

    def exposure(self, resource: Resource) -> Iterator[Said]:
        return access.exposure(resource)

    def egress(self, resource: Resource) -> Iterator[Said]:
        return access.egress(resource)

    def code(self, resource: Resource) -> Iterator[Said]:
        return access.code(resource)

    def rights(self, resource: Resource) -> Iterator[Said]:
        return rights(resource)

    def reach(self, annotations: Mapping[str, Any]) -> Reach | None:
        return access.reach(annotations)

    def refused_in_place(self, old: Side, new: Side, resources: ResourceChanges) -> Iterator[tuple[str, str, str]]:
        return refusals.refused_in_place(old, new, resources)

    def advice(self, old: Side, new: Side) -> Iterator[str]:
        return refusals.advice(old, new)

    def notices(self, old: Side, new: Side) -> Iterator[tuple[str, str, str]]:
        yield from way_out(old, new)
