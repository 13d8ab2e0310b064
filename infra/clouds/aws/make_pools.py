"""The node groups of the pools that we make, on a cluster that we make or find."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from components.aws.gpu_pool import GpuPool, GroupSize, Taint
from components.aws.mig import Slices
from components.aws.node_template import Reservation
from infra.clouds.aws.ground import OF_RELEASE, Ground, node_disk
from infra.clouds.aws.nodes import BOTTLEROCKET, minor_of
from infra.clouds.aws.plan import aws_cluster
from infra.plan.labels import GPU_TAINT, STEP_LABEL
from infra.plan.plan import Plan
from infra.plan.pools import NodeGroupPlan, PoolPlan


def make_pools(plan: Plan, ground: Ground, cloud: aws.Provider) -> dict[str, Sequence[pulumi.Resource]]:
    """The node groups of each pool that we make."""
    ours = {name: pool for name, pool in plan.pools.items() if not pool.existing}
    return {name: _pool(plan, pool, ground, cloud).node_groups for name, pool in ours.items()}


def _pool(plan: Plan, pool: PoolPlan, ground: Ground, cloud: aws.Provider) -> GpuPool:
    assert pool.ami_type is not None
    return GpuPool(
        pool.name,
        cluster_name=plan.cluster.name,
        version=minor_of(pool.release) if pool.release else ground.version,
        ami_release=ground.bottlerocket_release if pool.os == BOTTLEROCKET else pool.release or ground.ami_release,
        node_role_arn=ground.node_role_arn,
        groups={name: _group(pool, group, ground) for name, group in pool.groups.items()},
        instance_types=pool.instance_types,
        ami_type=pool.ami_type,
        capacity=pool.capacity,
        gpus_per_node=pool.gpus_per_node,
        slices=_slices(pool),
        disk=node_disk(pool),
        ephemeral_gib=pool.ephemeral_gib,
        labels=pool.selector,
        taint=Taint(*GPU_TAINT),
        tags=aws_cluster(plan.cluster).tags,
        node_repair=pool.node_repair,
        security_group_ids=ground.security_group_ids,
        placement=pool.placement,
        autoscaler_tag=ground.autoscaler_tag,
        read_once=[each for each in ground.read_once if not pool.release or each not in OF_RELEASE],
        depends_on=ground.before,
        opts=pulumi.ResourceOptions(providers=[cloud]),
    )


def _slices(pool: PoolPlan) -> Slices | None:
    if pool.sharing is None or pool.sharing.mig is None:
        return None
    return Slices(pool.sharing.mig, pool.gpus_per_node // pool.types[0].gpus)


def _group(pool: PoolPlan, group: NodeGroupPlan, ground: Ground) -> GroupSize:
    step = group.step
    zones = step.zone_ids if step else pool.zone_ids
    subnets = ground.within((group.place,) if group.place else zones)
    if step is None:
        return GroupSize(subnets, group.min, group.max, warm=group.warm)
    reservation = None
    if step.reservation is not None:
        reservation = Reservation(step.reservation, step.types[0].name, step.kind == "block")
    # Groups whose labels differ are not alike for the autoscaler, which balances those that are.
    return GroupSize(
        subnets,
        group.min,
        group.max,
        "spot" if step.kind == "spot" else "on-demand",
        reservation,
        {STEP_LABEL: step.name},
    )
