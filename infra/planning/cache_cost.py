"""Whether the cache that a plan chose for its quick starts costs too much: the whole bill is known only then."""

from dataclasses import replace

from infra.plan.money import Cost
from infra.planning.cost import Billed
from infra.services.weights.quickest import MAX_MORE


def costs_more(billed: Billed, cost: Cost) -> str:
    """What is said against a bucket that the stack file doesn't name; blank: nothing."""
    cache, cloud, budget = billed.cache, billed.cloud, billed.settings.budget
    if billed.settings.cache is not None or not cache.streamed:
        return ""
    files = replace(cache, kind=cloud.storage[0].kind, storage=cloud.storage[0], bucket_cidrs=())
    more = _expected(billed) - _expected(replace(billed, cache=files))
    share = more / (cost.usd_per_month_expected - more)
    if share >= MAX_MORE:
        return f"it costs ${more:.0f} more per month, {share * 100:.1f} % of the expected bill"
    if more > 0 and budget is not None and cost.bill(budget.of) > budget.usd_per_month:
        return f"the budget has no room for ${more:.0f} more per month"
    return ""


def _expected(billed: Billed) -> float:
    return sum(item.expected for item in billed.cloud.bill(billed))
