"""The service that keeps the weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

from infra.owner import VOLUME, Part
from infra.services.service import Service
from infra.services.weights.check import check_cache

if TYPE_CHECKING:
    from infra.settings.checks.scope import Scope

_GUARD = "cache"  # in `allow`


class Weights(Part, Service):
    name, title = "weights", "The weights"
    keys = ("cache", "namespace")
    owns = ("llm:kubernetes:ModelCache",)
    ground = frozenset({"kubernetes:core/v1:Namespace"})  # every model is in it

    def guard_of(self, type_: str, *, holds_data: bool) -> str | None:
        """A volume of the cache is a name for the file system, which holds the data."""
        return _GUARD if holds_data and type_ != VOLUME else None

    def check(self, scope: Scope) -> None:
        check_cache(scope)


WEIGHTS = Weights()
