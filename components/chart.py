"""A pinned Helm chart and how it is installed."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import pulumi
import pulumi_kubernetes as k8s


class Chart(NamedTuple):
    """One row of the chart table."""

    name: str
    repo: str
    version: str
    namespace: str


def helm_release(
    name: str,
    *,
    chart: Chart,
    mirror: str | None,
    values: Mapping[str, Any],
    timeout_seconds: int = 600,
    skip_crds: bool = False,
    opts: pulumi.ResourceOptions,
) -> k8s.helm.v3.Release:
    """Install `chart` as a release of the same name, and wait until its pods are ready.

    `mirror` is a folder or URL that holds `<chart>-<version>.tgz`. A relative folder stays relative: an absolute path
    would be a difference in the next checkout. `skip_crds`: another release has the definitions, which Helm upgrades
    only there.
    """
    if mirror is not None:
        source, repository = f"{mirror.rstrip('/')}/{chart.name}-{chart.version}.tgz", None
    elif chart.repo.startswith("oci://"):  # an artifact has its whole address, and is in no index
        source, repository = f"{chart.repo}/{chart.name}", None
    else:
        source, repository = chart.name, k8s.helm.v3.RepositoryOptsArgs(repo=chart.repo)
    return k8s.helm.v3.Release(
        name,
        name=chart.name,
        chart=source,
        version=chart.version,
        repository_opts=repository,
        namespace=chart.namespace,
        create_namespace=chart.namespace != "kube-system",
        values=values,
        skip_crds=skip_crds or None,
        atomic=True,  # a failed install leaves nothing behind that blocks the next `up`
        timeout=timeout_seconds,
        opts=opts,
    )
