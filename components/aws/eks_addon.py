"""Software that EKS installs in a cluster, and keeps there."""

import json
from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_aws as aws

from components.aws.pod_role import PodRole

NODE_MONITOR = "eks-node-monitoring-agent"
S3_DRIVER = "aws-mountpoint-s3-csi-driver"


def eks_addon(
    name: str,
    addon: str,
    eks: aws.eks.Cluster,
    versions: Mapping[str, str],
    *,
    configuration: Mapping[str, Any] | None = None,
    pod_role: tuple[str, PodRole] | None = None,
    opts: pulumi.ResourceOptions,
) -> aws.eks.Addon:
    """An EKS add-on. It isn't upgraded together with the cluster.

    `pod_role`: a service account and the role that it gets.
    """
    associations = None
    if pod_role is not None:
        account, role = pod_role
        associations = [aws.eks.AddonPodIdentityAssociationArgs(service_account=account, role_arn=role.arn)]
    return aws.eks.Addon(
        f"{name}-{addon}",
        cluster_name=eks.name,
        addon_name=addon,
        addon_version=versions[addon],
        configuration_values=json.dumps(configuration) if configuration else None,
        pod_identity_associations=associations,
        resolve_conflicts_on_create="OVERWRITE",
        resolve_conflicts_on_update="OVERWRITE",
        opts=opts,
    )
