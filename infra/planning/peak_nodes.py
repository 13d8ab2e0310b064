"""What a change brings with it that gives a pool more nodes: a larger quota, and a type that the cloud rarely has."""

from collections.abc import Collection, Iterator

from infra.plan.kinds import RARE_TYPE
from infra.plan.plan import Plan


def what_nodes_need(plan: Plan, then: Plan) -> Iterator[str]:
    """Of pools that may have more nodes then, and of types that are new."""
    grown = {name for name, pool in then.pools.items() if name in plan.pools and pool.max > plan.pools[name].max}
    if grown:
        yield from _quotas(plan, then)
    yield from rarely_there(plan, then, grown)


def _quotas(plan: Plan, then: Plan) -> Iterator[str]:
    before = {(each.code, each.region): each.needed for each in plan.quotas}
    for each in then.quotas:
        now = before.get((each.code, each.region), 0)
        if each.needed > now:
            yield f"quota {each.code}: {each.needed:,} {each.unit} instead of {now:,}"


def rarely_there(plan: Plan, then: Plan, grown: Collection[str] = ()) -> Iterator[str]:
    """A type that a pool has already, too, where it needs more nodes of it."""
    known = {(each.path, each.detail) for each in plan.warnings if each.kind == RARE_TYPE}
    rare = [each for each in then.warnings if each.kind == RARE_TYPE]
    for each in rare:
        if each.path.split(".")[1] in grown or (each.path, each.detail) not in known:
            yield f"the cloud rarely has {each.detail} on demand"
