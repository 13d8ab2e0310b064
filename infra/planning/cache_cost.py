"""The cache in another storage, for its bill: only the whole bill says whether a cache that was chosen for its quick
starts costs too much."""

from dataclasses import replace

from infra.plan.cache import CachePlan, Storage
from infra.plan.findings import split
from infra.plan.money import Cost, in_cents
from infra.plan.words import BILLS, usd
from infra.planning.cost import Billed
from infra.services.weights.quickest import MAX_MORE


def costs_more(billed: Billed, cost: Cost) -> str:
    """What is said against a bucket that the stack file doesn't name; blank: nothing. A budget counts only where the
    file system keeps to it: over the budget with either, the cache is that of a stack without a budget."""
    cache, cloud, budget = billed.cache, billed.cloud, billed.settings.budget
    if billed.settings.cache is not None or not cache.streamed:
        return ""
    stored = (cache, stored_in(billed, cloud.storage[0]))
    bucket, files = (replace(cost, items=tuple(cloud.bill(replace(billed, cache=each)))) for each in stored)
    more = bucket.usd_per_month_expected - files.usd_per_month_expected
    share = more / (cost.usd_per_month_expected - more)
    if share >= MAX_MORE:
        return f"it costs ${more:.0f} more per month, {share * 100:.1f} % of the expected bill"
    if budget is not None and cost.bill(budget.of) > budget.usd_per_month:
        more = bucket.bill(budget.of) - files.bill(budget.of)
        if in_cents(cost.bill(budget.of) - more) <= budget.usd_per_month:
            rises = usd(cost.falls(more, budget.of))
            return f"the budget has no room for {rises} more per month of the {BILLS[budget.of]} bill"
    return ""


def stored_in(billed: Billed, storage: Storage) -> CachePlan:
    """The cache in another storage of the cloud; in a bucket, with the addresses by which servers would reach it."""
    cidrs: tuple[str, ...] = ()
    if storage.bucket:
        (cidrs, _), _ = split(billed.cloud.bucket_cidrs(billed.settings, billed.cluster, billed.catalog))
    return replace(billed.cache, kind=storage.kind, storage=storage, bucket_cidrs=cidrs)
