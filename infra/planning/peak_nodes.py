"""What a change brings with it that gives models more or other nodes: what these add to the bill, a larger quota, a
type that the cloud rarely has, and a pool that is too small already."""

from collections.abc import Collection, Iterator

from infra.plan.kinds import RARE_TYPE
from infra.plan.money import rise
from infra.plan.plan import Plan
from infra.plan.pools import PoolPlan
from infra.plan.words import SPOT, usd

_BILLS = ("usd_per_month_max", "usd_per_month_expected")


def what_nodes_cost(plan: Plan, then: Plan) -> Iterator[str]:
    """By how much the maximum and the expected bill rise, as both plans show them. A model that moves to spot nodes is
    billed there even where it stays."""
    more, expected = (rise(getattr(plan.cost, of), getattr(then.cost, of)) for of in _BILLS)
    spot = _to_spot(plan, then)
    if spot:
        yield f"spot: {SPOT}"
    if more >= 1:
        also = " and expected" if expected == more else f", +{usd(expected)} expected" if expected >= 1 else ""
        hours = ", for the hours of rollouts" if _only_for_rollouts(plan, then) else ""
        yield f"+{usd(more)} per month at most{also}{hours}"
        return
    if spot:
        yield "the maximum bill doesn't rise"
    if expected >= 1:
        yield f"+{usd(expected)} per month expected{f', -{usd(-more)} at most' if more <= -1 else ''}"


def _to_spot(plan: Plan, then: Plan) -> bool:
    """Whether a change moves a model to spot nodes from others."""
    on, will_be = ({name for name in of.models if _is_on_spot(of, name)} for of in (plan, then))
    return bool(will_be & plan.models.keys() - on)


def _is_on_spot(plan: Plan, model: str) -> bool:
    pool = plan.pools.get(plan.models[model].pool or "")
    return pool is not None and pool.capacity == "spot"


def _only_for_rollouts(plan: Plan, then: Plan) -> bool:
    """Whether every replica has its GPUs without the nodes that are added, and no other step gives them more hours."""
    grown = _grown(plan, then)
    before = [plan.pools[name] for name in grown]
    same = all(each.kinds == then.pools[each.name].kinds for each in before)
    return bool(grown) and same and all(each.peak_gpus <= each.max * each.gpus_per_node for each in before)


def what_nodes_need(plan: Plan, then: Plan) -> Iterator[str]:
    """Of pools that may have more nodes then, or are too small, and of types that are new."""
    grown = _grown(plan, then)
    if grown:
        yield from _quotas(plan, then)
    yield from fuller_then(plan, then)
    yield from rarely_there(plan, then, grown)


def fuller_then(plan: Plan, then: Plan | None) -> list[str]:
    """Pools with too few GPUs at the peak already, which miss more of them then: that rule stays broken, so nothing
    else says so."""
    pairs = [(plan.pools[name], pool) for name, pool in then.pools.items() if name in plan.pools] if then else []
    return [
        f"pool {pool.name}, too small already, then needs {_needed(pool)} {pool.unit}s at the peak instead of"
        f" {_needed(was)}"
        for was, pool in pairs
        if not pool.existing and 0 < _missing(was) < _missing(pool)
    ]


def _missing(pool: PoolPlan) -> int:
    return _needed(pool) - pool.max * pool.gpus_per_node


def _needed(pool: PoolPlan) -> int:
    return pool.peak_gpus + pool.surge_gpus


def _grown(plan: Plan, then: Plan) -> set[str]:
    return {name for name, pool in then.pools.items() if name in plan.pools and pool.max > plan.pools[name].max}


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
