"""What Karpenter may do in AWS.

Source: website/content/en/docs/getting-started/getting-started-with-karpenter/cloudformation.yaml and
website/content/en/docs/reference/cloudformation.md of aws/karpenter-provider-aws, v1.14, read 2026-11-27. Left out is
what nothing here needs: it makes no instance profile, since the node classes name one that is there already; no zonal
shift, no placement groups, no neuron images.
"""

from collections.abc import Sequence
from typing import Any

import pulumi

_MADE = ("fleet", "instance", "volume", "network-interface", "launch-template", "spot-instances-request")
_USED = ("security-group", "subnet", "capacity-reservation")
_READ = (
    "CapacityReservations",
    "Images",
    "Instances",
    "InstanceStatus",
    "InstanceTypeOfferings",
    "InstanceTypes",
    "LaunchTemplates",
    "PlacementGroups",
    "SecurityGroups",
    "SpotPriceHistory",
    "Subnets",
)
_LAUNCH = ["ec2:RunInstances", "ec2:CreateFleet"]
_NODE_POOL = "karpenter.sh/nodepool"


def policy(
    *,
    cluster_name: str,
    region: str,
    partition: str,
    queue_arn: pulumi.Input[str],
    node_role_arn: pulumi.Input[str],
    instance_profile_arn: pulumi.Input[str],
) -> dict[str, Any]:
    """It makes, changes and ends only what has the tag of this cluster and of one of its node pools."""
    own = f"kubernetes.io/cluster/{cluster_name}"

    def ec2(kinds: Sequence[str]) -> list[str]:
        return [f"arn:{partition}:ec2:{region}:*:{kind}/*" for kind in kinds]

    asked = {
        "StringEquals": {f"aws:RequestTag/{own}": "owned", "aws:RequestTag/eks:eks-cluster-name": cluster_name},
        "StringLike": {f"aws:RequestTag/{_NODE_POOL}": "*"},
    }
    owned = {
        "StringEquals": {f"aws:ResourceTag/{own}": "owned"},
        "StringLike": {f"aws:ResourceTag/{_NODE_POOL}": "*"},
    }
    created = {"ec2:CreateAction": ["RunInstances", "CreateFleet", "CreateLaunchTemplate"]}
    tags_later = {
        "StringEqualsIfExists": {"aws:RequestTag/eks:eks-cluster-name": cluster_name},
        "ForAllValues:StringEquals": {"aws:TagKeys": ["eks:eks-cluster-name", "karpenter.sh/nodeclaim", "Name"]},
    }
    images = [f"arn:{partition}:ec2:{region}::{kind}/*" for kind in ("image", "snapshot")]
    statements = [
        _allow(_LAUNCH, [*images, *ec2(_USED)]),
        _allow(_LAUNCH, ec2(["launch-template"]), owned),
        _allow([*_LAUNCH, "ec2:CreateLaunchTemplate"], ec2(_MADE), asked),
        _allow("ec2:CreateTags", ec2(_MADE), {**asked, "StringEquals": {**asked["StringEquals"], **created}}),
        _allow("ec2:CreateTags", ec2(["instance"]), {**owned, **tags_later}),
        _allow(["ec2:TerminateInstances", "ec2:DeleteLaunchTemplate"], ec2(["instance", "launch-template"]), owned),
        _allow([f"ec2:Describe{each}" for each in _READ], "*", {"StringEquals": {"aws:RequestedRegion": region}}),
        _allow("ssm:GetParameter", f"arn:{partition}:ssm:{region}::parameter/aws/service/*"),
        _allow(["pricing:GetProducts", "iam:ListInstanceProfiles"], "*"),
        _allow("iam:GetInstanceProfile", instance_profile_arn),
        _allow(
            "iam:PassRole",
            node_role_arn,
            {"StringEquals": {"iam:PassedToService": ["ec2.amazonaws.com", "ec2.amazonaws.com.cn"]}},
        ),
        _allow("eks:DescribeCluster", f"arn:{partition}:eks:{region}:*:cluster/{cluster_name}"),
        _allow(["sqs:DeleteMessage", "sqs:GetQueueUrl", "sqs:ReceiveMessage"], queue_arn),
    ]
    return {"Version": "2012-10-17", "Statement": statements}


def _allow(actions: str | list[str], resources: Any, condition: dict[str, Any] | None = None) -> dict[str, Any]:
    found = {"Effect": "Allow", "Action": actions, "Resource": resources}
    return found if condition is None else {**found, "Condition": condition}
