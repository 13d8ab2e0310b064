"""The rules that nodes and kube-proxy have the control plane's minor version, and which ones the nodes of a pool may
have."""

from collections.abc import Sequence

from infra.clouds.aws.check_driver import check_driver
from infra.clouds.aws.nodes import minor_of
from infra.settings.checks.scope import Scope
from infra.settings.cluster import GpuPool
from infra.settings.mistakes import Key

# docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions.html: minor versions that a node may be behind
NODE_SKEW = 3


def check_release(scope: Scope, section: Key, version: str | None, release: str | None) -> None:
    """`section`: where both are written."""
    key: Key = (*section, "amiRelease")
    if version is None and release is not None:
        minor = release.rpartition(".")[0]
        scope.report.wrong(key, "of no version", f'write version: "{minor}" beside it')
    row = scope.catalog.aws.versions.get(version or "")
    if row is not None and release is not None:
        check_minor(scope, key, release, row.ami_release, of=row.version, reads=[(*section, "version")])


def check_minor(scope: Scope, key: Key, value: str, known: str, *, of: str, reads: Sequence[Key]) -> None:
    if not value.removeprefix("v").startswith(f"{of}."):
        got = f"{value} isn't of the cluster's version {of}"
        scope.report.wrong(key, got, f"write {known}, or leave it out", reads=list(reads))


def check_pool_release(scope: Scope, section: Key, pool: GpuPool) -> None:
    """`section`: the pool. Its nodes may be some minor versions behind their cluster, and never ahead of it."""
    release = pool.ami_release
    if release is None:
        return
    key: Key = (*section, "amiRelease")
    minor, of = minor_of(release), _version_of_cluster(scope)
    check_driver(scope, section, minor, release)
    if of is None:
        return
    ahead = int(minor.partition(".")[2]) - int(of.partition(".")[2])
    row = scope.catalog.aws.versions.get(of)
    fix = f"write {row.ami_release}, or leave it out" if row else "leave it out"
    if ahead > 0:
        got = f"nodes of {minor} are newer than the cluster's version {of}, and EKS refuses them"
        scope.report.wrong(key, got, fix, reads=[("cluster",)])
    elif -ahead > NODE_SKEW:
        got = f"nodes of {minor} with a cluster of {of}: a node may be {NODE_SKEW} minor versions behind"
        scope.report.wrong(key, got, fix, reads=[("cluster",)])


def _version_of_cluster(scope: Scope) -> str | None:
    """None: nobody has said it."""
    create, existing = scope.settings.cluster.create, scope.settings.cluster.existing
    if create is not None:
        return create.version or scope.catalog.default_kubernetes_version
    return existing.version if existing is not None else None
