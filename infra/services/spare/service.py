"""The service that keeps GPUs free for the next replica."""

from __future__ import annotations

from typing import TYPE_CHECKING

from infra.owner import Part
from infra.services.service import Around, Made, Service
from infra.services.spare.plan import SparePlan

if TYPE_CHECKING:
    from infra.plan.findings import Decided
    from infra.plan.plan import Plan
    from infra.settings.checks.scope import Scope


class Spare(Part, Service):
    name, title = "spare", "Spare GPUs"
    keys = ("gpuPools",)
    owns = ("llm:kubernetes:SpareGpus",)

    def check(self, scope: Scope) -> None:
        """The name of its Deployment for a pool."""
        for name, pool in scope.settings.gpu_pools.items():
            taken = ("models", f"{name}-spare")
            if pool.spare and taken[1] in scope.settings.models:
                got = f"the name of what keeps GPUs of {name} free"
                scope.report.wrong(taken, got, f"write {name}-spare-2", reads=[("gpuPools", name, "spare")])

    def plan(self, around: Around) -> Decided[SparePlan | None]:
        yield from ()
        asked = any(pool.spare for pool in around.settings.gpu_pools.values())
        return SparePlan(around.catalog.proxies["pause"].image) if asked else None

    def make(self, plan: Plan, made: Made) -> None:
        from infra.services.spare.make import make_spare

        part: SparePlan | None = plan.parts.get(self.name)
        if part is not None:
            make_spare(plan, part, made)


SPARE = Spare()
