"""Keys that have no effect on a cluster behind a kubeconfig context, where nothing of a cloud is made or billed."""

from infra.settings.checks.scope import CLUSTER_KIND, Scope


def check_unused(scope: Scope) -> None:
    if scope.written(("tags",)):
        got = "tags are those of AWS resources, and on this cluster none are made"
        scope.report.out_of_place(("tags",), got, "leave tags out", reads=CLUSTER_KIND)
    if scope.written(("prices", "discountPercent")):
        got = "a discount on AWS prices, and on this cluster nothing is billed by AWS"
        write = "leave it out; gpuPools.NAME.existing.usdPerGpuHour is what a GPU of yours costs"
        scope.report.out_of_place(("prices", "discountPercent"), got, write, reads=CLUSTER_KIND)
