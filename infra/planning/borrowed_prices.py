"""Nodes with another region's price, because this region's isn't known: a bill with them, and what saves by it."""

from collections.abc import Collection, Iterable

from infra.plan.plan import Plan
from infra.plan.pools import PoolPlan


def borrowed_then(plan: Plan, then: Plan | None) -> list[str]:
    """What is said of a change that brings such nodes; nothing where the stack has these types already."""
    if then is None:
        return []
    known = {each for pool in plan.pools.values() for each in pool.instance_types}
    said = borrowed_by(then.pools.values(), then.cluster.region, known)
    return [f"not certain: {said}"] if said else []


def borrowed_by(pools: Iterable[PoolPlan], region: str | None, known: Collection[str] = ()) -> str:
    """The types and the region of their price; blank if there are none but the `known` ones."""
    new = [each for each in pools if each.borrowed_from and not set(known) >= {*each.instance_types}]
    types = ", ".join(dict.fromkeys(name for pool in new for name in pool.instance_types))
    return f"{types} with the price of {new[0].borrowed_from}, none is known for {region}" if new else ""
