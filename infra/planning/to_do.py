"""What a person has to do before or after the first `pulumi up`."""

from collections.abc import Iterator, Mapping

from infra.plan.cluster import ClusterPlan, PoolPlan
from infra.plan.notes import Finding, Step, ToDo
from infra.plan.words import count


def list_nodes(cluster: ClusterPlan, pools: Mapping[str, PoolPlan]) -> Iterator[Finding]:
    if not cluster.made:
        return
    for pool in pools.values():
        if pool.existing:
            labels = ", ".join(f"{key}={value}" for key, value in pool.selector.items())
            yield ToDo(
                f"gpuPools.{pool.name}.existing",
                f"the cluster is new, and these nodes are yours to make, once it is there: {labels},"
                f" {count(pool.gpus_per_node, 'GPU')} each{_billed(pool)}",
                Step.NODES,
            )


def _billed(pool: PoolPlan) -> str:
    return "; they aren't in the bill" if pool.usd_per_node_hour is None else ""
