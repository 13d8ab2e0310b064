"""A pool has too few GPUs: fewer GPUs for a replica of a large model, or another place for a small one."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

from infra.offers.fixes import Fix, fewer_requests, smaller_fixes
from infra.offers.options import fits, is_certain, smallest_fit, tries
from infra.offers.pools import Offer
from infra.plan.notes import Advice, Violation, Write
from infra.plan.rules import Rule
from infra.plan.writes import written
from infra.planning.advice import completed
from infra.planning.cheaper import Market
from infra.planning.idle_pools import by_size, is_free, on_pool, other_pools, to_idle_pools
from infra.planning.without_gpu import another_without_gpu, without_gpu
from infra.services.serving.placed import Placed
from infra.sizing.question import Sized

MOVED = 2  # models of a pool, the smallest first
MIN_KEPT = 0.5  # of the requests at once that are asked for: with a smaller part it isn't the same service
FEWER = 2  # numbers of GPUs that are tried for a replica


def with_ways_out(violation: Violation, market: Market) -> Violation:
    """The violation with ways that need fewer GPUs, and unless fewer replicas, but more than one, or another order of a
    rollout are enough, with ways that move small models, before those that pause one or add a node. Where a replica
    doesn't fit fewer GPUs as it is, it may with smaller weights or a smaller cache, or with fewer requests at once."""
    if violation.rule != Rule.GPUS_AT_PEAK:
        return violation
    as_it_is = list(_on_fewer_gpus(violation, market))
    less = _with_less_memory(violation, market) if not as_it_is else ()
    fewer = _with_fewer_requests(violation, market) if not (as_it_is or less) else ()
    hard = [each for each in violation.advice if _is_hard(each.write)]
    replicas = [each for each in violation.advice if each not in hard and _is_of_replicas(each.write)]
    first = [each for each in violation.advice if each not in hard and each not in replicas]
    own = tuple(to_idle_pools(violation, market))
    if any(_is_enough(each.write) for each in violation.advice):
        ways = violation.advice
        if _is_own(violation, market) and any(_is_of_a_rollout(each.write) for each in first):
            # A rollout beside every replica has room on fewer GPUs for each: that pauses nothing.
            ways = (*(each for each in ways if each not in hard), *as_it_is, *hard)
        return replace(violation, advice=(*own, *(less if not first else ()), *ways, *fewer))
    moves = [way for group in _groups(violation, market) for way in _ways(group, market)]
    idle = _largest_away(violation, market)
    others = [each for each in (*idle, *less, *replicas, *as_it_is, *moves, *hard, *fewer) if not _is_among(each, own)]
    return replace(violation, advice=(*first, *own, *others))


def _is_among(advice: Advice, others: Sequence[Advice]) -> bool:
    return any(dict(each.write) == dict(advice.write) for each in others)


def _is_of_replicas(write: Write) -> bool:
    return any(".replicas" in path for path, _ in write)


def _is_enough(write: Write) -> bool:
    return all(
        path.endswith(".rollout.strategy") or (path.endswith((".replicas", ".replicas.max")) and value > 1)
        for path, value in write
    )


def _is_own(violation: Violation, market: Market) -> bool:
    """Whether its nodes are there already, so that none can be added."""
    return market.plan.pools[violation.path.split(".")[1]].existing


def _is_of_a_rollout(write: Write) -> bool:
    return bool(write) and all(path.endswith(".rollout.strategy") for path, _ in write)


def _is_hard(write: Write) -> bool:
    return any(path.endswith(".paused") or path.startswith("gpuPools.") for path, _ in write)


def _on_fewer_gpus(violation: Violation, market: Market) -> Iterator[Advice]:
    """The largest smaller numbers of GPUs on which a replica fits for certain, of the largest model first."""
    for each in reversed(by_size(violation, market)):
        if each.offer is None or each.gpus < 2:
            return
        question = each.served.question.but(gpus=None)
        certain = filter(is_certain, tries(question, each.offer, market.sizing))
        fewer = [sized for sized in certain if sized.gpus < each.gpus]
        for sized in fewer[: -FEWER - 1 : -1]:
            write = each.served.write((("gpus", sized.gpus),))
            yield Advice(write, f"{written(write)} ({sized.gpus} x {sized.gpu.name}; {sized.holds})")


def _with_less_memory(violation: Violation, market: Market) -> tuple[Advice, ...]:
    """Smaller weights and a smaller cache, with which a replica of one model fits fewer GPUs."""
    for each, sized in _smaller_places(violation, market):
        for fix in islice(smaller_fixes(sized, market.sizing, fits), 1):
            return (_on_gpus(each, sized, fix, f"; {fix.effect}"),)
    return ()


def _with_fewer_requests(violation: Violation, market: Market) -> tuple[Advice, ...]:
    """The largest number of requests at once that fits fewer GPUs, if it isn't much smaller than what is asked for."""
    for each, sized in _smaller_places(violation, market):
        for fix in islice(fewer_requests(sized, market.sizing, with_smaller=True), 1):
            if dict(fix.changes)["concurrency"] >= MIN_KEPT * sized.question.concurrency:
                return (_on_gpus(each, sized, fix, ""),)
    return ()


def _smaller_places(violation: Violation, market: Market) -> Iterator[tuple[Placed, Sized]]:
    """Each model, the largest first, on each number of GPUs that leaves room enough and on which it doesn't fit as it
    is, the largest number first."""
    pool = market.plan.pools[violation.path.split(".")[1]]
    for each in reversed(by_size(violation, market)):
        if each.offer is not None:
            less = (pool.peak_gpus - pool.max * pool.gpus_per_node) / each.served.replicas.max
            found = list(tries(each.served.question.but(gpus=None), each.offer, market.sizing))
            small = (sized for sized in reversed(found) if sized.gpus < each.gpus and sized.gpus <= each.gpus - less)
            yield from ((each, sized) for sized in small if not sized.fits)


def _on_gpus(each: Placed, sized: Sized, fix: Fix, effect: str) -> Advice:
    write = each.served.write((*fix.changes, ("gpus", sized.gpus)))
    return Advice(write, f"{written(write)} ({sized.gpus} x {sized.gpu.name}{effect})")


def _small(violation: Violation, market: Market) -> list[Placed]:
    """All models of the pool but the largest, for which the pool is meant."""
    return by_size(violation, market)[:-1]


def _groups(violation: Violation, market: Market) -> list[list[Placed]]:
    """Models that leave together: each alone, or all at once where the pool stays too small whichever one leaves."""
    small, pool = _small(violation, market), market.plan.pools[violation.path.split(".")[1]]
    left = (pool.peak_gpus - each.gpus * each.served.replicas.max for each in small)
    one_is_enough = any(gpus <= pool.max * pool.gpus_per_node for gpus in left)
    return [[each] for each in small[:MOVED]] if one_is_enough else [small]


def _ways(group: Sequence[Placed], market: Market) -> Iterator[Advice]:
    for ways in zip(*(_away(each, market) for each in group), strict=False):
        write = completed(market.plan, tuple(dict(part for way in ways for part in way.write).items()))
        where = "; ".join(way.text for way in ways)
        yield Advice(write, f"{written(write)} ({where})")


def _away(each: Placed, market: Market) -> Iterator[Advice]:
    """What one model is written to, and where it is then."""
    served = each.served
    new = market.new_like(each.offer) if each.offer is not None else market.makeable
    for offer in (*_first(each, other_pools(each, market), market), *_first(each, new, market)):
        yield on_pool(each, offer, market)
    catalog = market.sizing.catalog
    on_cpu = without_gpu(each, catalog)
    for way in [on_cpu] if on_cpu is not None else another_without_gpu(each, catalog):
        yield Advice(served.write((*way.changes, ("pool", None))), f"{served.name} on the CPU{way.harm}")


def _largest_away(violation: Violation, market: Market) -> Iterator[Advice]:
    """The largest model, for which the pool is meant, moves only to GPUs that stand idle, and where no other model
    takes as many GPUs: one of those is enough."""
    others = _small(violation, market)
    for each in by_size(violation, market)[len(others) :]:
        if any(other.gpus == each.gpus for other in others):
            return
        idle = [offer for offer in other_pools(each, market) if is_free(each, offer, market)]
        for offer in islice(_first(each, idle, market), 1):
            way = on_pool(each, offer, market)
            write = completed(market.plan, way.write)
            yield Advice(write, f"{written(write)} ({way.text})")


def _first(each: Placed, offers: Sequence[Offer], market: Market) -> Iterator[Offer]:
    """Among the stack file's pools, or those that can be made, cheapest first: the first that certainly serves it, and
    the first that does."""
    question = each.served.question.but(gpus=None)
    firsts = [
        next((o for o in offers if smallest_fit(question, o, market.sizing, goal)), None) for goal in (is_certain, fits)
    ]
    found = {offer.name: offer for offer in firsts if offer is not None}
    yield from found.values()
