"""A cluster that exists: what is assumed about it, because nothing is read from it."""

from infra.catalog import Catalog
from infra.plan.cluster import ClusterPlan
from infra.plan.findings import Decided, warned
from infra.plan.notes import Assumption, Chosen
from infra.settings.platform import Settings


def plan_cluster(settings: Settings, region: str | None, catalog: Catalog) -> Decided[ClusterPlan]:
    existing = settings.cluster.existing
    assert existing is not None
    assert existing.context is not None
    version = yield from version_of(existing.context, existing.version, catalog)
    return ClusterPlan(
        kind="context", context=existing.context, made=False, name=existing.context, version=version, region=region
    )


def version_of(name: str, given: str | None, catalog: Catalog) -> Decided[str]:
    """The cluster's Kubernetes version. A cluster behind a context may have any."""
    known, path = catalog.kubernetes_versions, "cluster.existing.version"
    version = given or known[-1]
    if given is None:
        yield Chosen(path, version, f"the newest of {len(known)} known versions")
    elif version not in known:
        yield warned(
            path,
            f"{version} isn't among the versions of Kubernetes that this program knows ({known[0]} to {known[-1]}):"
            " its objects and charts are not made for it",
        )
    yield Assumption(
        "cluster.existing", f"{name} exists, runs Kubernetes {version} and has room; nothing was read from it"
    )
    return version
