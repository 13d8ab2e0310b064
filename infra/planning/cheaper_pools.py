"""Changes of several models at once that cost less: a move of all to one pool, and a whole pool on spot."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from infra.plan.money import Cheaper
from infra.plan.plan import Plan
from infra.plan.pools import PoolPlan
from infra.planning.advice import completed
from infra.planning.borrowed_prices import borrowed_then
from infra.planning.cheaper import WORTH_MORE, Candidate
from infra.planning.lower_bills import lower_bill, smallest_saving
from infra.planning.trial import Attempt

MAX_TOGETHER = 6  # models of one line
MAX_TRIED = 2  # pools, of each kind

Ways = Mapping[str, tuple[Cheaper, ...]]


def with_pools(
    plan: Plan, ways: Ways, found: Mapping[str, Sequence[Candidate]], attempt: Attempt
) -> dict[str, tuple[Cheaper, ...]]:
    """The ways of one model with those of several: a move of several models comes first, nodes on spot come after the
    others, and last what rests on another region's price."""
    together, on_spot = _by_model(_together(plan, ways, found, attempt)), _by_model(_on_spot(plan, attempt))
    by_model = {name: (*together.get(name, ()), *ways.get(name, ()), *on_spot.get(name, ())) for name in plan.models}

    def is_borrowed(way: Cheaper) -> bool:
        return bool(borrowed_then(plan, attempt(way.write)))

    return {name: tuple(sorted(each, key=is_borrowed)) for name, each in by_model.items() if each}


_Found = tuple[str, Cheaper]  # the model under which the way is shown, and the way


def _by_model(found: Iterator[_Found]) -> Ways:
    ranked = sorted(islice(found, MAX_TRIED), key=lambda each: -each[1].usd_per_month)
    return {model: tuple(way for name, way in ranked if name == model) for model, _ in ranked}


def _together(plan: Plan, ways: Ways, found: Mapping[str, Sequence[Candidate]], attempt: Attempt) -> Iterator[_Found]:
    for moved in _to_one_pool(plan, found):
        own = tuple(
            each
            for name, way in moved.items()
            for each in way.write
            if each[0].startswith(f"{plan.models[name].path}.")
        )
        first, way = next(iter(moved.items()))
        new = tuple(each for each in way.write if each[0].startswith("gpuPools.") and each[1] is not None)
        alone = max((each.usd_per_month for name in moved for each in ways.get(name, ())), default=0.0)
        effect = f"{' and '.join(moved)} together: {way.effect}"
        cheaper = lower_bill(plan, first, (*new, *own), effect, attempt)
        if cheaper is not None and cheaper.usd_per_month > max(smallest_saving(plan, cheaper), WORTH_MORE * alone):
            yield first, cheaper


def _to_one_pool(plan: Plan, found: Mapping[str, Sequence[Candidate]]) -> Iterator[dict[str, Candidate]]:
    """For each new pool, the models that would move there unchanged, each with its candidate."""
    by_pool: dict[str, dict[str, Candidate]] = {}
    for name, ways in found.items():
        for way in ways:
            pool = dict(way.changes).get("pool")
            if {key for key, _ in way.changes} <= {"pool", "gpus"} and pool is not None and pool not in plan.pools:
                by_pool.setdefault(pool, {}).setdefault(name, way)
    yield from (moved for moved in by_pool.values() if 1 < len(moved) <= MAX_TOGETHER)


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
