"""Warnings: what is allowed, but needs a second look."""

from collections.abc import Collection, Iterator, Sequence

from infra.plan.findings import warned
from infra.plan.models import ModelPlan
from infra.plan.notes import Finding
from infra.plan.pools import PoolPlan
from infra.plan.words import who_prices
from infra.planning.borrowed_prices import borrowed_by
from infra.planning.unused_pools import warn_of_unused
from infra.settings.platform import GUARDED, Settings


def warn_of_pool(pool: PoolPlan, models: Sequence[ModelPlan]) -> Iterator[Finding]:
    """`models` are those that run on it."""
    if not models:
        yield from warn_of_unused(pool)


def warn_of_budget(settings: Settings, pools: Collection[PoolPlan], region: str | None) -> Iterator[Finding]:
    """Nodes without a price are in no bill, so a budget guards nothing of them; with another region's price, it guards
    a figure that may be another one."""
    if settings.budget is not None and (borrowed := borrowed_by(pools, region)):
        yield warned(
            "budget.usdPerMonth",
            f"it isn't certain that the bill keeps to the budget: {borrowed}; your own price can be written into a file"
            " that `prices.table` names",
        )
    unpriced = [pool.name for pool in pools if pool.existing and pool.usd_per_node_hour is None]
    if settings.budget is not None and unpriced:
        yield warned(
            "budget.usdPerMonth",
            f"the nodes of {', '.join(unpriced)} have no price: the bill counts nothing of them, and the budget guards"
            f" nothing of them; {who_prices(unpriced)}",
        )


def warn_of_allow(settings: Settings, pools: Collection[str]) -> Iterator[Finding]:
    """An entry is meant for one pull request: while it stays in the file, nothing guards what it names."""
    for name in settings.allow.replace:
        yield warned("allow.replace", f"any change may replace {name} until this is taken out")
    for name in settings.allow.remove:
        gone = name not in GUARDED and name not in pools
        message = (
            f"spent once {name} is gone: take it out"
            if gone
            else f"any change may remove {name} until this is taken out"
        )
        yield warned("allow.remove", message)
