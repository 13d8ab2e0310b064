"""Cluster-wide software as a service of the stack."""

from __future__ import annotations

from typing import TYPE_CHECKING

from infra.owner import Part
from infra.services.addons.check import check_addons
from infra.services.service import Service

if TYPE_CHECKING:
    from infra.settings.checks.scope import Scope


class Addons(Part, Service):
    name, title = "addons", "Add-ons"
    owns = ("llm:kubernetes:Addons",)

    def check(self, scope: Scope) -> None:
        check_addons(scope)


ADDONS = Addons()
