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
        yield f"+{usd(more)} per month at most{also}{_hours(plan, then)}"
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


def _hours(plan: Plan, then: Plan) -> str:
    """The hours for which nodes are added: those of rollouts, where every replica has its GPUs without these nodes, and
    no other step gives them more hours. The maximum bill counts the replicas of paused models too."""
    grown = _grown(plan, then)
    before = [plan.pools[name] for name in grown]
    same = all(each.kinds == then.pools[each.name].kinds for each in before)
    if not (before and same and all(each.peak_gpus <= each.max * each.gpus_per_node for each in before)):
        return ""
    if any(pool.max > pool.needed for pool in (then.pools[name] for name in grown)):
        return ""  # some are for gaps between pods of different sizes
    on = [model for model in plan.models.values() if model.paused and model.pool in grown]
    paused = {name: sum(each.replicas.max * each.gpus for each in on if each.pool == name) for name in grown}
    if all(each.peak_gpus + paused[each.name] <= each.max * each.gpus_per_node for each in before):
        return ", for the hours of rollouts"
    return f" with {', '.join(each.name for each in on)} unpaused, before that only for the hours of rollouts"


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
