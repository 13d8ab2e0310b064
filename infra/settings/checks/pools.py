"""Rules for `gpuPools` in every cloud."""

from infra.settings.checks.scope import CLUSTER_KIND, Scope
from infra.settings.mistakes import Key


def check_pools(scope: Scope) -> None:
    for name, pool in scope.settings.gpu_pools.items():
        key: Key = ("gpuPools", name)
        if (pool.instance_types is None) == (pool.existing is None):
            forms: list[Key] = [(*key, "instanceTypes"), (*key, "existing", "")]
            write = "write instanceTypes: [g6.xlarge], or existing: {gpu: ..., nodes: ..., selector: ...}"
            scope.report.wrong(key, "needs exactly one of instanceTypes and existing", write, reads=forms)
        if pool.max is not None and pool.min > pool.max:
            reads = [(*key, "min"), (*key, "max")]
            scope.report.wrong(
                key, f"min {pool.min} is more than max {pool.max}", _swap(pool.min, pool.max), reads=reads
            )
        if pool.existing is not None and pool.node_groups is not None:
            scope.report.wrong(
                (*key, "nodeGroups"), "existing nodes are in no node group of this stack", "leave it out"
            )
        if pool.instance_types is not None:
            _check_made(scope, (*key, "instanceTypes"), pool.instance_types)


def _swap(low: int, high: int) -> str:
    return f"write min: {high}, max: {low}"


def _check_made(scope: Scope, key: Key, types: tuple[str, ...]) -> None:
    if scope.settings.cluster.existing is not None:
        write = "write existing: {gpu: ..., gpusPerNode: ..., nodes: ..., selector: ...} for the cluster's own nodes"
        scope.report.wrong(
            key, "this program can add nodes only to a cluster that it creates", write, reads=CLUSTER_KIND
        )
    if len(set(types)) < len(types):
        scope.report.wrong(key, "the same instance type twice", f"write [{', '.join(dict.fromkeys(types))}]")
