"""What a cloud must grant while old and new nodes run side by side: one sum per quota."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from infra.clouds.cloud import Cloud
from infra.diff.figures import QuotaId, quotas_of
from infra.diff.findings import Found
from infra.diff.nodes import node_group, types_of_pool
from infra.registry import owner_of
from infra.sides.types import ResourceChanges, Side, name_of, pool_of


@dataclass(frozen=True)
class Raise:
    """What the new plan needs at most, and what the old nodes take that stay until the new ones are there."""

    new: int
    beside: int

    @property
    def needed(self) -> int:
        return self.new + self.beside


def raises(old: Side, new: Side, resources: ResourceChanges) -> dict[QuotaId, Raise]:
    """Quotas of which both kinds of nodes together need more than either plan alone."""
    before, after = quotas_of(old) or {}, quotas_of(new) or {}
    found = {quota: Raise(needed, _beside(quota, old, new, resources)) for quota, needed in after.items()}
    return {quota: each for quota, each in found.items() if each.beside and each.needed > before.get(quota, 0)}


def of_quota(quota: QuotaId, to_do: Found) -> bool:
    """Whether a to-do is to have that quota raised."""
    return to_do.get("quota") == {"code": quota.code, "region": quota.region}


def not_lowered(to_do: Sequence[Found], old: Side, new: Side) -> Iterator[Found]:
    """Without quotas that the new plan needs no more of than the old one."""
    before, after = quotas_of(old) or {}, quotas_of(new) or {}
    enough = [quota for quota, needed in after.items() if needed <= before.get(quota, 0)]
    yield from (each for each in to_do if not any(of_quota(quota, each) for quota in enough))


def not_needed(to_do: Sequence[Found], new: Side) -> Iterator[Found]:
    """Of the to-dos that are gone: without quotas of which the new plan only needs less."""
    needed = [quota for quota, amount in (quotas_of(new) or {}).items() if amount]
    yield from (each for each in to_do if not any(of_quota(quota, each) for quota in needed))


def path_of(quota: QuotaId, side: Side) -> str:
    """Whose nodes need it."""
    system = any(each["code"] == quota.code and each.get("system") for each in side.plan.get("quotas", []))
    return "cluster.create.systemNodes" if system else "gpuPools"


def _beside(quota: QuotaId, old: Side, new: Side, resources: ResourceChanges) -> int:
    """A region's quota counts no node of another region; an older program doesn't say where its own are."""
    before = quotas_of(old)
    if before and quota.region not in {each.region for each in before}:
        return 0
    going = (*_old_pools(old, resources), *_left(old, new, resources), *_old_system(old, resources))
    return sum(taken for code, taken in going if code == quota.code)


def _old_system(old: Side, resources: ResourceChanges) -> Iterator[tuple[str, int]]:
    """Of nodes without GPUs: all that the old plan needs, where their group is replaced."""
    groups = ((group, urn) for urn in (*resources.replaced, *resources.removed) if (group := node_group(urn)))
    if any(name_of(urn) == group.system for group, urn in groups):
        yield from ((each["code"], each["needed"]) for each in old.plan.get("quotas", []) if each.get("system"))


def _old_pools(old: Side, resources: ResourceChanges) -> Iterator[tuple[str, int]]:
    """The quota of each pool whose nodes are replaced or removed, and its part: old nodes run until new ones do."""
    groups = _groups((*resources.replaced, *resources.removed))
    for name in sorted({pool_of(group) for group in groups} & old.pools.keys()):
        yield from _counted(old.pools[name], name, groups, _going(old.pools[name], groups))


def _left(old: Side, new: Side, resources: ResourceChanges) -> Iterator[tuple[str, int]]:
    """The same of each pool that stays, and that models leave: what it may have less of then. Their nodes run until
    they serve on others."""
    replaced = {pool_of(group) for group in _groups((*resources.replaced, *resources.removed))}
    groups = _groups(each["urn"] for each in old.resources)
    on = {name: str(each.get("pool")) for name, each in old.models.items()}
    left = {pool for name, pool in on.items() if str(_pool(new, name)) != pool}
    for name in sorted((left & old.pools.keys() & new.pools.keys()) - replaced):
        now = _kinds(new.pools[name])
        less = {kind: nodes - now.get(kind, 0) for kind, nodes in _kinds(old.pools[name]).items()}
        yield from _counted(old.pools[name], name, groups, less.items())


def _pool(side: Side, model: str) -> str | None:
    return side.models.get(model, {}).get("pool")


def _groups(urns: Iterable[str]) -> dict[str, str]:
    """By name, the node groups among them."""
    return {name_of(urn): urn for urn in urns if node_group(urn)}


def _counted(
    pool: Mapping[str, Any], name: str, groups: Mapping[str, str], nodes: Iterable[tuple[str, int]]
) -> Iterator[tuple[str, int]]:
    """The quota of each kind of nodes of a pool, and what that number of them takes."""
    cloud = next((owner_of(urn) for group, urn in groups.items() if pool_of(group) == name), None)
    if not isinstance(cloud, Cloud):
        return
    for capacity, number in nodes:
        taken = [found for each in types_of_pool(pool) if (found := cloud.counts(each, capacity))]
        if taken and number > 0:
            yield taken[0][0], number * max(amount for _, amount in taken)


def _kinds(pool: Mapping[str, Any]) -> dict[str, int]:
    """Nodes of each kind that counts; those of a pool of several kinds may all be of any."""
    steps = [step for step in pool.get("steps") or () if step["kind"] != "block"]
    kinds = {step["kind"]: max(each["max"] for each in steps if each["kind"] == step["kind"]) for step in steps}
    return kinds or {pool["capacity"]: pool["max"]}


def _going(pool: Mapping[str, Any], groups: Collection[str]) -> Iterator[tuple[str, int]]:
    """The kind and number of the nodes that go: of those steps alone of which a group does; a Capacity Block counts
    against none of these quotas."""
    steps = pool.get("steps")
    if not steps:
        yield pool["capacity"], pool["max"]
    for step in steps or ():
        if step["kind"] != "block" and any(each in groups for each in step["node_groups"]):
            yield step["kind"], step["max"]
