"""What a person has to do before or after the first `pulumi up`."""

import shlex
from collections.abc import Iterator, Mapping

from infra.plan.cluster import ClusterPlan
from infra.plan.notes import Finding, Step, ToDo
from infra.plan.pools import PoolPlan
from infra.plan.words import count

# Labels below these domains are set by software on the node or by whoever makes it, never by hand.
_SET_BY_SOFTWARE = ("kubernetes.io", "k8s.io", "nvidia.com", "amazonaws.com", "karpenter.sh")


def list_nodes(cluster: ClusterPlan, pools: Mapping[str, PoolPlan]) -> Iterator[Finding]:
    """The nodes that a person makes or labels."""
    for pool in pools.values():
        if pool.existing and cluster.made:
            labels = ", ".join(f"{key}={value}" for key, value in pool.selector.items())
            yield ToDo(
                f"gpuPools.{pool.name}.existing",
                f"the cluster is new, and these nodes are yours to make, once it is there: {labels},"
                f" {count(pool.gpus_per_node, pool.unit)} each{_billed(pool)}",
                Step.NODES,
            )
        elif pool.existing:
            yield ToDo(f"gpuPools.{pool.name}.existing.selector", _labelled(cluster, pool), Step.NODES)


def _labelled(cluster: ClusterPlan, pool: PoolPlan) -> str:
    """What the scheduler waits for: a pod whose selector no node has stays pending, and no `pulumi up` says why."""
    pairs = {key: shlex.quote(f"{key}={value}") for key, value in pool.selector.items()}
    listed = f"`{cluster.kubectl} get nodes -l {','.join(pairs.values())}`"
    wanted = f"has to list {count(pool.max, 'node')}" if pool.min == pool.max else f"lists them, up to {pool.max}"
    by_hand = [pair for key, pair in pairs.items() if not key.partition("/")[0].endswith(_SET_BY_SOFTWARE)]
    how = f"; `{cluster.kubectl} label node NODE {' '.join(by_hand)}` labels one" if by_hand else ""
    return f"pods of {pool.name} start only on nodes with its labels: {listed} {wanted}{how}"


def _billed(pool: PoolPlan) -> str:
    return "; they aren't in the bill" if pool.usd_per_node_hour is None else ""
