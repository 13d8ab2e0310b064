"""Changes of several models at once that cost less: a move of several to one pool, of all models of a pool to other
nodes, and a whole pool on spot."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice

from infra.plan.money import Cheaper
from infra.plan.plan import Plan
from infra.plan.pools import PoolPlan
from infra.planning.advice import completed
from infra.planning.borrowed_prices import borrowed_then
from infra.planning.budget_joined import joined
from infra.planning.budget_words import say_moved
from infra.planning.cheaper import WORTH_MORE, Candidate, Market, in_few_zones, ways_of
from infra.planning.lower_bills import lower_bill, smallest_saving
from infra.planning.trial import Attempt
from infra.services.serving.placed import Placed

MAX_TOGETHER = 6  # models of one line
MAX_TRIED = 2  # pools, of each kind

Ways = Mapping[str, tuple[Cheaper, ...]]


def with_pools(
    plan: Plan, ways: Ways, found: Mapping[str, Sequence[Candidate]], market: Market, attempt: Attempt
) -> dict[str, tuple[Cheaper, ...]]:
    """The ways of one model with those of several: a move of several models comes first, nodes on spot come after the
    others, and last what rests on another region's price."""
    groups = (*_to_one_pool(plan, found), *_out_of_pools(market))
    together = _by_model(_together(plan, ways, groups, market, attempt))
    on_spot = _by_model(_on_spot(plan, attempt))
    by_model = {name: (*together.get(name, ()), *ways.get(name, ()), *on_spot.get(name, ())) for name in plan.models}

    def is_borrowed(way: Cheaper) -> bool:
        return bool(borrowed_then(plan, attempt(way.write)))

    return {name: tuple(sorted(each, key=is_borrowed)) for name, each in by_model.items() if each}


_Found = tuple[str, Cheaper]  # the model under which the way is shown, and the way
_Group = dict[str, Candidate]  # models that move together, each with its candidate


def _by_model(found: Iterator[_Found]) -> Ways:
    ranked = sorted(islice(found, MAX_TRIED), key=lambda each: -each[1].usd_per_month)
    return {model: tuple(way for name, way in ranked if name == model) for model, _ in ranked}


def _together(plan: Plan, ways: Ways, groups: Sequence[_Group], market: Market, attempt: Attempt) -> Iterator[_Found]:
    """Those that save more than each of their models does alone."""
    for moved in groups:
        first = next(iter(moved))
        alone = max((each.usd_per_month for name in moved for each in ways.get(name, ())), default=0.0)
        write = completed(plan, joined(plan, (way.write for way in moved.values())))
        then = attempt(write)
        places = say_moved(plan, then, market.sizing.catalog) if then is not None else ()
        effect = f"{' and '.join(moved)} together: {'; '.join((*places, *_few_zones(moved, market)))}"
        cheaper = lower_bill(plan, first, write, effect, attempt)
        if cheaper is not None and cheaper.usd_per_month > max(smallest_saving(plan, cheaper), WORTH_MORE * alone):
            yield first, cheaper


def _few_zones(moved: _Group, market: Market) -> Iterator[str]:
    for name, way in moved.items():
        if way.then is not None and way.then.offer is not None:
            yield from (f"{name} {zones}" for zones in in_few_zones(way.then.offer, market))


def _to_one_pool(plan: Plan, found: Mapping[str, Sequence[Candidate]]) -> Iterator[_Group]:
    """For each new pool, the models that would move there unchanged, each with its candidate."""
    by_pool: dict[str, _Group] = {}
    for name, ways in found.items():
        for way in ways:
            pool = dict(way.changes).get("pool")
            if _moves_only(way) and pool is not None and pool not in plan.pools:
                by_pool.setdefault(pool, {}).setdefault(name, way)
    yield from (moved for moved in by_pool.values() if 1 < len(moved) <= MAX_TOGETHER)


def _out_of_pools(market: Market) -> Iterator[_Group]:
    """For each pool of several models, the cheapest places for all of them, and the cheapest where all stay as they
    are: each model alone saves nothing as long as the others keep the nodes."""
    for placed in market.on.values():
        running = [each for each in placed if not each.served.settings.paused]
        if 1 < len(running) <= MAX_TOGETHER:
            groups = [_out_of_pool(running, market, as_it_is=as_it_is) for as_it_is in (False, True)]
            yield from (group for n, group in enumerate(groups) if group and group not in groups[:n])


def _out_of_pool(running: Sequence[Placed], market: Market, *, as_it_is: bool) -> _Group:
    """One after the other, the largest first, as if the others had left: GPUs that one leaves idle where it goes are
    for the next ones. Empty where one finds no place."""
    group: _Group = {}
    left = [each for each in market.placed if each not in running]
    for each in sorted(running, key=lambda each: -each.gpus):
        ways = ways_of(each, replace(market, placed=[*left, each]))
        able = [way for way in ways if way.then is not None and (not as_it_is or _moves_only(way))]
        best = min(able, key=_of_known_price, default=None)
        if best is None or best.then is None or best.then.offer == each.offer:
            return {}
        group[each.served.name] = best
        left.append(best.then)
    return group


def _moves_only(way: Candidate) -> bool:
    return {key for key, _ in way.changes} <= {"pool", "gpus"}


def _of_known_price(way: Candidate) -> bool:
    """The order of ways of one model, which come by what they save: another region's price is last."""
    return way.then is not None and way.then.offer is not None and way.then.offer.borrowed


def _on_spot(plan: Plan, attempt: Attempt) -> Iterator[_Found]:
    effect = "the cloud may take spot nodes away with two minutes' notice, and may have none when they are needed"
    for pool in plan.pools.values():
        models = [each for each in plan.models.values() if each.pool == pool.name and not each.paused]
        on = [each.name for each in models]
        start = all(each.fit is None or each.fit.fits for each in models)  # else nodes are billed that nothing uses
        if on and start and _could_be_spot(pool):
            write = completed(plan, ((f"gpuPools.{pool.name}.capacity", "spot"),))
            own = (f"{plan.models[on[0]].path}.pool", pool.name)
            cheaper = lower_bill(plan, on[0], write if own in write else (*write, own), effect, attempt)
            if cheaper is not None and cheaper.usd_per_month >= smallest_saving(plan, cheaper):
                yield on[0], cheaper


def _could_be_spot(pool: PoolPlan) -> bool:
    """Whether its spot price is known, and isn't the user's own price, which is billed on spot and on demand."""
    if pool.existing or pool.steps or pool.capacity == "spot":
        return False
    return all(each.spot and each.spot_usd is not None for each in pool.types)
