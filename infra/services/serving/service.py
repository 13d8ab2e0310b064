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
    owns = ("llm:kubernetes:ModelServer", "llm:kubernetes:ModelScaler", "llm:kubernetes:Prefetch")

    def check(self, scope: Scope) -> None:
        check_models(scope)


SERVING = Serving()
