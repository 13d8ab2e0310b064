"""Rules for `cluster` in every cloud."""

import json
from ipaddress import IPv4Network

from infra.settings.checks.scope import CLUSTER_KIND, Scope
from infra.settings.mistakes import Key


def check_cluster(scope: Scope) -> None:
    cluster, wrong = scope.settings.cluster, scope.report.wrong
    example = 'write create: {version: "1.35", zones: 3} or existing: {context: NAME}'
    keys = [field.alias or name for name, field in type(cluster).model_fields.items()]
    if sum(getattr(cluster, name) is not None for name in type(cluster).model_fields) != 1:
        wrong(("cluster",), f"needs exactly one of {' and '.join(keys)}", example, reads=CLUSTER_KIND)
        scope.report.broken(CLUSTER_KIND[0])
    if cluster.existing is None:
        return
    key: Key = ("cluster", "existing")
    if (cluster.existing.context is None) == (cluster.existing.eks is None):
        wrong(
            key,
            "needs exactly one of context and eks",
            "write existing: {context: kind-llm} or existing: {eks: NAME}",
            reads=CLUSTER_KIND,
        )
    if cluster.existing.eks is not None:
        check_version(scope, (*key, "version"), cluster.existing.version)


def check_version(scope: Scope, key: Key, version: str | None) -> None:
    """Reports a version that EKS clusters can't have here. A cluster behind a context may have any version."""
    catalog = scope.catalog
    if version is None or version in catalog.kubernetes_versions:
        return
    known = ", ".join(map(json.dumps, catalog.kubernetes_versions))
    new = f'write "{catalog.default_kubernetes_version}" (known: {known})'
    write = new if "create" in key else f"update the cluster to one of {known}, and write that"
    scope.report.wrong(key, f"EKS version {version} isn't supported here", write)


def read_cidr(scope: Scope, key: Key, text: str) -> IPv4Network | None:
    try:
        return IPv4Network(text)
    except ValueError:
        pass
    try:
        masked = IPv4Network(text, strict=False)
    except ValueError:
        scope.report.wrong(key, f"{text} isn't an IPv4 network", "write one such as 10.0.0.0/16")
    else:
        scope.report.wrong(key, f"{text} has bits set after its /{masked.prefixlen}", f"write {masked}")
    return None
