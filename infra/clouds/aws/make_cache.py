"""A part of `make`: what keeps the weights, on a cluster that the stack makes and on one that exists."""

from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_aws as aws

from components.aws.cluster import NewEksCluster
from components.aws.existing_cluster import ExistingEksCluster
from components.aws.volumes import ebs_disk, efs_volume
from components.aws.weights_bucket import WeightsBucket
from components.aws.weights_file_system import WeightsFileSystem
from components.model_cache import Disk, Volume
from components.pods import USER_ID
from infra.clouds.aws.plan import aws_cluster
from infra.clouds.aws.storage import EBS, EFS, S3
from infra.plan.plan import Plan


def file_system_with(
    plan: Plan,
    cluster: NewEksCluster,
    vpc_id: pulumi.Input[str],
    subnet_ids: Mapping[str, pulumi.Input[str]],
    cloud: aws.Provider,
) -> WeightsFileSystem | None:
    if plan.cache.storage != EFS:
        return None
    clients = {"nodes": cluster.security_group_id}
    return _file_system(plan, cloud, vpc_id=vpc_id, subnet_ids=subnet_ids, client_security_group_ids=clients)


def file_system_there(plan: Plan, cluster: ExistingEksCluster, cloud: aws.Provider) -> WeightsFileSystem | None:
    """In a VPC of somebody else. Weights are fetched on nodes that the cluster has, which may have another security
    group than the cluster's: the stack file names it, and the stack's own nodes get it too."""
    existing = plan.settings.cluster.existing
    if plan.cache.storage != EFS or existing is None:
        return None
    zones, groups = existing.zones or (), existing.security_group_ids
    return _file_system(
        plan,
        cloud,
        vpc_id=cluster.vpc_id,
        subnet_ids={zone: cluster.private_subnet(zone, among=existing.subnet_ids) for zone in zones},
        client_security_group_ids={"nodes": cluster.security_group_id, **{each: each for each in groups}},
        keeps_subnets=True,
    )


def _file_system(plan: Plan, cloud: aws.Provider, **arguments: Any) -> WeightsFileSystem:
    return WeightsFileSystem(
        "weights",
        file_system_name=f"{plan.cluster.name}-weights",
        uid=USER_ID,
        gid=USER_ID,
        protect=plan.settings.protect,
        opts=pulumi.ResourceOptions(providers=[cloud]),
        **arguments,
    )


def volume_of(file_system: WeightsFileSystem | None) -> Volume | None:
    return None if file_system is None else efs_volume(file_system.file_system_id, file_system.access_point_id)


def disk_of(plan: Plan, zone_names: Mapping[str, pulumi.Output[str]]) -> Disk | None:
    """None: a storage class decides."""
    if plan.cache.storage != EBS:
        return None
    zone = zone_names.get(plan.cache.zone_id) if plan.cache.zone_id else None
    return ebs_disk(zone, throughput=EBS.throughput, iops=EBS.iops)


def weights_bucket(plan: Plan, cloud: aws.Provider) -> WeightsBucket | None:
    if plan.cache.storage != S3:
        return None
    cluster = aws_cluster(plan.cluster)
    return WeightsBucket(
        "weights",
        prefix=_bucket_prefix(cluster.name),
        tags=cluster.tags,
        protect=plan.settings.protect,
        opts=pulumi.ResourceOptions(providers=[cloud]),
    )


def _bucket_prefix(cluster: str) -> str:
    """S3 allows lower case, and 37 characters before the part that makes a name unique."""
    return f"{cluster.lower().replace('_', '-')[:28].rstrip('-')}-weights-"
