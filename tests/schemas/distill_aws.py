"""Distils AWS's own API models into aws.json: what a request of each resource type that the program makes may say.

    python -m venv /tmp/aws && /tmp/aws/bin/pip install botocore==1.44.8    # AWS publishes its API models in it
    /tmp/aws/bin/python tests/schemas/distill_aws.py

One line per type. Keys are the provider's, in lower case. A plain value is `null`; one with a limit says it: `enum`,
`pattern` (whole text), `min` and `max` (a text's length, a number, the elements of a list). A list has its element
under `[]`.
"""

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import botocore  # pyright: ignore[reportMissingImports]  # in the environment above
import botocore.loaders  # pyright: ignore[reportMissingImports]

OUT = Path(__file__).with_name("aws.json")

# The requests that the provider sends for a resource type, and what the provider calls the parts of them otherwise.
REQUESTS: dict[str, tuple[str, ...]] = {
    "aws:autoscaling/tag:Tag": ("autoscaling Tag as tag",),
    "aws:cloudwatch/eventRule:EventRule": ("events PutRuleRequest",),
    "aws:cloudwatch/eventTarget:EventTarget": ("events PutTargetsRequest", "events Target"),
    "aws:cloudwatch/logGroup:LogGroup": ("logs CreateLogGroupRequest", "logs PutRetentionPolicyRequest"),
    "aws:ec2/eip:Eip": ("ec2 AllocateAddressRequest",),
    "aws:ec2/flowLog:FlowLog": ("ec2 CreateFlowLogsRequest",),
    "aws:ec2/launchTemplate:LaunchTemplate": ("ec2 CreateLaunchTemplateRequest", "ec2 RequestLaunchTemplateData"),
    "aws:ec2/natGateway:NatGateway": ("ec2 CreateNatGatewayRequest",),
    "aws:ec2/placementGroup:PlacementGroup": ("ec2 CreatePlacementGroupRequest",),
    "aws:ec2/route:Route": ("ec2 CreateRouteRequest",),
    "aws:ec2/securityGroup:SecurityGroup": ("ec2 CreateSecurityGroupRequest",),
    "aws:ec2/subnet:Subnet": ("ec2 CreateSubnetRequest",),
    "aws:ec2/vpc:Vpc": ("ec2 CreateVpcRequest",),
    "aws:ec2/vpcEndpoint:VpcEndpoint": ("ec2 CreateVpcEndpointRequest",),
    "aws:efs/accessPoint:AccessPoint": ("efs CreateAccessPointRequest",),
    "aws:efs/fileSystem:FileSystem": ("efs CreateFileSystemRequest",),
    "aws:efs/mountTarget:MountTarget": ("efs CreateMountTargetRequest",),
    "aws:eks/accessEntry:AccessEntry": ("eks CreateAccessEntryRequest",),
    "aws:eks/accessPolicyAssociation:AccessPolicyAssociation": ("eks AssociateAccessPolicyRequest",),
    "aws:eks/addon:Addon": ("eks CreateAddonRequest", "eks ResolveConflicts as resolveconflictsonupdate"),
    "aws:eks/cluster:Cluster": ("eks CreateClusterRequest", "eks LogTypes as enabledclusterlogtypes"),
    "aws:eks/nodeGroup:NodeGroup": ("eks CreateNodegroupRequest",),
    "aws:eks/podIdentityAssociation:PodIdentityAssociation": ("eks CreatePodIdentityAssociationRequest",),
    "aws:iam/instanceProfile:InstanceProfile": (
        "iam CreateInstanceProfileRequest",
        "iam AddRoleToInstanceProfileRequest",
    ),
    "aws:iam/role:Role": ("iam CreateRoleRequest",),
    "aws:iam/rolePolicy:RolePolicy": ("iam PutRolePolicyRequest",),
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": ("iam AttachRolePolicyRequest",),
    "aws:kms/key:Key": ("kms CreateKeyRequest",),
    "aws:s3/bucket:Bucket": ("s3 CreateBucketRequest",),
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": (
        "s3 PutBucketLifecycleConfigurationRequest",
        "s3 BucketLifecycleConfiguration",
    ),
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": (
        "s3 PutBucketOwnershipControlsRequest",
        "s3 OwnershipControlsRule as rule",
    ),
    "aws:s3/bucketPolicy:BucketPolicy": ("s3 PutBucketPolicyRequest",),
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": (
        "s3 PutPublicAccessBlockRequest",
        "s3 PublicAccessBlockConfiguration",
    ),
    "aws:sqs/queue:Queue": ("sqs CreateQueueRequest",),
    "aws:sqs/queuePolicy:QueuePolicy": ("sqs SetQueueAttributesRequest",),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": ("ec2 IpPermission", "ec2 UserIdGroupPair"),
}
RENAMED = {
    "aws:cloudwatch/logGroup:LogGroup": {"loggroupname": "name"},
    "aws:ec2/flowLog:FlowLog": {"deliverlogspermissionarn": "iamrolearn"},
    "aws:ec2/launchTemplate:LaunchTemplate": {
        "securitygroupids": "vpcsecuritygroupids",
        "launchtemplatename": "name",
    },
    "aws:ec2/placementGroup:PlacementGroup": {"groupname": "name"},
    "aws:ec2/securityGroup:SecurityGroup": {"groupname": "name"},
    "aws:eks/addon:Addon": {"resolveconflicts": "resolveconflictsoncreate"},
    "aws:eks/cluster:Cluster": {"resourcesvpcconfig": "vpcconfig"},
    "aws:eks/nodeGroup:NodeGroup": {
        "noderole": "noderolearn",
        "subnets": "subnetids",
    },
    "aws:iam/instanceProfile:InstanceProfile": {"instanceprofilename": "name", "rolename": "role"},
    "aws:iam/role:Role": {"rolename": "name", "assumerolepolicydocument": "assumerolepolicy"},
    "aws:iam/rolePolicy:RolePolicy": {"policydocument": "policy", "rolename": "role", "policyname": "name"},
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": {"rolename": "role"},
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": {"groupid": "referencedsecuritygroupid"},
}
LIMITS = ("enum", "pattern", "min", "max")


def distil() -> dict[str, Any]:
    loader = botocore.loaders.Loader()
    types = {}
    for type_, requests in REQUESTS.items():
        keys: dict[str, Any] = {}
        for request in requests:
            service, shape, *under = request.split(" ")
            found = _keys(loader.load_service_model(service, "service-2")["shapes"], shape)
            keys |= {under[-1]: found} if under else found
        types[type_] = {RENAMED.get(type_, {}).get(key, key): value for key, value in keys.items()}
    return types


def _keys(shapes: dict[str, Any], name: str) -> Any:
    shape = shapes[name]
    limits = {key: shape[key] for key in LIMITS if key in shape and _is_read(key, shape[key])}
    match shape["type"]:
        case "structure":
            return {key.lower(): _keys(shapes, member["shape"]) for key, member in sorted(shape["members"].items())}
        case "list":
            return limits | {"[]": _keys(shapes, shape["member"]["shape"])}
        case "map":
            return {"{}": _keys(shapes, shape["value"]["shape"])}
        case _:
            return limits or None


def _is_read(key: str, value: Any) -> bool:
    """Some patterns are of another dialect than Python's, a few say nothing, and a catalogue knows instance types."""
    if key != "pattern":
        return key != "enum" or len(value) < 100
    try:
        re.compile(value)
    except re.error:
        return False
    return value not in (".*", "[\\s\\S]*")


if __name__ == "__main__":
    lines = (f'"{type_}": {json.dumps(keys, sort_keys=True)}' for type_, keys in sorted(distil().items()))
    head = f'"source": "botocore {botocore.__version__}, {date.today()}"'
    OUT.write_text("{" + ",\n".join([head, *lines]) + "}\n", encoding="utf-8")
