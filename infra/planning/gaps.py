"""Pools whose worked out maximum has nodes for the gaps between replicas of different sizes. They are in the maximum
bill, and a pool for each size needs none of them."""

from collections.abc import Iterator, Sequence

from infra.plan.notes import Advice, Warned, Write
from infra.plan.plan import Plan
from infra.plan.pools import PoolPlan
from infra.plan.writes import written
from infra.planning.advice import completed
from infra.planning.cheaper import MIN_SHARE, MIN_USD_PER_MONTH, Market
from infra.planning.scattered import apart
from infra.planning.trial import Attempt, Followed, followed
from infra.services.serving.placed import Placed, by_pool


def warn_of_gaps(market: Market, attempt: Attempt) -> Iterator[Warned]:
    """Where a further pool of the same nodes makes the maximum bill noticeably lower."""
    for pool, writes in of_one_size(market.plan, market.placed):
        found = [each for write in writes if (each := _followed(market.plan, write, attempt)) is not None]
        best = min(found, key=lambda each: each.then.cost.usd_per_month_max, default=None)
        saved = market.plan.cost.usd_per_month_max - best.then.cost.usd_per_month_max if best is not None else 0
        if best is None or saved < max(MIN_USD_PER_MONTH, MIN_SHARE * market.plan.cost.usd_per_month_max):
            continue
        yield Warned(
            f"gpuPools.{pool.name}.max",
            f"replicas of different sizes leave gaps, and Kubernetes moves none that runs: the maximum, and its bill,"
            f" is of {pool.max} nodes, where {pool.needed} hold all without gaps; {written(best.write)} makes the"
            f" maximum bill ${saved:,.0f} lower",
            kind="gaps",
            advice=(Advice(best.write, written(best.write)),),
        )


def of_one_size(plan: Plan, placed: Sequence[Placed]) -> Iterator[tuple[PoolPlan, list[Write]]]:
    """Each pool with such a maximum, and for each number of GPUs but the smallest a separate pool."""
    for name, on in by_pool(placed).items():
        pool = plan.pools[name]
        if pool.max_given is None and len(pool.steps) < 2 and pool.max > pool.needed and pool.max == pool.always:
            sizes = sorted({each.gpus for each in on}, reverse=True)[:-1]
            writes = (apart([each for each in on if each.gpus == size], plan) for size in sizes)
            yield pool, [write for write in writes if write]


def _followed(plan: Plan, write: Write, attempt: Attempt) -> Followed | None:
    return followed(plan, completed(plan, write), attempt)
