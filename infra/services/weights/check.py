"""Rules for `cache`. A cloud has those of its own kinds."""

from infra.settings.checks.scope import Scope
from infra.settings.mistakes import Key


def check_cache(scope: Scope) -> None:
    cache = scope.settings.cache
    if cache is not None and cache.storage_class is not None and cache.kind != "storageClass":
        kind: Key = ("cache", "kind")
        got, write = f"kind {cache.kind} has a class of its own", "write kind: storageClass, or leave storageClass out"
        scope.report.wrong(("cache", "storageClass"), got, write, reads=[kind])
