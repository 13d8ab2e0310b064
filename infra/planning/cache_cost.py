"""The cache in another storage, for its bill: only the whole bill says whether a cache that was chosen for its quick
starts costs too much."""

from dataclasses import replace

from infra.plan.cache import CachePlan, Storage
from infra.plan.findings import split
from infra.plan.money import Cost
from infra.planning.cost import Billed
from infra.services.weights.quickest import MAX_MORE


def costs_more(billed: Billed, cost: Cost) -> str:
    """What is said against a bucket that the stack file doesn't name; blank: nothing."""
    cache, cloud, budget = billed.cache, billed.cloud, billed.settings.budget
    if billed.settings.cache is not None or not cache.streamed:
        return ""
    more = _expected(billed) - _expected(replace(billed, cache=stored_in(billed, cloud.storage[0])))
    share = more / (cost.usd_per_month_expected - more)
    if share >= MAX_MORE:
        return f"it costs ${more:.0f} more per month, {share * 100:.1f} % of the expected bill"
    if more > 0 and budget is not None and cost.bill(budget.of) > budget.usd_per_month:
        return f"the budget has no room for ${more:.0f} more per month"
    return ""


def stored_in(billed: Billed, storage: Storage) -> CachePlan:
    """The cache in another storage of the cloud; in a bucket, with the addresses by which servers would reach it."""
    cidrs: tuple[str, ...] = ()
    if storage.bucket:
        (cidrs, _), _ = split(billed.cloud.bucket_cidrs(billed.settings, billed.cluster, billed.catalog))
    return replace(billed.cache, kind=storage.kind, storage=storage, bucket_cidrs=cidrs)


def _expected(billed: Billed) -> float:
    return sum(item.expected for item in billed.cloud.bill(billed))
