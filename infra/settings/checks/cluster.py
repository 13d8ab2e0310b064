"""Rules for `cluster` in every cloud."""

import json
from collections.abc import Iterable
from ipaddress import IPv4Network

from infra.settings.checks.scope import CLUSTER_KIND, Scope
from infra.settings.mistakes import Key


def check_cluster(scope: Scope) -> None:
    cluster, out_of_place = scope.settings.cluster, scope.report.out_of_place
    example = 'write create: {version: "1.35", zones: 3} or existing: {context: NAME}'
    keys = [field.alias or name for name, field in type(cluster).model_fields.items()]
    if (given := _written(scope, ("cluster",), keys)) != 1:
        got = f"needs exactly one of {' and '.join(keys)}"
        out_of_place(("cluster",), got, example, reads=() if given else CLUSTER_KIND)
        scope.report.broken(CLUSTER_KIND[0])
    if cluster.existing is None:
        return
    key: Key = ("cluster", "existing")
    if (given := _written(scope, key, ("context", "eks"))) != 1:
        write = "write existing: {context: kind-llm} or existing: {eks: NAME}"
        out_of_place(key, "needs exactly one of context and eks", write, reads=() if given else CLUSTER_KIND)
    if scope.written((*key, "eks")):
        check_version(scope, (*key, "version"), cluster.existing.version)
    if scope.written((*key, "eks")) and cluster.existing.distribution is not None:
        out_of_place((*key, "distribution"), "EKS is Amazon's own distribution", "leave distribution out")
    if cluster.existing.one_node:
        _check_one_node(scope, (*key, "oneNode"))


def _check_one_node(scope: Scope, key: Key) -> None:
    """A node is in one pool alone, so several pools are several nodes."""
    existing = {name: pool.existing for name, pool in scope.settings.gpu_pools.items() if pool.existing is not None}
    nodes = sum(pool.nodes or 1 for pool in existing.values())
    if nodes > 1:
        reads: list[Key] = [key, ("gpuPools",)]
        got = f"true, and gpuPools has {nodes} nodes: {', '.join(existing)}"
        scope.report.wrong(key, got, "leave oneNode out, or write one pool with nodes: 1", reads=reads)


def _written(scope: Scope, section: Key, keys: Iterable[str]) -> int:
    return sum(scope.written((*section, key)) for key in keys)


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
