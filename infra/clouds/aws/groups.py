"""The EKS node groups of a pool: one over all its zones, or one per zone.

AWS balances a group over several zones (AZRebalance): it ends a node, and its pods have 15 minutes to leave, whatever
their disruption budgets say (docs.aws.amazon.com/eks/latest/userguide/managed-node-groups.html). It doesn't balance
groups of one zone. But EKS has no maximum over several groups: each group has its part of the pool's maximum, so that
bill and quota stay the same, and if a zone has no capacity, the pool has only the other zones' parts. Neither is always
better, so the stack file decides; the default is one group, because a change would replace the groups of running pools.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from infra.plan.cluster import ClusterPlan
from infra.plan.findings import Decided, warned
from infra.plan.notes import Advice, Chosen, Finding, Violation
from infra.plan.pools import NodeGroupPlan, PoolPlan
from infra.plan.rules import Rule
from infra.plan.writes import written
from infra.settings.platform import Settings

_TIMES = 2  # times the nodes that are needed: with two zones, one of them has as many
SPREAD_PER_ZONE = 7  # running instances of a placement group


def with_groups(pool: PoolPlan, settings: Settings, cluster: ClusterPlan) -> Decided[PoolPlan]:
    """A pool that the stack creates, with its node groups."""
    groups = yield from (_ladder if pool.steps else _groups)(pool, settings, cluster)
    made = replace(pool, groups=groups)
    yield from _check_spread(made)
    yield from _check_steps(made)
    return replace(made, reasons=(*made.reasons, *(yield from _without_a_zone(made))))


def _check_spread(pool: PoolPlan) -> Iterator[Finding]:
    """docs.aws.amazon.com/AWSEC2/latest/UserGuide/limitations-placement-groups.html, read on 2026-11-27."""
    room = SPREAD_PER_ZONE * len(pool.zone_ids)
    if pool.placement == "spread" and pool.max > room:
        path = f"gpuPools.{pool.name}.placementGroup"
        message = (
            f"spread holds {SPREAD_PER_ZONE} nodes per zone, and {', '.join(pool.zone_ids)} together {room}: max is"
            f" {pool.max}"
        )
        write = ((path, "partition"),)
        fix = f"{written(write)}, or gpuPools.{pool.name}.max: {room}"
        yield Violation(Rule.GPU_NODES, path, message, fix, (Advice(write, written(write)),))
        return
    for step in pool.steps if pool.placement == "spread" else ():
        if step.reservation is not None and step.max > SPREAD_PER_ZONE * len(step.zone_ids):
            path = f"gpuPools.{pool.name}.placementGroup"
            zone = ", ".join(step.zone_ids)
            message = f"spread holds {SPREAD_PER_ZONE} nodes per zone: {step.reservation} has {step.max} in {zone}"
            write = ((path, "partition"),)
            yield Violation(Rule.GPU_NODES, path, message, written(write), (Advice(write, written(write)),))


def _check_steps(pool: PoolPlan) -> Iterator[Finding]:
    """A maximum of the stack file's that nothing keeps."""
    if pool.highest > pool.max:
        write = ((f"gpuPools.{pool.name}.max", max(pool.highest, pool.max_needed)),)
        # Replicas that have no node now are in no bill yet.
        same = "" if pool.needed > pool.max else " (the maximum of the bill stays as it is)"
        text = f"{written(write)}{same}"
        message = (
            f"max is {pool.max}, and the groups of its steps may have {pool.highest} nodes at the same time: EKS has no"
            " maximum over several groups, and pods of different sizes leave GPUs unused while they come and go"
        )
        yield Violation(Rule.GPU_NODES, f"gpuPools.{pool.name}.max", message, text, (Advice(write, text),))


def _groups(pool: PoolPlan, settings: Settings, cluster: ClusterPlan) -> Decided[Mapping[str, NodeGroupPlan]]:
    """The node groups by zone id, or by subnet id in an existing VPC; under "" if one group has all zones."""
    path = f"gpuPools.{pool.name}.nodeGroups"
    own = settings.gpu_pools.get(pool.name)
    wanted = own.node_groups if own else None
    if wanted is None and len(pool.zone_ids) > 1:
        yield Chosen(
            path,
            "one",
            f"one group over {len(pool.zone_ids)} zones, so that any zone can provide every node. To balance the zones,"
            " AWS may end a node; its pods have 15 minutes, and AWS asks no disruption budget. perZone prevents that,"
            " but each zone then has only its part of max",
        )
    places = (yield from _places(pool, path, settings, cluster)) if wanted == "perZone" else ()
    if len(places) < 2:
        return {"": NodeGroupPlan(pool.min, pool.max, warm=pool.warm_pool)}
    yield from _warn_of_zones_left_out(pool, path, places)
    parts = (_shares(number, len(places)) for number in (pool.min, pool.max, pool.warm_pool))
    shares = zip(places, *parts, strict=True)
    return {place: NodeGroupPlan(low, high, place, warm=warm) for place, low, high, warm in shares if high}


def _ladder(pool: PoolPlan, settings: Settings, cluster: ClusterPlan) -> Decided[Mapping[str, NodeGroupPlan]]:
    """A group per step and zone. Each may grow to the maximum of its step: a node is added only for a pod that waits,
    so together they have no more nodes than the pods need."""
    path = f"gpuPools.{pool.name}.nodeGroups"
    wanted = settings.gpu_pools[pool.name].node_groups
    places = (yield from _places(pool, path, settings, cluster)) if wanted != "one" else ()
    if wanted is None and len(places) > 1:
        yield Chosen(
            path,
            "perZone",
            f"a group per step and zone, each up to max: where one of {', '.join(places)} has no node of a step, the"
            " next zone is asked, and then the next step; no zone is balanced by ending a node",
        )
    yield from zones_of_reservations(pool, settings, cluster)
    by_subnet = len(places) > 0 and places[0] not in pool.zone_ids
    groups: dict[str, NodeGroupPlan] = {}
    left = pool.min
    for step in pool.steps:
        fixed = min(left, step.max) if step.always else 0
        left -= fixed
        there = [each for each in places if by_subnet or each in step.zone_ids] if step.reservation is None else []
        if len(there) < 2:
            groups[step.name] = NodeGroupPlan(fixed, step.max, step=step)
            continue
        for place, low in zip(there, _shares(fixed, len(there)), strict=True):
            name = f"{step.name}-{_short(place)}"
            groups[name] = NodeGroupPlan(low, step.max, place=place, step=step)
    return groups


def zones_of_reservations(pool: PoolPlan, settings: Settings, cluster: ClusterPlan) -> Iterator[Finding]:
    """Where the stack file has a number of zones, those that were chosen may lack one of a reservation; and weights on
    a disk are in one zone."""
    create = settings.cluster.create
    if create is None or create.network.private_subnet_ids:
        return
    for nth, step in enumerate(pool.steps):
        path = f"gpuPools.{pool.name}.capacity[{nth}].zone"
        alone = step.zone_ids[0] if step.reservation and len(step.zone_ids) == 1 else None
        if alone is not None and alone not in cluster.zone_ids:
            write = (("cluster.create.zones", (*cluster.zone_ids, alone)),)
            has = f"the cluster has {', '.join(cluster.zone_ids)}: its instances start in no other zone"
            advice = (Advice(write, written(write)),)
            yield Violation(Rule.ZONES, path, f"{step.reservation} is in {alone}, and {has}", written(write), advice)
        elif alone is not None and alone not in pool.zone_ids:
            zones = ", ".join(pool.zone_ids)
            has = f"pods of {pool.name} run in {zones}, because of their types or of their weights' disk"
            fix = f"leave this step out, or write cache: {{kind: efs}} and types that {alone} offers"
            yield Violation(Rule.ZONES, path, f"{step.reservation} is in {alone}, and {has}", fix)


def _short(place: str) -> str:
    """The names of groups have 63 characters at most."""
    return place[-8:] if place.startswith("subnet-") else place


def _warn_of_zones_left_out(pool: PoolPlan, path: str, places: Sequence[str]) -> Iterator[Finding]:
    if without := places[pool.max :]:
        yield warned(
            path,
            f"perZone: max {pool.max} is less than the {len(places)} zones, so there is no node group in"
            f" {', '.join(without)}; gpuPools.{pool.name}.max: {len(places)} gives each zone a group",
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
            f"only {', '.join(pool.zone_ids)} of the zones offer the types, and it isn't known which subnet is in which"
            " zone; or there isn't one subnet in each zone",
            f"{path}: one",
        )
        return ()
    return subnets


def _shares(total: int, parts: int) -> list[int]:
    """A total in parts that differ by at most 1. The first parts are the larger ones, so a larger total lowers none."""
    each, left = divmod(total, parts)
    return [each + (part < left) for part in range(parts)]


def _without_a_zone(pool: PoolPlan) -> Decided[tuple[str, ...]]:
    """A pool with one group per zone grows less if a zone has no capacity: a warning where its models need more."""
    if len(pool.groups) < 2 or pool.steps:
        return ()
    shares = " + ".join(str(group.max) for group in pool.groups.values())
    zones, needed = max(len(pool.groups), len(pool.zone_ids)), pool.needed
    left = _left(pool.max, zones)
    said = (
        f"perZone: max {pool.max} is {shares} over {', '.join(pool.groups)}; if AWS has no node in one zone, the pool"
    )
    if left >= needed:
        return (f"{said} still grows to {left}, and its replicas and one rollout need {needed}",)
    enough = next(larger for larger in range(pool.max, _TIMES * needed + 1) if _left(larger, zones) >= needed)
    yield warned(
        f"gpuPools.{pool.name}.nodeGroups",
        f"{said} grows only to {left}, and its replicas and one rollout need {needed}: gpuPools.{pool.name}.max:"
        f" {enough} is enough then, and all of these nodes are in the maximum bill",
    )
    return ()


def _left(maximum: int, zones: int) -> int:
    """What a pool may grow to if its largest group gets no node."""
    return maximum - _shares(maximum, zones)[0]
