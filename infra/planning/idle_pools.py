"""A pool of the user's own nodes is too small while another one stands idle: which models go there, and on which lines
of the stack file."""

from collections.abc import Iterator, Sequence
from itertools import combinations, islice

from infra.offers.options import is_certain, smallest_fit
from infra.offers.pools import Offer
from infra.plan.notes import Advice, Violation
from infra.plan.words import count
from infra.plan.writes import written
from infra.planning.advice import completed
from infra.planning.cheaper import Market
from infra.services.serving.placement import Placed

PROPOSED = 2  # groups of models, each of the smallest number that is enough
LOOKED_AT = 200  # groups


def by_size(violation: Violation, market: Market) -> list[Placed]:
    """The models that run on the pool, the smallest first."""
    running = [each for each in market.on.get(_pool(violation), ()) if not each.served.settings.paused]
    return sorted(running, key=lambda each: (each.gpus, _weights(each), each.served.name))


def _pool(violation: Violation) -> str:
    return violation.path.split(".")[1]


def _weights(each: Placed) -> float:
    return each.sized.fit.weights_gib or 0.0 if each.sized is not None else 0.0


def other_pools(each: Placed, market: Market) -> list[Offer]:
    """The stack file's other pools: first those that have the GPUs free at every time, then by the price of a GPU."""
    others = [offer for offer in market.pools if each.offer is not None and offer.name != each.offer.name]
    return sorted(others, key=lambda offer: (not is_free(each, offer, market), offer.usd_per_gpu_hour, offer.name))


def is_free(each: Placed, offer: Offer, market: Market) -> bool:
    """Whether a pool has GPUs free for every replica of a model, beside what runs and rolls there."""
    needed = _needs(each, offer, market)
    return needed is not None and needed <= _free(offer, market)


def _needs(each: Placed, offer: Offer, market: Market, *, certain: bool = False) -> int | None:
    """GPUs of all its replicas there; None: it doesn't fit."""
    question = each.served.question if _same_card(each, offer) else each.served.question.but(gpus=None)
    sized = smallest_fit(question, offer, market.sizing, is_certain) if certain else None
    sized = sized or smallest_fit(question, offer, market.sizing)
    return sized.gpus * each.served.replicas.max if sized is not None else None


def _same_card(each: Placed, offer: Offer) -> bool:
    """On other nodes with the same card the GPUs that were asked for stay, where a node has them."""
    card = each.offer.card if each.offer is not None else None
    return card == offer.card and each.gpus <= offer.gpus_per_node


def _free(offer: Offer, market: Market) -> int:
    pool = market.plan.pools[offer.name]
    return pool.max * pool.gpus_per_node - pool.peak_gpus - pool.surge_gpus


def on_pool(each: Placed, offer: Offer) -> Advice:
    """What writes the model to the pool."""
    served, types = each.served, tuple(t.name for t in offer.types)
    new = () if offer.settings else ((f"gpuPools.{offer.name}.instanceTypes", types),)
    gpus = () if _same_card(each, offer) else served.write((("gpus", None),))
    write = (*new, (f"{served.path}.pool", offer.name), *gpus)
    return Advice(write, f"{served.name} on {offer.gpu}")


def to_idle_pools(violation: Violation, market: Market) -> Iterator[Advice]:
    """Moves of as few models as are enough, to the user's own nodes that stand idle: they cost nothing and take no
    replica away."""
    pool = market.plan.pools[_pool(violation)]
    if not pool.existing:
        return
    running, missing = by_size(violation, market), pool.peak_gpus - pool.max * pool.gpus_per_node
    for number in range(1, len(running) + 1):
        groups = islice(combinations(running, number), LOOKED_AT)
        enough = (each for each in groups if _takes(each) >= missing)
        moves = (_moves(group, market) for group in enough)
        found = list(islice(filter(None, moves), PROPOSED))
        if found:
            yield from found
            return


def _takes(group: Sequence[Placed]) -> int:
    return sum(each.gpus * each.served.replicas.max for each in group)


def _moves(group: Sequence[Placed], market: Market) -> Advice | None:
    """Each model to a pool that has its GPUs free, the largest model first; None: some model has no such pool."""
    free = {offer.name: _free(offer, market) for offer in market.pools if offer.existing}
    idle, ways = dict(free), list[Advice]()
    for each in sorted(group, key=lambda each: (-_takes([each]), each.served.name)):
        for offer in other_pools(each, market):
            needed = _needs(each, offer, market, certain=True)
            if needed is not None and needed <= free.get(offer.name, 0):
                free[offer.name] -= needed
                ways.append(on_pool(each, offer))
                break
        else:
            return None
    write = completed(market.plan, tuple(dict(part for way in ways for part in way.write).items()))
    where = " and ".join(f"{count(idle[name], 'GPU')} of {name}" for name in idle if free[name] < idle[name])
    return Advice(write, f"{written(write)} ({'; '.join(way.text for way in ways)}; {where} stand idle)")
