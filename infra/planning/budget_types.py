"""Other instance types for a pool, for less: each model of the pool fits there, as it is or with smaller weights; and
smaller weights on the same."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from infra.offers.capacity import keeps
from infra.offers.fixes import Changes, runs_in_8_bit, smaller_ways
from infra.offers.options import is_certain, smallest_fit
from infra.offers.pools import Offer
from infra.offers.sizing import Sizing
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
    def nodes(self) -> int:
        return nodes_for(self.placed, self.offer.gpus_per_node, at_most=True)

    @property
    def usd_per_hour(self) -> float:
        return _usd_per_hour(self.offer, self.placed)


@dataclass(frozen=True)
class Types:
    """What a pool of the stack file could be made of. No plan is made for it: that is for those who try a change."""

    market: Market
    _known: dict[tuple[str, str], Placed | None] = field(default_factory=dict)  # as they are, on another type

    def of(self, pool: str) -> list[Write]:
        """The cheapest that keeps what each replica holds, the cheapest for which every fit is certain, and the
        cheapest."""
        firsts = self._firsts(pool, self._moved(pool, {}, ()))
        return list(dict.fromkeys(self._types(pool, each.offer) for each in firsts))

    def with_smaller(self, model: str) -> list[Write]:
        """Smaller weights or a smaller cache of one model, on another type for them: the same three."""
        each = next(each for each in self.market.placed if each.served.name == model)
        if each.offer is None:
            return []
        pool = each.offer.name
        smaller = smaller_ways(each.served.question, self.market.sizing.catalog)
        found = (moved for changes, question in smaller for moved in self._moved(pool, {model: question}, changes))
        firsts = self._firsts(pool, found)
        return [(*each.served.write(moved.changes), *self._types(pool, moved.offer)) for moved in firsts]

    def _firsts(self, pool: str, found: Iterable[_Moved]) -> list[_Moved]:
        ranked = sorted(found, key=_by_price)
        goals = (lambda one: all(map(_keeps, one.placed, self._on(pool))), _is_certain, lambda _: True)
        firsts = [next(filter(goal, ranked), None) for goal in goals]
        return [each for nth, each in enumerate(firsts) if each is not None and each not in firsts[:nth]]

    def _types(self, pool: str, offer: Offer) -> Write:
        """A `max` is a number of nodes of the type that was: of smaller ones it may be too few."""
        now = next(each for each in self.market.pools if each.name == pool)
        no_max = ((f"gpuPools.{pool}.max", None),) if _max(now) is not None and _is_smaller(offer, now) else ()
        return ((f"gpuPools.{pool}.instanceTypes", tuple(each.name for each in offer.types)), *no_max)

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
            placed = [
                self._smaller(each, offer, smaller[each.served.name])
                if each.served.name in smaller
                else self._as_it_is(each, offer)
                for each in there
            ]
            moved = _Moved(offer, [each for each in placed if each is not None], changes)
            there_is_room = len(moved.placed) == len(there) and self._may_have(now, moved)
            if there_is_room and moved.usd_per_hour < limit:
                yield moved

    def _may_have(self, now: Offer, moved: _Moved) -> bool:
        """As many nodes as the pool may have, or more that are smaller, in each of the zones."""
        if moved.nodes <= (_max(now) or moved.nodes):
            return True
        return _is_smaller(moved.offer, now) and len(moved.offer.zone_ids) >= self.market.zones

    def _offers(self, pool: Offer) -> Sequence[Offer]:
        """In each of the zones, or in one for a pool of one node, and of the same capacity."""
        market = self.market
        zones = min(market.zones, _max(pool) or market.zones)
        return [each for each in market.new_like(pool) if len(each.zone_ids) >= zones and each.types != pool.types]

    def _as_it_is(self, each: Placed, offer: Offer) -> Placed | None:
        key = each.served.name, offer.name
        if key not in self._known:
            self._known[key] = self._placed(each, offer, each.served.question)
        return self._known[key]

    def _smaller(self, each: Placed, offer: Offer, question: Question) -> Placed | None:
        there = self._placed(each, offer, question)
        runs = there is not None and there.sized is not None and runs_in_8_bit(there.sized.question, there.sized.gpu)
        return there if runs else None

    def _placed(self, each: Placed, offer: Offer, question: Question) -> Placed | None:
        sized = smallest_fit(question.but(gpus=each.served.settings.gpus), offer, self.market.sizing)
        return replace(each, offer=offer, sized=sized) if sized is not None else None


def _max(pool: Offer) -> int | None:
    return pool.settings.max if pool.settings is not None else None


def _is_smaller(offer: Offer, now: Offer) -> bool:
    return offer.gpus_per_node < now.gpus_per_node


def _by_price(moved: _Moved) -> tuple[bool, float, str]:
    return moved.offer.borrowed, moved.usd_per_hour, moved.offer.name


def _usd_per_hour(offer: Offer, placed: Sequence[Placed]) -> float:
    """Of the nodes that hold every replica."""
    return nodes_for(placed, offer.gpus_per_node, at_most=True) * (offer.usd_per_node_hour or 0.0)


def _is_certain(moved: _Moved) -> bool:
    return all(each.sized is not None and is_certain(each.sized) for each in moved.placed)


def _keeps(then: Placed, now: Placed) -> bool:
    return then.sized is not None and keeps(then.sized, now.sized)


def smaller_writes(each: Placed, sizing: Sizing) -> list[Write]:
    """Smaller weights, a smaller cache, and both, the smallest change first; of each that needs fewer GPUs than the
    stack file gives the model, also with these alone."""
    found = list(smaller_ways(each.served.question, sizing.catalog))
    fewer = (_on_fewer_gpus(each, changes, question, sizing) for changes, question in found)
    return [each.served.write(changes) for changes in (*(changes for changes, _ in found), *filter(None, fewer))]


def _on_fewer_gpus(each: Placed, changes: Changes, question: Question, sizing: Sizing) -> Changes | None:
    if each.served.settings.gpus is None or each.offer is None:
        return None
    sized = smallest_fit(question.but(gpus=None), each.offer, sizing)
    if sized is None or sized.gpus >= each.gpus or not runs_in_8_bit(sized.question, sized.gpu):
        return None
    return (*changes, ("gpus", sized.gpus))
