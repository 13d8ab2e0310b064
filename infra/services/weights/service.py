"""The service that keeps the weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

from infra.owner import CLAIM, Part
from infra.services.service import Service
from infra.services.weights.check import check_cache

if TYPE_CHECKING:
    from infra.settings.checks.scope import Scope

_HELD = (CLAIM, "aws:efs/fileSystem:FileSystem", "aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2")


class Weights(Part, Service):
    name, title = "weights", "The weights"
    owns = ("llm:kubernetes:ModelCache", "llm:aws:WeightsFileSystem")
    guards = dict.fromkeys(_HELD, "cache")
    ground = frozenset({"kubernetes:core/v1:Namespace"})  # every model is in it

    def guard_of(self, type_: str) -> str | None:
        """A volume of the cache is a name for the file system, which holds the data."""
        return self.guards.get(type_)

    def check(self, scope: Scope) -> None:
        check_cache(scope)


WEIGHTS = Weights()
