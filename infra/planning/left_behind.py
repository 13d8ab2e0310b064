"""A model that doesn't fit moves to other nodes: what becomes of the models that it leaves behind on nodes that only
they hold then."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from infra.offers.fixes import runs_in_8_bit
from infra.offers.options import Option, fits, is_certain, serving, smallest_fit
from infra.offers.pools import Offer
from infra.plan.notes import Advice, Violation
from infra.plan.rules import Rule
from infra.plan.writes import written
from infra.planning.advice import completed
from infra.planning.cheaper import Market
from infra.planning.idle_pools import on_pool
from infra.planning.trial import Attempt, broken_by, likely
from infra.services.serving.placed import Placed, cost


def with_those_left(violation: Violation, market: Market, attempt: Attempt) -> Violation:
    """Each way to other nodes as it is, or with the others moved too, whichever bill is the lowest: all of them go
    along, or each goes to the cheapest nodes for it."""
    if violation.rule != Rule.FIT:
        return violation
    ways = (_cheapest(each, market, attempt) for each in violation.advice)
    return replace(violation, advice=tuple(ways))


def _cheapest(advice: Advice, market: Market, attempt: Attempt) -> Advice:
    moved, target = _moved(advice, market)
    there = market.on.get(moved.offer.name, []) if moved is not None and moved.offer is not None else []
    left = [each for each in there if each is not moved and not each.served.settings.paused]
    if moved is None or moved.offer is None or target is None or not left:
        return advice
    others = [*_along(advice, left, target, market), *_apart(advice, left, market)]

    def harm(way: Advice) -> tuple[int, int, float]:
        """What leaves more rules broken, or fewer fits certain, comes last, whatever it costs."""
        then = attempt(completed(market.plan, way.write))
        if then is None:
            return len(Rule), 0, 0.0
        rules = [rule for rule, _ in broken_by(then) if rule != Rule.BUDGET]
        return len(rules), len(likely(market.plan, then)), round(then.cost.usd_per_month_max)

    return min((advice, *others), key=harm)


def _moved(advice: Advice, market: Market) -> tuple[Placed | None, Offer | None]:
    """The model that is written to another pool, and its nodes there."""
    given = dict(advice.write)
    offers = {offer.name: offer for offer in (*market.makeable, *market.makeable_on_spot, *market.pools)}
    for each in market.placed:
        pool = given.get(f"{each.served.path}.pool")
        if pool is not None and each.offer is not None and pool != each.offer.name:
            return each, offers.get(pool)
    return None, None


def _along(advice: Advice, left: Sequence[Placed], target: Offer, market: Market) -> Iterator[Advice]:
    """Nothing where one of them doesn't fit there."""
    if all(smallest_fit(each.served.question.but(gpus=None), target, market.sizing) for each in left):
        yield _as_one(advice, [on_pool(each, target, market) for each in left])


def _apart(advice: Advice, left: Sequence[Placed], market: Market) -> Iterator[Advice]:
    """Nothing where one of them has no other nodes."""
    ways = [next(_own_nodes(each, market), None) for each in left]
    found = [way for way in ways if way is not None]
    if len(found) == len(left):
        yield _as_one(advice, found)


def _own_nodes(each: Placed, market: Market) -> Iterator[Advice]:
    """The cheapest for it alone, of the capacity that it has now; those on which it fits for certain come first, and
    those with another region's price last."""
    pools = [offer for offer in market.pools if offer != each.offer and not offer.existing]
    offers = [*pools, *(market.new_like(each.offer) if each.offer is not None else market.makeable)]
    question = each.served.question.but(gpus=None)

    def price(option: Option) -> tuple[bool, tuple[float, float, str]]:
        """Of a new pool whole nodes, on spot too, whose offers have settings."""
        offer = option.offer
        assert offer is not None
        whole = replace(offer, settings=None) if market.is_new(offer) else offer
        return offer.borrowed, cost(each.served, whole, option.sized)

    for goal in (is_certain, fits):
        options = serving(question, offers, market.sizing, goal)
        able = [option for option in options if runs_in_8_bit(question, option.sized.gpu)]
        for option in sorted(able, key=price):
            if option.offer is not None:
                yield on_pool(each, option.offer, market)


def _as_one(advice: Advice, ways: Sequence[Advice]) -> Advice:
    why = advice.text.partition(" (")[2].removesuffix(")")
    where = "; ".join((why, *(way.text for way in ways)))
    whole = tuple(dict((*advice.write, *(part for way in ways for part in way.write))).items())
    return Advice(whole, f"{written(whole)} ({where})")
