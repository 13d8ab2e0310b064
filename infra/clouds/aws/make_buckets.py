"""Who may read and fill a bucket with weights: the user's, or the bucket that keeps them here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pulumi

from components.aws.bucket_reader import BucketReader
from components.aws.weights_bucket import WeightsBucket
from components.bucket_access import BucketAccess
from components.container import BUCKET
from infra.clouds.aws.plan import aws_cluster
from infra.clouds.site import BucketCache
from infra.models.places import Bucket
from infra.plan.plan import Plan

_POD_IDENTITY = ("169.254.170.23/32", 80)  # the agent of EKS Pod Identity, on each node


def read_bucket(
    opts: pulumi.ResourceOptions, plan: Plan, model: str, bucket: Bucket, after: Sequence[pulumi.Resource]
) -> BucketAccess:
    """`opts`: the providers of AWS and of the cluster."""
    arn = f"arn:{aws_cluster(plan.cluster).partition}:s3:::{bucket.name}"
    return _bucket_access(opts, plan, f"{model}-bucket", arn, bucket.prefix, {}, after)


def bucket_cache(opts: pulumi.ResourceOptions, made: WeightsBucket) -> BucketCache:
    named = {BUCKET: made.bucket}

    def read(plan: Plan, model: str, prefix: str, after: Sequence[pulumi.Resource]) -> BucketAccess:
        return _bucket_access(opts, plan, f"{model}-bucket", made.arn, prefix, named, [made, *after])

    def fill(plan: Plan, after: Sequence[pulumi.Resource]) -> BucketAccess:
        return _bucket_access(opts, plan, "weights-filled", made.arn, "", named, [made, *after], writes=True)

    return BucketCache(read, fill)


def _bucket_access(
    opts: pulumi.ResourceOptions,
    plan: Plan,
    name: str,
    arn: pulumi.Input[str],
    prefix: str,
    variables: Mapping[str, pulumi.Input[str]],
    after: Sequence[pulumi.Resource],
    *,
    writes: bool = False,
) -> BucketAccess:
    made = BucketReader(
        name,
        cluster_name=plan.cluster.name,
        namespace=plan.settings.namespace.name,
        service_account=name,
        bucket_arn=arn,
        prefix=prefix,
        writes=writes,
        depends_on=after,
        opts=opts,
    )
    return BucketAccess(
        service_account=name,
        agent=_POD_IDENTITY,
        variables={"AWS_REGION": plan.cluster.region or "", **variables},
        after=(made,),
    )
