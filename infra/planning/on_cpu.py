"""A model that needs a small part of a GPU, on the CPU: what is written, and the bill of that."""

from collections.abc import Iterator

from infra.plan.notes import Advice, Write
from infra.plan.words import saves
from infra.plan.writes import written
from infra.planning.advice import completed
from infra.planning.budget_capacity import fewer_at_once
from infra.planning.cheaper import Market
from infra.planning.saving import saved_dollars
from infra.planning.trial import Attempt, Followed, followed, what_follows
from infra.planning.unused_pools import left_nodes
from infra.planning.without_gpu import WithoutGpu, without_gpu
from infra.services.serving.placed import Placed


def on_cpu(placed: Placed, market: Market, attempt: Attempt, *, saves_usd: float = 0.0) -> Advice | None:
    """None where another rule breaks then, and where less is saved than is asked for."""
    way = without_gpu(placed, market.sizing.catalog)
    found = _moved(placed, way, market, attempt) if way is not None else None
    if way is None or found is None:
        return None
    usd, of = saved_dollars(market.plan, found.then)
    if usd < saves_usd:
        return None
    name = placed.served.name
    fewer = fewer_at_once(market.plan.models[name], found.then.models[name])
    said = [f"on the CPU{way.harm}", fewer, *([saves(usd, of)] if usd >= 1 else [])]
    beside = (*what_follows(market.plan, found.then), *_left(placed, found.write, market))
    return Advice(found.write, f"{written(found.write)} ({'; '.join(filter(None, (*said, *beside)))})")


def _moved(placed: Placed, way: WithoutGpu, market: Market, attempt: Attempt) -> Followed | None:
    write = placed.served.write((*way.changes, ("pool", None)))
    return followed(market.plan, completed(market.plan, (*write, *_own_pool(placed, market))), attempt)


def _own_pool(placed: Placed, market: Market) -> Write:
    """Nodes that exist and that the bill counts are paid as long as the stack file names them."""
    offer = placed.offer
    if offer is None or not offer.existing or offer.usd_per_node_hour is None or market.others(placed, offer):
        return ()
    return ((f"gpuPools.{offer.name}", None),)


def _left(placed: Placed, write: Write, market: Market) -> Iterator[str]:
    if placed.offer is not None and (f"gpuPools.{placed.offer.name}", None) in write:
        yield from left_nodes(market.plan.pools[placed.offer.name])
