"""What the program asks of a cluster behind a kubeconfig context."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from infra.clouds.cloud import Cloud
from infra.clouds.existing import bill
from infra.clouds.existing.check import check_made, check_unused
from infra.clouds.existing.cluster import plan_cluster
from infra.clouds.existing.distributions import distribution_of, let_pods_run
from infra.clouds.existing.live import known_context
from infra.clouds.existing.runtime_class import ask_for_runtime_classes

if TYPE_CHECKING:
    from pathlib import Path

    from infra.catalog import Catalog
    from infra.clouds.site import Site
    from infra.live import Namespaces
    from infra.live.check import Obstacle
    from infra.plan.cluster import AddonPlan, ClusterPlan, Quota
    from infra.plan.findings import Decided
    from infra.plan.money import PriceNote
    from infra.plan.notes import Finding
    from infra.plan.plan import Plan
    from infra.plan.pools import PoolPlan
    from infra.planning.cost import Billed
    from infra.settings.checks.scope import Scope
    from infra.settings.platform import Settings

_GROUND = {"pulumi:providers:kubernetes": "kubernetes"}


class Existing(Cloud):
    """`cluster.existing.context`."""

    name, title, kind = "existing", "The cluster", "kubeconfig context"
    owns, keys = ("llm:kubernetes:ContextCluster",), ("cluster",)
    guards, ground = _GROUND, frozenset(_GROUND)

    def handles(self, settings: Settings) -> bool:
        existing = settings.cluster.existing
        return existing is not None and existing.context is not None

    def check(self, scope: Scope) -> None:
        if self.handles(scope.settings):
            check_unused(scope)
            check_made(scope)

    def described(self, cluster: ClusterPlan) -> str:
        return f"kubeconfig context {cluster.name}"

    def plan_cluster(
        self, stack: str, settings: Settings, region: str | None, config: Any, catalog: Catalog
    ) -> Decided[ClusterPlan]:
        return plan_cluster(settings, region, catalog)

    def price_note(self, billed: Billed) -> Decided[PriceNote]:
        yield from ()
        return bill.note(billed)

    def to_dos(
        self,
        settings: Settings,
        cluster: ClusterPlan,
        pools: Mapping[str, PoolPlan],
        addons: Mapping[str, AddonPlan],
        quotas: Sequence[Quota],
    ) -> Iterable[Finding]:
        yield from ask_for_runtime_classes(cluster, pools, distribution_of(settings))
        yield from let_pods_run(settings, cluster)

    def make_site(self, plan: Plan, provider: Any, namespaces: Namespaces) -> Site:
        from infra.clouds.existing.make import make_site

        return make_site(plan, namespaces)

    def unreachable(self, plan: Plan) -> Iterable[Obstacle]:
        return known_context(plan)

    def access(self, cluster: ClusterPlan, path: Path, given: str | None) -> tuple[str, ...]:
        return ("--context", cluster.name)


EXISTING = Existing()
