"""A stack whose models are all paused: what would cost less while nothing runs, each with what it saves."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from infra.plan.money import Cheaper
from infra.plan.notes import Write
from infra.plan.writes import written
from infra.planning.cache_cost import stored_in
from infra.planning.cost import Billed

WORTH_A_LINE_USD = 10.0  # per month
# The minimum bill, in dollars per month.
Bill = Callable[[Billed], float]


def cheaper_while_paused(billed: Billed, bill: Bill) -> tuple[Cheaper, ...]:
    """The largest saving first; nothing where a model runs."""
    if not all(model.paused for model in billed.settings.models.values()):
        return ()
    now = bill(billed)
    ways = [
        Cheaper(written(write), now - month, effect, write)
        for write, month, effect in (
            *_without_kept_nodes(billed, bill),
            *_smaller_platform(billed, bill),
            *_another_cache(billed, bill),
        )
        if now - month >= WORTH_A_LINE_USD
    ]
    return tuple(sorted(ways, key=lambda way: (-way.usd_per_month, way.setting)))


_Way = tuple[Write, float, str]


def _without_kept_nodes(billed: Billed, bill: Bill) -> Iterator[_Way]:
    for name, pool in billed.pools.items():
        if pool.min > 0 and not pool.existing:
            month = bill(replace(billed, pools={**billed.pools, name: replace(pool, min=0)}))
            yield ((f"gpuPools.{name}.min", 0),), month, "a pool keeps this many nodes whether or not a model runs"


def _smaller_platform(billed: Billed, bill: Bill) -> Iterator[_Way]:
    for each in billed.cloud.cheaper_platform(billed.settings, billed.cluster, billed.catalog):
        yield each.write, bill(replace(billed, settings=each.settings, cluster=each.cluster)), each.effect


def _another_cache(billed: Billed, bill: Bill) -> Iterator[_Way]:
    """One that bills what is used, in place of a disk that is paid for whole."""
    if billed.cache.storage is None or not billed.cache.storage.one_reader:
        return
    for storage in billed.cloud.storage:
        if not storage.one_reader:
            cache = stored_in(billed, storage)
            effect = "the disk and its weights go, and they are downloaded once more; what is read is billed beside it"
            sized = billed.settings.cache is not None and billed.settings.cache.size is not None
            write: Write = (("cache.kind", storage.kind), *([("cache.size", None)] if sized else []))
            yield write, bill(replace(billed, cache=cache)), effect
