"""What would serve a model for less: other nodes, smaller weights and cache, GPUs that stand idle.

Candidates are found by the price of whole nodes: what each saves, a plan says (lower_bills.py).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from infra.offers.fixes import Changes, runs_in_8_bit, smaller_ways, smaller_weights
from infra.offers.options import Goal, Option, fits, serving, smallest_fit
from infra.offers.pools import Offer, beside_on_spot, new_pool
from infra.offers.sizing import Sizing, can_run
from infra.plan.money import HOURS_PER_MONTH
from infra.plan.notes import Write
from infra.plan.plan import Plan
from infra.plan.words import count
from infra.planning.billed_nodes import nodes_by_hour
from infra.planning.nodes import nodes_for
from infra.services.serving.placed import Placed, by_pool
from infra.sizing.estimates import requests
from infra.sizing.question import Question

# A smaller saving is noise of the price list, not a reason to move a model.
MIN_USD_PER_MONTH, MIN_SHARE = 10.0, 0.02
# How many times the saving of a simpler or surer way another way must save to be worth a line.
WORTH_MORE = 1.1
# A way that holds more requests for the same money is worth a line from this multiple of them.
WORTH_A_LINE = 1.5


@dataclass(frozen=True)
class Candidate:
    """A way to serve a model for less, before it is planned."""

    changes: Changes  # keys of the model
    write: Write
    effect: str
    usd_per_month: float  # by the price of GPU nodes alone
    sure: bool = True  # the price is the region's own, and every zone has the nodes
    then: Placed | None = None  # on the nodes that it moves to


@dataclass(frozen=True)
class Market:
    """The nodes that there are, and what runs on them."""

    plan: Plan
    placed: Sequence[Placed]
    pools: Sequence[Offer]
    makeable: Sequence[Offer]
    zones: int
    sizing: Sizing
    at_most: bool = False  # nodes are counted that hold every replica, and not the minimum of replicas

    @cached_property
    def on(self) -> Mapping[str, list[Placed]]:
        return by_pool(self.placed)

    @cached_property
    def makeable_on_spot(self) -> tuple[Offer, ...]:
        return beside_on_spot(self.pools, self.makeable)

    def new_like(self, offer: Offer) -> Sequence[Offer]:
        """Pools that could be made, of the same capacity."""
        return self.makeable_on_spot if offer.capacity == "spot" else self.makeable

    def others(self, each: Placed, offer: Offer) -> list[Placed]:
        """Models of an offer's nodes beside this one."""
        return [other for other in self.on.get(offer.name, ()) if other.served.name != each.served.name]

    def is_new(self, offer: Offer) -> bool:
        return offer.name not in self.plan.settings.gpu_pools and offer.name not in self.on


def candidates(market: Market) -> dict[str, tuple[Candidate, ...]]:
    """By model, the largest saving first. Dollars of whole nodes, at the minimum of replicas."""
    found = {each.served.name: ways_of(each, market) for each in market.placed}
    return {name: ways for name, ways in found.items() if ways}


def ways_of(each: Placed, market: Market, goal: Goal = fits) -> tuple[Candidate, ...]:
    """Those of one model. `goal`: of what it holds there."""
    return tuple(sorted(_candidates(each, market, goal), key=lambda way: -way.usd_per_month))


def _candidates(each: Placed, market: Market, goal: Goal) -> Iterator[Candidate]:
    offer, sized = each.offer, each.sized
    if offer is None or sized is None or offer.existing or not sized.fits or each.served.settings.paused:
        return
    if not sized.fit.estimated:
        return  # nobody knows whether it fits elsewhere
    now = _usd_now(each, offer, market)
    offers = _offers(each, offer, now, market)
    asked = each.served.question.but(gpus=None)
    ways: list[tuple[Changes, Question]] = [((), asked), *smaller_ways(asked, market.sizing.catalog)]
    found = [way for changes, question in ways for way in _of(each, changes, question, offers, now, market, goal)]
    worth = list(_worth(found))
    yield from worth
    if not any(key == "quantization" for way in worth for key, _ in way.changes):
        yield from _more_for_the_same(each, offer, market)


def _worth(found: Sequence[Candidate]) -> Iterator[Candidate]:
    """Those of a sure price first, then the smallest change; each next one has to save more."""
    largest = 0.0
    for way in sorted(found, key=lambda way: not way.sure):
        if way.usd_per_month > WORTH_MORE * largest:
            largest = way.usd_per_month
            yield way


def _usd_now(each: Placed, offer: Offer, market: Market) -> float:
    """Dollars per hour of the nodes that are no longer needed once the model leaves; a pool that is empty then is
    removed."""
    price = (offer.usd_per_node_hour if market.at_most else offer.usd_per_node_hour_min) or 0.0
    others = market.others(each, offer)
    left = _nodes(offer, others, market) if others else 0
    return (_nodes(offer, [*others, each], market) - left) * price


def _offers(each: Placed, offer: Offer, now: float, market: Market) -> list[Offer]:
    """Pools whose nodes this stack makes, and that may be cheaper; one on which nothing runs yet costs at least a whole
    node, in the hours in which the model has a replica."""
    by_hour = nodes_by_hour([each], market.plan.models, offer.gpus_per_node)
    awake = 1.0 if market.at_most else sum(share for nodes, share in by_hour if nodes)
    known = {pool.name: pool for pool in (*market.new_like(offer), *market.pools)}
    return [
        pool
        for pool in known.values()
        if pool == offer
        or (_differs(pool, offer) and (pool.name in market.on or _price(pool, market) * awake < now * (1 - MIN_SHARE)))
    ]


def _differs(pool: Offer, offer: Offer) -> bool:
    """Whether a pool has nodes that this stack makes, of other types than the model's own pool, and not on spot where
    that one is on demand."""
    sooner = pool.capacity == "spot" and offer.capacity != "spot"
    return not pool.existing and not sooner and not set(pool.types) <= set(offer.types)


def _price(offer: Offer, market: Market) -> float:
    """Dollars per hour of a node to move to: on spot in the most expensive zone, since the spot price of one moment
    promises little."""
    highest = market.at_most or offer.capacity == "spot"
    price = offer.usd_per_node_hour if highest else offer.usd_per_node_hour_min
    return price or 0.0


def _of(
    each: Placed, changes: Changes, question: Question, offers: Sequence[Offer], now: float, market: Market, goal: Goal
) -> Iterator[Candidate]:
    """The way to serve a question that adds the smallest amount to the bill, where that is less than what the model
    costs now: one at a sure price and in all zones, and one at any price."""
    for sure in (True, False):
        those = [offer for offer in offers if _is_sure(offer, market) == sure]
        found = (option for option in serving(question, those, market.sizing) if goal(option.sized))
        options = [option for option in found if _takes(each, option, market)]
        priced = [(_added(each, option, market), option) for option in options]
        best = min(priced, key=lambda pair: (pair[0], *_last(pair[1], market)), default=None)
        if best is not None and (now - best[0]) * HOURS_PER_MONTH >= _worth_moving(now):
            yield _candidate(each, best[1], changes, (now - best[0]) * HOURS_PER_MONTH, market, sure=sure)


def _last(option: Option, market: Market) -> tuple[bool, str]:
    """The order of options that cost the same: pools that exist in the plan come first."""
    offer = option.offer
    return offer is not None and market.is_new(offer), offer.name if offer is not None else ""


def _worth_moving(now: float) -> float:
    return max(MIN_USD_PER_MONTH, MIN_SHARE * now * HOURS_PER_MONTH)


def _is_sure(offer: Offer, market: Market) -> bool:
    return not offer.borrowed and len(offer.zone_ids) >= market.zones


def _takes(each: Placed, option: Option, market: Market) -> bool:
    """Whether the cards compute in the cache's number format, and a pool whose `max` the stack file gives can grow
    enough for one more model."""
    offer, sized = option.offer, option.sized
    if offer is None or not runs_in_8_bit(sized.question, sized.gpu):
        return False
    if offer.settings is None or offer.settings.max is None:
        return True
    placed = [*market.others(each, offer), Placed(each.served, offer, sized, ())]
    peak = sum(other.served.replicas.max * other.gpus for other in placed if not other.served.settings.paused)
    return peak + max(other.gpus for other in placed) <= offer.settings.max * offer.gpus_per_node


def _added(each: Placed, option: Option, market: Market) -> float:
    """Dollars per hour that a model adds to the nodes of an offer."""
    offer = option.offer
    assert offer is not None
    others = market.others(each, offer)
    there = [*others, Placed(each.served, offer, option.sized, ())]
    left = _nodes(offer, others, market) if others else 0
    return (_nodes(offer, there, market) - left) * _price(offer, market)


def _nodes(offer: Offer, placed: Sequence[Placed], market: Market) -> float:
    """Nodes that hold the minimum of replicas, in the mean of the week; or every replica."""
    if market.at_most:
        return nodes_for(placed, offer.gpus_per_node, at_most=True)
    minimum = offer.settings.min if offer.settings is not None else 0
    by_hour = nodes_by_hour(placed, market.plan.models, offer.gpus_per_node)
    return sum(max(minimum, nodes) * share for nodes, share in by_hour)


def _candidate(
    each: Placed, option: Option, changes: Changes, saves: float, market: Market, *, sure: bool
) -> Candidate:
    offer = option.offer
    assert offer is not None
    if each.offer is not None and offer.name != each.offer.name:
        changes = (*changes, ("pool", offer.name), ("gpus", option.sized.gpus))
    elif each.served.settings.gpus not in (None, option.sized.gpus) or not changes:
        changes = (*changes, ("gpus", option.sized.gpus))
    new = new_pool(offer) if market.is_new(offer) else ()
    write = (*new, *each.served.write(changes))
    then = replace(each, offer=offer, sized=option.sized)
    return Candidate(changes, write, _effect(each, option, market), saves, sure, then)


def _effect(each: Placed, option: Option, market: Market) -> str:
    offer = option.offer
    assert offer is not None
    parts = [option.where]
    if offer.name in market.on and each.offer is not None and offer.name != each.offer.name:
        parts.append(f"on nodes of {', '.join(other.served.name for other in market.on[offer.name])}")
    parts += in_few_zones(offer, market)
    parts += [offer.price_note] if offer.price_note and not offer.borrowed else []
    parts.append(option.sized.holds)
    return "; ".join(parts)


def in_few_zones(offer: Offer, market: Market) -> Iterator[str]:
    if 0 < len(offer.zone_ids) < market.zones:
        yield f"in {len(offer.zone_ids)} of {count(market.zones, 'zone')} only"


def _more_for_the_same(each: Placed, offer: Offer, market: Market) -> Iterator[Candidate]:
    """The first smaller weights with which the same GPUs hold many more requests."""
    sized, sizing = each.sized, market.sizing
    before = sized.fit.max_concurrency if sized is not None else None
    if sized is None or not before:
        return
    for changes, question in smaller_weights(sized.question, sizing.catalog):
        smaller = sizing.size(question, sized.gpu, sized.gpus)
        after = smaller.fit.max_concurrency
        if after and after >= WORTH_A_LINE * before and can_run(question, sized.gpu, sizing.catalog):
            length = sized.question.max_model_len
            effect = f"the same GPUs hold {requests(after)} requests of {length:,} tokens instead of {requests(before)}"
            chosen = smallest_fit(question.but(gpus=each.served.settings.gpus), offer, sizing)
            if each.served.settings.pool is None and len(market.plan.settings.gpu_pools) != 1:
                changes = (*changes, ("pool", offer.name))  # they could have a pool of other GPUs, and hold less
            new = new_pool(offer) if offer.settings is None else ()
            if chosen is not None and chosen.gpus != sized.gpus:
                changes = (*changes, ("gpus", sized.gpus))  # fewer would be chosen, and hold less
            yield Candidate(changes, (*new, *each.served.write(changes)), effect, 0.0)
            return
