"""Rules for `cache`. A cloud checks the kinds that only it has."""

from infra.settings.checks.scope import Scope
from infra.settings.mistakes import Key

_KIND: Key = ("cache", "kind")
_OF_NO_CLASS = {"node": "kind node is a directory, of no class", "s3": "kind s3 is a bucket, of no class"}


def check_cache(scope: Scope) -> None:
    cache = scope.settings.cache
    where: Key = ("cache", "storageClass")
    if cache is None:
        return
    if scope.written(where) and cache.kind != "storageClass":
        got = _OF_NO_CLASS.get(cache.kind, f"kind {cache.kind} has its own class")
        scope.report.out_of_place(where, got, "write kind: storageClass, or leave storageClass out", reads=[_KIND])
    if scope.written(path := ("cache", "path")) and cache.kind != "node":
        got = f"kind {cache.kind} is no directory of a node"
        scope.report.out_of_place(path, got, "write kind: node, or leave path out", reads=[_KIND])
    if scope.written(endpoint := ("cache", "endpoint")) and cache.kind != "s3":
        scope.report.out_of_place(
            endpoint, f"kind {cache.kind} is no bucket", "write kind: s3, or leave endpoint out", reads=[_KIND]
        )
    if cache.kind == "node":
        _check_nodes(scope)


def _check_nodes(scope: Scope) -> None:
    if scope.written(size := ("cache", "size")):
        got = "a directory has no size: the plan says what each node has to have free"
        scope.report.out_of_place(size, got, "leave size out", reads=[_KIND])
