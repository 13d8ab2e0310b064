"""What the program asks of a cluster behind a kubeconfig context."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from infra.clouds.cloud import Cloud
from infra.clouds.existing.live import known_context

if TYPE_CHECKING:
    from pathlib import Path

    from infra.live.check import Obstacle
    from infra.plan.cluster import ClusterPlan
    from infra.plan.plan import Plan
    from infra.settings import Settings

_GROUND = {"pulumi:providers:kubernetes": "kubernetes"}


class Existing(Cloud):
    """`cluster.existing.context`."""

    name, title, kind = "existing", "The cluster", "a kubeconfig context"
    owns = ("llm:kubernetes:ContextCluster",)
    guards, ground = _GROUND, frozenset(_GROUND)

    def handles(self, settings: Settings) -> bool:
        existing = settings.cluster.existing
        return existing is not None and existing.context is not None

    def described(self, cluster: ClusterPlan) -> str:
        return f"kubeconfig context {cluster.name}"

    def unreachable(self, plan: Plan) -> Iterable[Obstacle]:
        return known_context(plan)

    def access(self, cluster: ClusterPlan, path: Path) -> tuple[str, ...]:
        return ("--context", cluster.name)


EXISTING = Existing()
