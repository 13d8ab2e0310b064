"""A service account whose pods may read a bucket, or fill it, through EKS Pod Identity."""

from collections.abc import Iterator, Sequence
from typing import Any

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as k8s

from components.aws.pod_role import PodRole


class BucketReader(pulumi.ComponentResource):
    """Depend on the component to wait for the account and its rights, which end at prefixes; none: the whole bucket.
    `writes`: it may add objects too, and can't delete any. `mounts`: it sees the names of all objects. `keeps`: another
    prefix, below which it may read and add objects, and not list or delete any."""

    def __init__(
        self,
        name: str,
        *,
        cluster_name: str,
        namespace: str,
        service_account: str,
        bucket_arn: pulumi.Input[str],
        prefixes: Sequence[str],
        writes: bool = False,
        mounts: bool = False,
        keeps: str | None = None,
        depends_on: Sequence[pulumi.Resource] = (),
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("llm:aws:BucketReader", name, None, opts)
        child = pulumi.ResourceOptions(parent=self, depends_on=list(depends_on))
        statements = [*_reading(bucket_arn, prefixes, writes=writes, mounts=mounts), *_keeping(bucket_arn, keeps)]
        role = PodRole(name, policy={"Version": "2012-10-17", "Statement": statements}, opts=child)
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


def _reading(
    bucket: pulumi.Input[str], prefixes: Sequence[str], *, writes: bool, mounts: bool
) -> Iterator[dict[str, Any]]:
    """The engine lists the prefix with a slash at its end, so that no other prefix that begins so is read. A mount asks
    for files that may be missing, and without the right to list all names S3 answers that it is forbidden: a program
    that looks whether a file is there stops."""
    below = [f"{prefix}/*" for prefix in prefixes] or ["*"]
    listing: dict[str, Any] = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": bucket}
    if prefixes and not mounts:
        listing["Condition"] = {"StringLike": {"s3:prefix": _one(below)}}
    actions = ["s3:PutObject", "s3:AbortMultipartUpload"] if writes else "s3:GetObject"
    objects = [pulumi.Output.concat(bucket, "/", each) for each in below]
    using = {"Effect": "Allow", "Action": actions, "Resource": _one(objects)}
    yield from (listing, using)


def _keeping(bucket: pulumi.Input[str], prefix: str | None) -> Iterator[dict[str, Any]]:
    if prefix is not None:
        below = pulumi.Output.concat(bucket, "/", prefix, "/*")
        yield {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": below}


def _one(values: Sequence[Any]) -> Any:
    return values[0] if len(values) == 1 else values
