"""Rules for `gpuPools.NAME.warmPool`: what EC2 and EKS keep no stopped instances of.

docs.aws.amazon.com/eks/latest/userguide/warm-pools-managed-node-groups.html and
docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-warm-pools.html, read 2026-11.
"""

from infra.services.addons.optional import KARPENTER, node_scaler
from infra.settings.checks.scope import Scope
from infra.settings.cluster import GpuPool
from infra.settings.mistakes import Key


def check_warm(scope: Scope, pool: GpuPool, key: Key) -> None:
    """`key`: of the pool."""
    where: Key = (*key, "warmPool")
    if not pool.warm_pool:
        return
    if pool.capacity != "on-demand":
        got = "a warm pool has instances on demand alone: no spot, no reservation, no Capacity Block"
        scope.report.wrong(where, got, "leave it out, or write capacity: on-demand", reads=[where, (*key, "capacity")])
    if len(pool.instance_types or ()) > 1:
        got = "a warm pool has instances of one type"
        reads: list[Key] = [where, (*key, "instanceTypes")]
        scope.report.wrong(where, got, "leave it out, or write one instance type", reads=reads)
    if pool.sharing is not None and pool.sharing.mig is not None:
        got = "a node cuts its GPUs by MIG when it boots for the first time: nobody has tried whether a stop keeps that"
        scope.report.wrong(where, got, "leave it out", reads=[where, (*key, "sharing")])
    if node_scaler(scope.settings) == KARPENTER:
        got = "Karpenter launches instances itself, and no node group keeps stopped ones"
        scope.report.wrong(where, got, "leave it out", reads=[where, ("cluster", "create", "nodeScaler")])
