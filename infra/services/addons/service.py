"""Cluster-wide software as a service of the stack."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from infra.owner import Part
from infra.services.addons.check import check_addons
from infra.services.addons.definitions import list_definitions, list_installed_later
from infra.services.addons.plan import assume_metrics
from infra.services.service import Around, Service

if TYPE_CHECKING:
    from infra.plan.notes import Finding
    from infra.settings.checks.scope import Scope


class Addons(Part, Service):
    name, title = "addons", "Add-ons"
    keys = ("addons",)
    owns = ("llm:kubernetes:Addons",)

    def check(self, scope: Scope) -> None:
        check_addons(scope)

    def to_dos(self, around: Around) -> Iterable[Finding]:
        yield from list_definitions(around)
        yield from list_installed_later(around)
        yield from assume_metrics(around)


ADDONS = Addons()
