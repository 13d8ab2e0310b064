"""What the program asks of a cluster behind a kubeconfig context."""

from __future__ import annotations

from typing import TYPE_CHECKING

from infra.clouds.cloud import Cloud

if TYPE_CHECKING:
    from infra.settings import Settings

_GROUND = {"pulumi:providers:kubernetes": "kubernetes"}


class Existing(Cloud):
    """`cluster.existing.context`."""

    name, title = "existing", "The cluster"
    owns = ("llm:kubernetes:ContextCluster",)
    guards, ground = _GROUND, frozenset(_GROUND)

    def handles(self, settings: Settings) -> bool:
        existing = settings.cluster.existing
        return existing is not None and existing.context is not None


EXISTING = Existing()
