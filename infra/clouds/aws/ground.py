"""A part of `make`: what the node groups of a cluster stand on, whether the stack makes it or somebody else did."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pulumi

from components.aws.cluster import NewEksCluster
from components.aws.existing_cluster import ExistingEksCluster
from components.aws.node_template import NodeDisk
from infra.clouds.aws.nodes import OWN_TAG
from infra.clouds.aws.plan import aws_cluster
from infra.plan.plan import Plan
from infra.plan.pools import PoolPlan

OF_RELEASE = ("version", "releaseVersion")  # inputs of a node group
SubnetIds = pulumi.Input[Sequence[pulumi.Input[str]]]


@dataclass(frozen=True)
class Ground:
    version: pulumi.Input[str]
    ami_release: pulumi.Input[str | None]
    bottlerocket_release: pulumi.Input[str | None]  # of nodes that run it instead
    node_role_arn: pulumi.Input[str]
    within: Callable[[Sequence[str]], SubnetIds]  # the subnets in these zones
    before: Sequence[pulumi.Resource]  # created before the node groups, deleted after them
    cluster_security_group_id: pulumi.Input[str]
    security_group_ids: Sequence[pulumi.Input[str]] = ()  # () : EKS gives the nodes the cluster's own
    autoscaler_tag: str | None = None
    read_once: Sequence[str] = ()


def made_ground(
    plan: Plan, cluster: NewEksCluster, within: Callable[[Sequence[str]], SubnetIds], network: Sequence[pulumi.Resource]
) -> Ground:
    planned = aws_cluster(plan.cluster)
    return Ground(
        planned.version,
        planned.ami_release,
        planned.bottlerocket_releases.get(planned.version),
        cluster.node_role_arn,
        within,
        [*cluster.before_nodes, *network],
        cluster.security_group_id,
    )


def found_ground(plan: Plan, cluster: ExistingEksCluster) -> Ground:
    """What the stack file doesn't say is read once, when a group is made: an upgrade of the control plane or another
    subnet that its owner adds then restarts and replaces no node of ours."""
    existing = plan.settings.cluster.existing
    assert existing is not None
    assert cluster.node_role_arn is not None
    planned = aws_cluster(plan.cluster)
    rockets = planned.bottlerocket_releases
    read = [] if existing.version else [*OF_RELEASE]
    return Ground(
        existing.version or cluster.version,
        planned.ami_release or _release(cluster.version, planned.ami_releases),
        rockets.get(existing.version) if existing.version else _release(cluster.version, rockets),
        cluster.node_role_arn,
        lambda zone_ids: cluster.private_subnets(zone_ids, among=existing.subnet_ids),
        cluster.before_nodes,
        cluster.security_group_id,
        [cluster.security_group_id, *existing.security_group_ids] if existing.security_group_ids else (),
        OWN_TAG,
        read if existing.subnet_ids else [*read, "subnetIds"],
    )


def _release(version: pulumi.Output[str], releases: Mapping[str, str]) -> pulumi.Output[str | None]:
    """Of a version that isn't known here EKS takes its newest."""
    return version.apply(releases.get)


def node_disk(pool: PoolPlan) -> NodeDisk:
    return NodeDisk(pool.root_gib, pool.root_iops, pool.root_throughput, pool.nvme, pool.os_gib)
