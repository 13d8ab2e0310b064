"""The service that serves the models."""

from __future__ import annotations

from typing import TYPE_CHECKING

from infra.owner import Part
from infra.services.service import Service
from infra.services.serving.check import check_models

if TYPE_CHECKING:
    from infra.settings.checks.scope import Scope


class Serving(Part, Service):
    name, title = "serving", "The models"
    keys = ("models",)
    owns = (
        "llm:kubernetes:ModelServer",
        "llm:kubernetes:EngineFiles",
        "llm:kubernetes:ModelScaler",
        "llm:kubernetes:Prefetch",
        "llm:kubernetes:NodePrefetch",
        "llm:kubernetes:NodeWeights",
    )

    def guard_of(self, type_: str, *, holds_data: bool) -> str | None:
        """None: its volumes are names for directories of the nodes, which stay as they are."""
        return self.guards.get(type_)

    def check(self, scope: Scope) -> None:
        check_models(scope)


SERVING = Serving()
