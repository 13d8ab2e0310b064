"""Where the cluster's zones lack a pool's instance types: which zones can be written instead."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from infra.catalog import Catalog
from infra.plan.cache import CachePlan
from infra.plan.cluster import ClusterPlan
from infra.plan.findings import warned
from infra.plan.notes import Advice, Finding, Violation, Write
from infra.plan.pools import PoolPlan
from infra.plan.rules import Rule
from infra.plan.writes import written
from infra.registry import cloud_of
from infra.settings.platform import Settings

_ZONES = 2  # of a cluster whose file says no number; fewer for a pool are warned of


@dataclass(frozen=True)
class Zones:
    """The zones of a cluster, and the pools that are to be in them."""

    settings: Settings
    cluster: ClusterPlan
    pools: Mapping[str, PoolPlan]
    cache: CachePlan
    catalog: Catalog

    def check_pool(self, pool: PoolPlan) -> Iterator[Finding]:
        path = f"gpuPools.{pool.name}.instanceTypes"
        if pool.existing or not self.cluster.zone_ids:
            return
        if not pool.zone_ids:
            yield self._nowhere(pool, path)
        elif self.cache.zone_id is not None:
            yield warned(path, f"only in {self.cache.zone_id}: the cache's volume is in that one zone")
        elif len(pool.zone_ids) == 1:
            zone, others = pool.zone_ids[0], self._others(pool)
            message = f"only {zone} of the stack's zones offers this pool's types{others}"
            yield warned(path, message, kind="one-zone", detail=f"{zone}{others}")

    def _nowhere(self, pool: PoolPlan, path: str) -> Violation:
        types, there = " and ".join(pool.instance_types), self._offering(pool.instance_types)
        if self.cache.zone_id is not None and there & {*self.cluster.zone_ids}:
            message = f"no node of the pool can start: the cache's volume is in {self.cache.zone_id}, without {types}"
            return _refused(path, message, self._in_all_zones())
        zones = ", ".join(self.cluster.zone_ids)
        message = f"no node of the pool can start: none of the cluster's zones, {zones}, offers {types}"
        if not there or not self._are_chosen:
            return Violation(Rule.ZONES, path, message, f"{path}: types that these zones offer")
        # After those that there are, so that no subnet of a deployed cluster moves.
        return _refused(path, message, (("cluster.create.zones", (*self.cluster.zone_ids, min(there))),))

    def _in_all_zones(self) -> Write:
        """Weights that nodes of each zone read."""
        kinds = (each.kind for each in cloud_of(self.settings).storage if not each.one_reader)
        sized = self.settings.cache is not None and self.settings.cache.size is not None
        return (("cache.kind", next(kinds)), *([("cache.size", None)] if sized else []))

    @property
    def _are_chosen(self) -> bool:
        """Whoever wrote them has a reason for them."""
        create = self.settings.cluster.create
        return create is not None and not isinstance(create.zones, tuple) and create.network.vpc_id is None

    def _offering(self, types: Collection[str]) -> set[str]:
        """The zones of the region that offer each of the types."""
        return set.intersection(*(set(self.catalog.zones_of(each, self.cluster.region or "")) for each in types))

    def _others(self, pool: PoolPlan) -> str:
        """What can be written so that more zones offer the pool's types."""
        if not self._are_chosen:
            return ""
        there = self._offering(pool.instance_types)
        if len(there) < _ZONES:
            return f", and no other zone of {self.cluster.region} does"
        zones = self._with(pool)
        offering = len(there & {*zones})
        if offering < _ZONES:
            return ""
        of = "all" if offering == len(zones) else str(offering)
        written_as = f"`cluster.create.zones: [{', '.join(zones)}]`"
        return f"; {of} of {written_as} offer them, which can be written until the cluster is made"

    def _with(self, pool: PoolPlan) -> list[str]:
        """As many zones as the cluster has, first those with the pool's types, and one of which offers those of each
        other pool; empty if there are none."""
        own = self._offering(pool.instance_types)
        others = [self._offering(each.instance_types) for each in self.pools.values() if not each.existing]
        known = self.catalog.regions.get(self.cluster.region or "", ())
        best = sorted(known, key=lambda zone: (zone not in own, -sum(zone in each for each in others), zone))
        found = best[: len(self.cluster.zone_ids)]
        return sorted(found) if all(each & {*found} for each in others) else []


def _refused(path: str, message: str, write: Write) -> Violation:
    return Violation(Rule.ZONES, path, message, written(write), (Advice(write, written(write)),))
