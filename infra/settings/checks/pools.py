"""Rules for `gpuPools` in every cloud."""

from infra.settings.checks.scope import Scope
from infra.settings.mistakes import Key

_OF_MADE = {
    "os": "this program chooses the operating system only of nodes that it makes",
    "spare": "this program keeps GPUs free only on nodes that it makes",
    "warmPool": "this program stops and starts only instances that it makes",
}


def check_pools(scope: Scope) -> None:
    for name, pool in scope.settings.gpu_pools.items():
        key: Key = ("gpuPools", name)
        made, there = (*key, "instanceTypes"), (*key, "existing")
        if scope.written(made) == scope.written(there):
            write = "write instanceTypes: [g6.xlarge], or existing: {gpu: ..., nodes: ..., selector: ...}"
            reads = [each for each in (made, there) if not scope.written(each)]
            scope.report.out_of_place(key, "needs exactly one of instanceTypes and existing", write, reads=reads)
        if pool.max is not None and pool.min > pool.max:
            reads = [(*key, "min"), (*key, "max")]
            scope.report.wrong(
                key, f"min {pool.min} is more than max {pool.max}", _swap(pool.min, pool.max), reads=reads
            )
        for of_groups in ("nodeGroups", "nodeRepair", "amiRelease", "placementGroup"):
            if scope.written(there) and scope.written((*key, of_groups)):
                got = "existing nodes are in no node group of this stack"
                scope.report.out_of_place((*key, of_groups), got, "leave it out")
        for of_made, got in _OF_MADE.items():
            if scope.written(there) and scope.written((*key, of_made)):
                scope.report.out_of_place((*key, of_made), got, "leave it out")
        if scope.written(made):
            _check_made(scope, made, pool.instance_types or ())


def _swap(low: int, high: int) -> str:
    return f"write min: {high}, max: {low}"


def _check_made(scope: Scope, key: Key, types: tuple[str, ...]) -> None:
    if len(set(types)) < len(types):
        scope.report.wrong(key, "the same instance type twice", f"write [{', '.join(dict.fromkeys(types))}]")
