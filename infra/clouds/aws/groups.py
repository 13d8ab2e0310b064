"""The EKS node groups of a pool: one over all its zones, or one per zone.

A group over several zones is evened out by AWS (AZRebalance): it ends a node, and gives its pods 15 minutes to leave
without asking disruption budgets (docs.aws.amazon.com/eks/latest/userguide/managed-node-groups.html). One per zone
isn't, but EKS knows no maximum over several groups: each has its part of the pool's, so that bill and quota stay, and a
zone without capacity leaves the pool with the others' parts. So the stack file says which; one that is there stays.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from infra.plan.cluster import ClusterPlan, NodeGroupPlan, PoolPlan
from infra.plan.findings import Decided, warned
from infra.plan.notes import Chosen, Finding, Violation
from infra.plan.rules import Rule
from infra.settings.platform import Settings


def with_groups(pool: PoolPlan, settings: Settings, cluster: ClusterPlan) -> Decided[PoolPlan]:
    """A pool that we make, with its node groups."""
    groups = yield from _groups(pool, settings, cluster)
    made = replace(pool, groups=groups)
    yield from _explain(made)
    return made


def _groups(pool: PoolPlan, settings: Settings, cluster: ClusterPlan) -> Decided[Mapping[str, NodeGroupPlan]]:
    """The node groups by zone id, or by subnet id in a VPC that exists; under "" if one group has all zones."""
    path = f"gpuPools.{pool.name}.nodeGroups"
    own = settings.gpu_pools.get(pool.name)
    wanted = own.node_groups if own else None
    if wanted is None and len(pool.zone_ids) > 1:
        yield Chosen(
            path,
            "one",
            f"{len(pool.zone_ids)} zones, and any of them may give every node; to even them out AWS may end one, which"
            " has 15 minutes and asks no disruption budget: perZone prevents that, and gives each zone a part of max",
        )
    places = (yield from _places(pool, path, settings, cluster)) if wanted == "perZone" else ()
    if len(places) < 2:
        return {"": NodeGroupPlan(pool.min, pool.max)}
    yield from _warn_of_zones_left_out(pool, path, places)
    shares = zip(places, _shares(pool.min, len(places)), _shares(pool.max, len(places)), strict=True)
    return {place: NodeGroupPlan(least, most) for place, least, most in shares if most}


def _warn_of_zones_left_out(pool: PoolPlan, path: str, places: Sequence[str]) -> Iterator[Finding]:
    if without := places[pool.max :]:
        yield warned(
            path,
            f"perZone: max {pool.max} is less than the {len(places)} zones: no node group in {', '.join(without)};"
            f" gpuPools.{pool.name}.max: {len(places)} gives each zone one",
        )


def _places(pool: PoolPlan, path: str, settings: Settings, cluster: ClusterPlan) -> Decided[Sequence[str]]:
    create = settings.cluster.create
    subnets = create.network.private_subnet_ids if create else None
    if not subnets:
        return pool.zone_ids
    if len(pool.zone_ids) < len(cluster.zone_ids) or len(subnets) != len(cluster.zone_ids):
        yield Violation(
            Rule.ZONES,
            path,
            f"only {', '.join(pool.zone_ids)} of the zones offer the types, and which subnet is in which zone isn't"
            " known, or there isn't one subnet in each zone",
            f"{path}: one",
        )
        return ()
    return subnets


def _shares(total: int, parts: int) -> list[int]:
    """Parts of a total, as even as possible. The first parts get what is left over, so a larger total lowers none."""
    each, left = divmod(total, parts)
    return [each + (part < left) for part in range(parts)]


def _explain(pool: PoolPlan) -> Iterator[Finding]:
    """Warns that a pool with one group per zone grows less where a zone has no capacity."""
    if len(pool.groups) > 1:
        most = max(group.max for group in pool.groups.values())
        yield warned(
            f"gpuPools.{pool.name}.nodeGroups",
            f"perZone: max {pool.max} is {' + '.join(str(group.max) for group in pool.groups.values())} over"
            f" {', '.join(pool.groups)}; where AWS has none in one zone, the pool grows to {pool.max - most} only:"
            " a larger max makes up for it",
        )
