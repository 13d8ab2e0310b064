"""Rules for `cache`. A cloud checks the kinds that only it has."""

from infra.settings.checks.scope import Scope
from infra.settings.mistakes import Key


def check_cache(scope: Scope) -> None:
    cache = scope.settings.cache
    where: Key = ("cache", "storageClass")
    if cache is not None and scope.written(where) and cache.kind != "storageClass":
        kind: Key = ("cache", "kind")
        got, write = f"kind {cache.kind} has its own class", "write kind: storageClass, or leave storageClass out"
        scope.report.out_of_place(where, got, write, reads=[kind])
