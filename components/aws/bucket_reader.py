"""A service account whose pods may read a bucket, or fill it, through EKS Pod Identity."""

from collections.abc import Sequence
from typing import Any

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as k8s

from components.aws.pod_role import PodRole


class BucketReader(pulumi.ComponentResource):
    """Depend on the component to wait for the account and its rights, which end at a prefix. `writes`: it may add
    objects too, and can't delete any."""

    def __init__(
        self,
        name: str,
        *,
        cluster_name: str,
        namespace: str,
        service_account: str,
        bucket_arn: pulumi.Input[str],
        prefix: str,
        writes: bool = False,
        depends_on: Sequence[pulumi.Resource] = (),
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("llm:aws:BucketReader", name, None, opts)
        child = pulumi.ResourceOptions(parent=self, depends_on=list(depends_on))
        role = PodRole(name, policy=_policy(bucket_arn, prefix, writes=writes), opts=child)
        k8s.core.v1.ServiceAccount(
            f"{name}-account",
            metadata={"name": service_account, "namespace": namespace},
            automount_service_account_token=False,
            opts=child,
        )
        aws.eks.PodIdentityAssociation(
            f"{name}-association",
            cluster_name=cluster_name,
            namespace=namespace,
            service_account=service_account,
            role_arn=role.arn,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[role, *depends_on]),
        )
        self.register_outputs({})


def _policy(bucket: pulumi.Input[str], prefix: str, *, writes: bool) -> dict[str, Any]:
    """The engine lists the prefix with a slash at its end, so that no other prefix that begins so is read."""
    below = f"{prefix}/*" if prefix else "*"
    listing: dict[str, Any] = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": bucket}
    if prefix:
        listing["Condition"] = {"StringLike": {"s3:prefix": below}}
    actions = ["s3:PutObject", "s3:AbortMultipartUpload"] if writes else "s3:GetObject"
    using = {"Effect": "Allow", "Action": actions, "Resource": pulumi.Output.concat(bucket, "/", below)}
    return {"Version": "2012-10-17", "Statement": [listing, using]}
