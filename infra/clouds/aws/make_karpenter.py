"""A part of `make`: the nodes of the pools, where Karpenter makes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pulumi
import pulumi_aws as aws

from components.addons import Addons
from components.aws.gpu_pool import Taint
from components.aws.karpenter_nodes import KarpenterNodes
from components.aws.karpenter_pool import KarpenterPool
from infra.clouds.aws.ground import Ground, node_disk
from infra.clouds.aws.karpenter import IDLE_SECONDS, ami_alias, capacity_types, leave_seconds
from infra.clouds.aws.nodes import BOTTLEROCKET
from infra.clouds.aws.plan import aws_cluster
from infra.plan.labels import GPU_TAINT
from infra.plan.plan import Plan
from infra.plan.pools import PoolPlan
from infra.services.addons.optional import KARPENTER
from infra.services.gateway.times import longest_end

Within = Callable[[Sequence[str]], Sequence[pulumi.Input[str]]]


def make_nodes(plan: Plan, cloud: aws.Provider) -> KarpenterNodes:
    return KarpenterNodes(
        KARPENTER,
        cluster_name=plan.cluster.name,
        partition=aws_cluster(plan.cluster).partition,
        opts=pulumi.ResourceOptions(providers=[cloud]),
    )


def make_karpenter_pools(
    plan: Plan, ground: Ground, within: Within, nodes: KarpenterNodes, addons: Addons, opts: pulumi.ResourceOptions
) -> Mapping[str, Sequence[pulumi.Resource]]:
    """`within`: the subnets in some zones. Each pool is deleted before Karpenter, which ends its nodes, and before what
    these need to leave."""
    before = [*ground.before, *nodes.before_nodes, addons.of_the_cloud[KARPENTER]]
    ours = {name: pool for name, pool in plan.pools.items() if not pool.existing}
    groups = [ground.cluster_security_group_id]
    return {
        name: [_pool(plan, pool, within(pool.zone_ids), groups, nodes, before, opts).node_pool]
        for name, pool in ours.items()
    }


def _pool(
    plan: Plan,
    pool: PoolPlan,
    subnet_ids: Sequence[pulumi.Input[str]],
    security_group_ids: Sequence[pulumi.Input[str]],
    nodes: KarpenterNodes,
    before: Sequence[pulumi.Resource],
    opts: pulumi.ResourceOptions,
) -> KarpenterPool:
    cluster = aws_cluster(plan.cluster)
    rocket = pool.os == BOTTLEROCKET
    release = cluster.bottlerocket_releases[cluster.version] if rocket else cluster.ami_release
    assert release is not None
    return KarpenterPool(
        pool.name,
        cluster_name=cluster.name,
        ami_alias=ami_alias(release, bottlerocket=rocket),
        instance_profile=nodes.instance_profile,
        subnet_ids=subnet_ids,
        security_group_ids=security_group_ids,
        instance_types=pool.instance_types,
        capacity_types=capacity_types(pool),
        reservations=[step.reservation for step in pool.steps if step.reservation],
        max_gpus=pool.max * pool.gpus_per_node,
        disk=node_disk(pool),
        labels=pool.selector,
        taint=Taint(*GPU_TAINT),
        tags=cluster.tags,
        idle_seconds=IDLE_SECONDS,
        leave_seconds=leave_seconds(longest_end(plan.models.values(), plan.traffic)),
        depends_on=before,
        opts=opts,
    )
