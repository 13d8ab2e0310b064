"""What applications are given: API keys, where the models are, and the namespace that they are in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from infra.owner import Part
from infra.services.access.client_secrets import list_client_to_dos
from infra.services.access.namespace import list_namespace_to_dos
from infra.services.service import Around, Service

if TYPE_CHECKING:
    from infra.plan.notes import Finding


class Access(Part, Service):
    name, title = "access", "API keys and endpoints"
    keys = ("gateway.clients",)
    owns = (
        "llm:kubernetes:ApiKey",
        "llm:kubernetes:ClientKeys",
        "llm:kubernetes:EngineKeys",
        "llm:kubernetes:Endpoints",
    )

    def to_dos(self, around: Around) -> Iterable[Finding]:
        yield from list_namespace_to_dos(around.settings, around.cluster, around.gateway)
        namespace = around.settings.namespace.name
        yield from list_client_to_dos(around.traffic.clients.values(), namespace, around.cluster)


ACCESS = Access()
