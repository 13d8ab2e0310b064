"""Rights of models to read their weights from buckets."""

from collections.abc import Sequence
from functools import partial

import pulumi

from components.aws.bucket_reader import BucketReader
from components.bucket_access import BucketAccess
from infra.clouds.aws.plan import aws_cluster
from infra.clouds.site import ReadBucket
from infra.models.places import Bucket
from infra.plan.plan import Plan

_POD_IDENTITY = ("169.254.170.23/32", 80)  # the agent of EKS Pod Identity, on each node


def readers(opts: pulumi.ResourceOptions) -> ReadBucket:
    """`opts`: the providers of AWS and of the cluster."""
    return partial(_reader, opts)


def _reader(
    opts: pulumi.ResourceOptions, plan: Plan, model: str, bucket: Bucket, after: Sequence[pulumi.Resource]
) -> BucketAccess:
    cluster, name = aws_cluster(plan.cluster), f"{model}-bucket"
    assert cluster.region is not None
    made = BucketReader(
        name,
        cluster_name=cluster.name,
        namespace=plan.settings.namespace.name,
        service_account=name,
        partition=cluster.partition,
        bucket=bucket.name,
        prefix=bucket.prefix,
        depends_on=after,
        opts=opts,
    )
    return BucketAccess(
        service_account=name, agent=_POD_IDENTITY, variables={"AWS_REGION": cluster.region}, after=(made,)
    )
