"""A pool of the user's own nodes is too small while another one stands idle: which models go there, and on which lines
of the stack file."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations, islice

from infra.offers.options import is_certain, smallest_fit
from infra.offers.pools import Offer, new_pool
from infra.plan.notes import Advice, Violation
from infra.plan.words import count
from infra.plan.writes import written
from infra.planning.advice import completed
from infra.planning.cheaper import Market
from infra.planning.own_pools import asks_to_roll, could_hold
from infra.services.serving.placed import Placed
from infra.sizing.question import Question

PROPOSED = 2  # groups of models, each of the smallest number that is enough
MOVED = 6  # models of such a group; more leave one by one
LOOKED_AT = 100  # groups of each number of models, from the smallest and from the largest
TRIED = 20  # of those that are enough


def by_size(violation: Violation, market: Market) -> list[Placed]:
    """The models that run on the pool, the smallest first."""
    running = [each for each in market.on.get(_pool(violation), ()) if not each.served.settings.paused]
    return sorted(running, key=lambda each: (each.gpus, _weights(each), each.served.name))


def _pool(violation: Violation) -> str:
    return violation.path.split(".")[1]


def _weights(each: Placed) -> float:
    return each.sized.fit.weights_gib or 0.0 if each.sized is not None else 0.0


def other_pools(each: Placed, market: Market) -> list[Offer]:
    """The stack file's other pools: first those that have the GPUs free at every time, then by the price of a GPU, at
    which one of this region comes before all others."""
    others = [offer for offer in market.pools if each.offer is not None and offer.name != each.offer.name]
    return sorted(
        others,
        key=lambda offer: (not is_free(each, offer, market), offer.borrowed, offer.usd_per_gpu_hour, offer.name),
    )


def is_free(each: Placed, offer: Offer, market: Market) -> bool:
    """Whether a pool has GPUs free for every replica of a model, beside what runs and rolls there."""
    needed = _needs(each, offer, market)
    return needed is not None and needed <= _free(offer, market)


def _needs(each: Placed, offer: Offer, market: Market) -> int | None:
    """GPUs of all its replicas there; None: it doesn't fit."""
    sized = smallest_fit(_question(each, offer), offer, market.sizing)
    return sized.gpus * each.served.replicas.max if sized is not None else None


def _there(each: Placed, offer: Offer, market: Market) -> Placed | None:
    """The model on another pool, where it fits for certain if a node has GPUs enough for that; None: it doesn't fit."""
    question = _question(each, offer)
    sized = smallest_fit(question, offer, market.sizing, is_certain) or smallest_fit(question, offer, market.sizing)
    return Placed(each.served, offer, sized, ()) if sized is not None else None


def _question(each: Placed, offer: Offer) -> Question:
    return each.served.question if _same_card(each, offer) else each.served.question.but(gpus=None)


def _same_card(each: Placed, offer: Offer) -> bool:
    """On other nodes with the same card the GPUs that were asked for stay, where a node has them."""
    card = each.offer.card if each.offer is not None else None
    return card == offer.card and each.gpus <= offer.gpus_per_node


def _free(offer: Offer, market: Market) -> int:
    pool = market.plan.pools[offer.name]
    return pool.max * pool.gpus_per_node - pool.peak_gpus - pool.surge_gpus


def on_pool(each: Placed, offer: Offer, market: Market) -> Advice:
    """What writes the model to the pool."""
    served = each.served
    new = new_pool(offer) if market.is_new(offer) else ()
    gpus = () if _same_card(each, offer) else served.write((("gpus", None),))
    write = (*new, (f"{served.path}.pool", offer.name), *gpus)
    return Advice(write, f"{served.name} on {offer.gpu}")


def to_idle_pools(violation: Violation, market: Market) -> Iterator[Advice]:
    """Moves of as few models as are enough, to the user's own nodes that stand idle: they cost nothing and take no
    replica away. Where those nodes are too few for that, a move of what they hold: less has to be given up then."""
    own = {offer.name: offer for offer in market.pools if offer.existing}
    full = own.pop(_pool(violation), None)
    if full is not None and any(_free(offer, market) > 0 for offer in own.values()):
        running = by_size(violation, market)
        yield from _small_groups(full, running, market) or filter(None, [_one_by_one(full, running, market)])


def _small_groups(full: Offer, running: Sequence[Placed], market: Market) -> list[Advice]:
    """Of groups without which the others have room, the smallest ones: those of small models first, then of large."""
    for number in range(1, min(len(running), MOVED) + 1):
        ascending, descending = (islice(combinations(each, number), LOOKED_AT) for each in (running, running[::-1]))
        groups = {frozenset(each.served.name for each in group): group for group in (*ascending, *descending)}
        enough = (group for group in groups.values() if _has_room(full, running, group, market))
        found = list(islice(filter(None, (_moves(group, market) for group in islice(enough, TRIED))), PROPOSED))
        if found:
            return found
    return []


def _has_room(full: Offer, running: Sequence[Placed], gone: Sequence[Placed], market: Market) -> bool:
    """Whether the pool has room for the others once some of its models have left."""
    names, nodes = {each.served.name for each in gone}, market.plan.pools[full.name].max
    left = [each for each in running if each.served.name not in names]
    if _takes(left) > nodes * full.gpus_per_node:
        return False  # at once, since packing takes its time
    return could_hold(full, left, nodes, _rollout(left))


def _rollout(placed: Iterable[Placed]) -> int:
    return max((each.gpus for each in placed if asks_to_roll(each)), default=0)


def _one_by_one(full: Offer, running: Sequence[Placed], market: Market) -> Advice | None:
    """The largest model that another pool holds leaves, then the next one, until the others have room or no other
    leaves; those whose move isn't needed stay."""
    gone: list[Placed] = []
    for each in reversed(running):
        if not _has_room(full, running, gone, market) and _moves([*gone, each], market) is not None:
            gone.append(each)
    for each in list(gone):
        others = [other for other in gone if other is not each]
        gone = others if _has_room(full, running, others, market) else gone
    return _moves(gone, market) if gone else None


def _takes(group: Sequence[Placed]) -> int:
    return sum(each.gpus * each.served.replicas.max for each in group)


def _moves(group: Sequence[Placed], market: Market) -> Advice | None:
    """Each model to a pool that has its GPUs free, the largest model first; None: some model has no such pool."""
    moved: dict[str, list[Placed]] = {}
    ways: list[Advice] = []
    for each in sorted(group, key=lambda each: (-_takes([each]), each.served.name)):
        places = (_there(each, offer, market) for offer in other_pools(each, market) if offer.existing)
        place = next((there for there in places if there is not None and _takes_one_more(there, moved, market)), None)
        if place is None or place.offer is None:
            return None
        moved.setdefault(place.offer.name, []).append(place)
        ways.append(on_pool(each, place.offer, market))
    write = completed(market.plan, tuple(dict(part for way in ways for part in way.write).items()))
    offers = (offer for offer in market.pools if offer.name in moved)
    where = " and ".join(f"{count(_free(offer, market), offer.unit)} of {offer.name}" for offer in offers)
    return Advice(write, f"{written(write)} ({'; '.join(way.text for way in ways)}; {where} stand idle)")


def _takes_one_more(there: Placed, moved: Mapping[str, Sequence[Placed]], market: Market) -> bool:
    """Whether a pool has room for one more model beside those that run there and those that move there; what may roll
    there still may."""
    offer = there.offer
    if offer is None:
        return False
    new, pool = [*moved.get(offer.name, ()), there], market.plan.pools[offer.name]
    if _takes(new) > _free(offer, market):
        return False
    surge = max(pool.surge_gpus, _rollout(new))
    return could_hold(offer, [*market.on.get(offer.name, ()), *new], pool.max, surge)
