"""`gpuPools.NAME.os: bottlerocket`: what its nodes can't do, and what they leave out.

bottlerocket.dev/en/os/1.54.x/api/settings/kubelet-device-plugins, NVIDIA/dcgm-exporter issue 636 (it ends as it starts
from Kubernetes 1.34 on), packages/selinux-policy of bottlerocket-os/bottlerocket-core-kit; read 2026-11-27.
"""

from collections.abc import Iterator, Mapping

from infra.clouds.aws.nodes import BOTTLEROCKET
from infra.clouds.aws.plan import AwsCluster
from infra.plan.cluster import AddonPlan
from infra.plan.notes import Assumption, Finding
from infra.plan.pools import PoolPlan
from infra.services.addons.optional import DCGM
from infra.services.weights.plan import NODE
from infra.settings.checks.scope import Scope
from infra.settings.cluster import GpuPool
from infra.settings.mistakes import Key

# What containers may write to; the rest of the system is read-only.
_WRITABLE = ("/var/", "/opt/", "/mnt/", "/local/")
_WITHOUT = {
    "sharing": "Bottlerocket's device plugin takes its settings from the node, and this program sets how GPUs are"
    " shared in NVIDIA's chart, which doesn't run there",
    "warmPool": "nobody has tried whether a stopped instance with Bottlerocket joins again",
    "amiRelease": "it names a release of Amazon Linux; Bottlerocket's is in the table of versions",
}
_BLIND = "nor is dcgm-exporter, so no metric, dashboard or alert shows how busy these GPUs are, or their errors"

SYSTEMS = {
    BOTTLEROCKET: "such nodes have their own device plugin; dcgm-exporter doesn't run there, so nothing shows how busy"
    " their GPUs are"
}


def check_bottlerocket(scope: Scope, pool: GpuPool, key: Key) -> None:
    """`key`: of the pool."""
    if pool.os != BOTTLEROCKET:
        return
    reads: list[Key] = [(*key, "os")]
    asked = {"sharing": pool.sharing, "warmPool": pool.warm_pool, "amiRelease": pool.ami_release}
    for name, got in _WITHOUT.items():
        if asked[name]:
            scope.report.wrong((*key, name), got, "leave it out, or write os: al2023", reads=reads)
    cache = scope.settings.cache
    if cache is not None and cache.kind == NODE.kind and cache.path and not cache.path.startswith(_WRITABLE):
        got = f"{cache.path} is read-only on the nodes of {key[1]}, which run Bottlerocket"
        scope.report.wrong(("cache", "path"), got, "write one below /var or /mnt, or leave it out", reads=reads)


def say_bottlerocket(
    cluster: AwsCluster, pools: Mapping[str, PoolPlan], addons: Mapping[str, AddonPlan]
) -> Iterator[Finding]:
    for pool in pools.values():
        if pool.existing or pool.os != BOTTLEROCKET:
            continue
        release = cluster.bottlerocket_releases.get(cluster.version, "the newest release")
        blind = "" if addons[DCGM].state == "disabled" else f"; {_BLIND}"
        yield Assumption(
            f"gpuPools.{pool.name}.os",
            f"nodes run Bottlerocket {release}, whose own device plugin offers their GPUs: NVIDIA's chart isn't started"
            f" there{blind}",
        )
