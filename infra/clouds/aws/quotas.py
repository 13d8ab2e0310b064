"""The quotas that the AWS account needs; `aws service-quotas list-service-quotas` lists their codes and names."""

from collections.abc import Iterator, Mapping, Sequence

from infra.catalog import Instance
from infra.clouds.aws.plan import aws_cluster
from infra.plan.cluster import ClusterPlan, Quota
from infra.plan.notes import Finding, Step, ToDo
from infra.plan.pools import PoolPlan

# Of EC2, in vCPUs: (family, capacity) -> code, name.
OF_INSTANCES = {
    ("G", "on-demand"): ("L-DB2E81BA", "Running On-Demand G and VT instances"),
    ("G", "spot"): ("L-3819A6DF", "All G and VT Spot Instance Requests"),
    ("P", "on-demand"): ("L-417A185B", "Running On-Demand P instances"),
    ("P", "spot"): ("L-7212CCBC", "All P Spot Instance Requests"),
}
OF_GROUPS = "L-6D54EA21", "Managed node groups per cluster"
OF_SYSTEM_NODES = "L-1216C47A", "Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances"
# The example of `aws service-quotas get-aws-default-service-quota` in AWS's documentation, read in 2026-11.
STANDARD_DEFAULT = 5
GROUPS_DEFAULT = 30  # docs.aws.amazon.com/eks/latest/userguide/service-quotas.html
SYSTEM_GROUPS = 1
VCPUS, GROUPS = "vCPUs", "groups"


def plan_quotas(cluster: ClusterPlan, pools: Mapping[str, PoolPlan]) -> tuple[Quota, ...]:
    """vCPUs always, because a new account has few or none. Node groups where the default isn't enough."""
    return (*_instances(cluster, pools), *_groups(cluster, pools), *_system(cluster))


def _instances(cluster: ClusterPlan, pools: Mapping[str, PoolPlan]) -> Iterator[Quota]:
    """What the maximum of each pool needs, by family and capacity."""
    vcpus: dict[str, int] = {}
    for pool in pools.values():
        if pool.existing:
            continue
        for capacity, nodes in _nodes(pool).items():
            code, _ = counts(pool.types[0], capacity)
            vcpus[code] = vcpus.get(code, 0) + nodes * max(each.vcpus for each in pool.types)
    names = dict(OF_INSTANCES.values())
    for code, needed in vcpus.items():
        yield Quota(code, names[code], cluster.region or "", needed, VCPUS)


def _nodes(pool: PoolPlan) -> dict[str, int]:
    """What counts against each quota: reserved instances always, against the one of instances on demand; those of a
    Capacity Block against none of these (docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-capacity-blocks.html)."""
    if not pool.steps:
        # An instance of a warm pool runs while it boots for the first time, and when it is needed.
        return {pool.capacity: pool.max + pool.warm_pool}
    found: dict[str, int] = {}
    if "spot" in pool.kinds:
        found["spot"] = pool.highest
    if "on-demand" in pool.kinds or pool.reserved:
        found["on-demand"] = max(pool.reserved, pool.highest if "on-demand" in pool.kinds else 0)
    return found


def counts(node: Instance, capacity: str) -> tuple[str, int]:
    """`capacity`: one kind, or those of a pool one after the other: of these it is the larger quota."""
    kind = capacity if capacity == "spot" else "on-demand"
    return OF_INSTANCES["P" if node.name.startswith("p") else "G", kind][0], node.vcpus


def _groups(cluster: ClusterPlan, pools: Mapping[str, PoolPlan]) -> Iterator[Quota]:
    groups = SYSTEM_GROUPS + sum(len(pool.groups) for pool in pools.values())
    if cluster.made and groups > GROUPS_DEFAULT:
        yield Quota(*OF_GROUPS, cluster.region or "", groups, GROUPS)


def _system(cluster: ClusterPlan) -> Iterator[Quota]:
    """Of a new cluster: whoever made one that exists has what its nodes need."""
    if vcpus := aws_cluster(cluster).system_vcpus:
        yield Quota(*OF_SYSTEM_NODES, cluster.region or "", vcpus, VCPUS, system=True)


def list_quotas(quotas: Sequence[Quota]) -> Iterator[Finding]:
    for nth, each in enumerate(quotas):
        needed = f"quota '{each.name}' ({each.code}) in {each.region}: {each.needed} {each.unit} at least"
        path = "cluster.create.systemNodes" if each.system else "gpuPools"
        yield ToDo(path, f"{needed}{_there(each)}", Step.QUOTAS, nth, quota=each)


def _there(quota: Quota) -> str:
    if quota.system:
        return f", for the system nodes; new accounts may have {STANDARD_DEFAULT}"
    if quota.unit == VCPUS:
        return "; new accounts have 0"
    return f"; the default is {GROUPS_DEFAULT}, or write nodeGroups: one for pools with a group per zone"
