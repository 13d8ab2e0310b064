"""What a cloud must grant while old and new nodes run side by side: one sum per quota."""

from collections.abc import Collection, Iterator, Mapping, Sequence
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
    found = {quota: Raise(needed, _beside(quota, old, resources)) for quota, needed in after.items()}
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


def _beside(quota: QuotaId, old: Side, resources: ResourceChanges) -> int:
    """A region's quota counts no node of another region; an older program doesn't say where its own are."""
    before = quotas_of(old)
    if before and quota.region not in {each.region for each in before}:
        return 0
    return sum(taken for code, taken in _old_pools(old, resources) if code == quota.code)


def _old_pools(old: Side, resources: ResourceChanges) -> Iterator[tuple[str, int]]:
    """The quota of each pool whose nodes are replaced or removed, and its part: old nodes run until new ones do."""
    groups = {name_of(urn): urn for urn in (*resources.replaced, *resources.removed) if node_group(urn)}
    for name in sorted({pool_of(group) for group in groups} & old.pools.keys()):
        pool = old.pools[name]
        cloud = next(owner_of(urn) for group, urn in groups.items() if pool_of(group) == name)
        if not isinstance(cloud, Cloud):
            continue
        for capacity, nodes in _going(pool, groups):
            taken = [found for each in types_of_pool(pool) if (found := cloud.counts(each, capacity))]
            if taken:
                yield taken[0][0], nodes * max(amount for _, amount in taken)


def _going(pool: Mapping[str, Any], groups: Collection[str]) -> Iterator[tuple[str, int]]:
    """The kind and number of the nodes that go: of those steps alone of which a group does; a Capacity Block counts
    against none of these quotas."""
    steps = pool.get("steps")
    if not steps:
        yield pool["capacity"], pool["max"]
    for step in steps or ():
        if step["kind"] != "block" and any(each in groups for each in step["node_groups"]):
            yield step["kind"], step["max"]
