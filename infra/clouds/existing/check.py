"""Keys that have no effect on a cluster behind a kubeconfig context, where nothing of a cloud is made or billed."""

from infra.settings.checks.scope import CLUSTER_KIND, Scope


def check_made(scope: Scope) -> None:
    """Pools of nodes that this program would have to make."""
    for name in scope.settings.gpu_pools:
        if scope.written(key := ("gpuPools", name, "instanceTypes")):
            got = "this program can add nodes only to a cluster on EKS, and a context can lead to any"
            write = (
                "write existing: {gpu: ..., gpusPerNode: ..., nodes: ..., selector: ...} for the cluster's own nodes;"
                " on EKS cluster: {existing: {eks: NAME}}"
            )
            scope.report.out_of_place(key, got, write, reads=CLUSTER_KIND)


def check_unused(scope: Scope) -> None:
    if scope.written(("tags",)):
        got = "tags are those of AWS resources, and on this cluster none are made"
        scope.report.out_of_place(("tags",), got, "leave tags out", reads=CLUSTER_KIND)
    if scope.written(("prices", "discountPercent")):
        got = "a discount on AWS prices, and on this cluster nothing is billed by AWS"
        write = "leave it out; gpuPools.NAME.existing.usdPerGpuHour is what a GPU of yours costs"
        scope.report.out_of_place(("prices", "discountPercent"), got, write, reads=CLUSTER_KIND)
