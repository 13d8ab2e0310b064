"""Other instance types for a pool, for less: each model of the pool fits there, as it is or with smaller weights."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from infra.offers.capacity import capacity_of
from infra.offers.fixes import Changes, runs_in_8_bit, smaller_ways
from infra.offers.options import fits, is_certain, smallest_fit
from infra.offers.pools import Offer
from infra.plan.notes import Write
from infra.planning.cheaper import Market
from infra.planning.nodes import nodes_for
from infra.services.serving.placed import Placed
from infra.sizing.question import Question


@dataclass(frozen=True)
class _Moved:
    """A pool on nodes of another type."""

    offer: Offer
    placed: Sequence[Placed]
    changes: Changes  # keys of one of its models

    @property
    def usd_per_hour(self) -> float:
        return _usd_per_hour(self.offer, self.placed)


@dataclass(frozen=True)
class Types:
    """What a pool of the stack file could be made of. No plan is made for it: that is for those who try a change."""

    market: Market

    def of(self, pool: str) -> list[Write]:
        """The cheapest that keeps what each replica holds, the cheapest for which every fit is certain, and the
        cheapest."""
        found = sorted(self._moved(pool, {}, ()), key=_by_price)
        goals = (lambda one: all(map(_keeps, one.placed, self._on(pool))), _is_certain, lambda _: True)
        firsts = (next(filter(goal, found), None) for goal in goals)
        return list(dict.fromkeys(_types(pool, each.offer) for each in firsts if each is not None))

    def with_smaller(self, model: str) -> list[Write]:
        """Smaller weights or a smaller cache of one model, on the cheapest type for them; the largest saving first."""
        each = next(each for each in self.market.placed if each.served.name == model)
        if each.offer is None:
            return []
        found = [
            moved
            for changes, question in smaller_ways(each.served.question, self.market.sizing.catalog)
            for moved in sorted(self._moved(each.offer.name, {model: question}, changes), key=_by_price)[:1]
        ]
        return [
            (*each.served.write(moved.changes), *_types(each.offer.name, moved.offer))
            for moved in sorted(found, key=_by_price)
        ]

    def _on(self, pool: str) -> Sequence[Placed]:
        return self.market.on.get(pool, [])

    def _moved(self, pool: str, smaller: Mapping[str, Question], changes: Changes) -> Iterator[_Moved]:
        """Onto each type that costs less."""
        there = self._on(pool)
        now = next((offer for offer in self.market.pools if offer.name == pool), None)
        if now is None or now.existing or not there:
            return
        limit = _usd_per_hour(now, there)
        for offer in self._offers(now):
            placed = [self._placed(each, offer, smaller.get(each.served.name)) for each in there]
            moved = _Moved(offer, [each for each in placed if each is not None], changes)
            if len(moved.placed) == len(there) and moved.usd_per_hour < limit:
                yield moved

    def _offers(self, pool: Offer) -> Sequence[Offer]:
        """In each of the zones, and of the same capacity."""
        market = self.market
        offers = market.makeable_on_spot if pool.capacity == "spot" else market.makeable
        return [each for each in offers if len(each.zone_ids) >= market.zones and each.types != pool.types]

    def _placed(self, each: Placed, offer: Offer, smaller: Question | None) -> Placed | None:
        question = smaller or each.served.question
        sized = smallest_fit(question.but(gpus=each.served.settings.gpus), offer, self.market.sizing, fits)
        if sized is None or (smaller is not None and not runs_in_8_bit(sized.question, sized.gpu)):
            return None
        return replace(each, offer=offer, sized=sized)


def _by_price(moved: _Moved) -> tuple[bool, float, str]:
    return moved.offer.borrowed, moved.usd_per_hour, moved.offer.name


def _types(pool: str, offer: Offer) -> Write:
    return ((f"gpuPools.{pool}.instanceTypes", tuple(each.name for each in offer.types)),)


def _usd_per_hour(offer: Offer, placed: Sequence[Placed]) -> float:
    """Of the nodes that hold every replica."""
    return nodes_for(placed, offer.gpus_per_node, at_most=True) * (offer.usd_per_node_hour or 0.0)


def _is_certain(moved: _Moved) -> bool:
    return all(each.sized is not None and is_certain(each.sized) for each in moved.placed)


def _keeps(then: Placed, now: Placed) -> bool:
    if then.sized is None or now.sized is None:
        return False
    return capacity_of(then.sized).keeps(capacity_of(now.sized))
