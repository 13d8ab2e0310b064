"""Who may read and fill a bucket with weights: the user's, or the bucket that keeps them here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pulumi

from components.aws.bucket_reader import BucketReader
from components.aws.mounted_bucket import MountedBucket
from components.aws.weights_bucket import WeightsBucket
from components.bucket_access import BucketAccess
from components.container import BUCKET
from infra.clouds.aws.plan import aws_cluster
from infra.clouds.site import BucketCache, Mount
from infra.engines.hub import compiled_in_bucket, in_bucket
from infra.models.places import Bucket
from infra.plan.models import ModelPlan
from infra.plan.plan import Plan

# AWS's C++ library reads either. boto3 reads the second alone, and asks S3's global name without it, which is another
# region's; EKS adds none to a pod that has one of the two (pkg/handler of aws/amazon-eks-pod-identity-webhook).
_REGION = ("AWS_REGION", "AWS_DEFAULT_REGION")
_POD_IDENTITY = ("169.254.170.23/32", 80)  # the agent of EKS Pod Identity, on each node


def read_bucket(
    opts: pulumi.ResourceOptions, plan: Plan, model: str, bucket: Bucket, after: Sequence[pulumi.Resource]
) -> BucketAccess:
    """`opts`: the providers of AWS and of the cluster."""
    arn = f"arn:{aws_cluster(plan.cluster).partition}:s3:::{bucket.name}"
    prefixes = [bucket.prefix] if bucket.prefix else []
    return _bucket_access(opts, plan, _account(model), arn, prefixes, {}, after)


def bucket_cache(opts: pulumi.ResourceOptions, made: WeightsBucket) -> BucketCache:
    named = {BUCKET: made.bucket}

    def read(plan: Plan, model: ModelPlan, after: Sequence[pulumi.Resource]) -> BucketAccess:
        prefixes = [in_bucket(model.model, model.revision)]
        keeps = compiled_in_bucket(model) if model.keeps_compiled else None
        access = _bucket_access(
            opts,
            plan,
            _account(model.name),
            made.arn,
            prefixes,
            {**named, **_regional(plan)},
            [made, *after],
            keeps=keeps,
        )
        return replace(access, cidrs=plan.cache.bucket_cidrs)

    def mount(
        plan: Plan, model: str, prefixes: Sequence[str], requests: tuple[float, float], after: Sequence[pulumi.Resource]
    ) -> Mount:
        access = _bucket_access(opts, plan, _account(model), made.arn, prefixes, {}, [made, *after], mounts=True)
        cpu, memory_gib = requests
        volume = MountedBucket(
            f"{model}-weights",
            namespace=plan.settings.namespace.name,
            model=model,
            bucket=made.bucket,
            region=plan.cluster.region or "",
            cpu=cpu,
            memory_gib=memory_gib,
            depends_on=[made, *after],
            opts=opts,
        )
        return Mount(volume.claim, _account(model), (volume, *access.after))

    def fill(plan: Plan, after: Sequence[pulumi.Resource]) -> BucketAccess:
        return _bucket_access(opts, plan, "weights-filled", made.arn, [], named, [made, *after], writes=True)

    return BucketCache(read, mount, fill)


def _regional(plan: Plan) -> Mapping[str, str]:
    """In us-east-1 boto3 asks for S3's global name unless this variable is set, and the endpoint has regional ones."""
    return {"AWS_S3_US_EAST_1_REGIONAL_ENDPOINT": "regional"} if plan.cache.bucket_cidrs else {}


def _account(model: str) -> str:
    return f"{model}-bucket"


def _bucket_access(
    opts: pulumi.ResourceOptions,
    plan: Plan,
    name: str,
    arn: pulumi.Input[str],
    prefixes: Sequence[str],
    variables: Mapping[str, pulumi.Input[str]],
    after: Sequence[pulumi.Resource],
    *,
    writes: bool = False,
    mounts: bool = False,
    keeps: str | None = None,
) -> BucketAccess:
    made = BucketReader(
        name,
        cluster_name=plan.cluster.name,
        namespace=plan.settings.namespace.name,
        service_account=name,
        bucket_arn=arn,
        prefixes=prefixes,
        writes=writes,
        mounts=mounts,
        keeps=keeps,
        depends_on=after,
        opts=opts,
    )
    return BucketAccess(
        service_account=name,
        agent=_POD_IDENTITY,
        variables={**dict.fromkeys(_REGION, plan.cluster.region or ""), **variables},
        after=(made,),
    )
