"""Models that each need a small part of the GPU that they have whole: several on each GPU, where all fit and that frees
something."""

from collections.abc import Iterator
from dataclasses import replace

from infra.offers.options import is_certain, smallest_fit
from infra.offers.pools import Offer
from infra.offers.shared import parts_of
from infra.plan.money import rise
from infra.plan.notes import Advice, Violation, Write
from infra.plan.rules import Rule
from infra.plan.words import count, saves
from infra.plan.writes import written
from infra.planning.cheaper import Market
from infra.planning.saving import saved_dollars
from infra.planning.trial import Attempt, Followed, broken_by, followed, what_follows
from infra.services.serving.placed import Placed
from infra.settings.sharing import Sharing

MAX_SERVERS = 8  # on a GPU that take turns: with more, each waits long for its turn


def share_gpus(placed: Placed, market: Market, attempt: Attempt) -> Advice | None:
    """None where the pool's other models need more than a part, where there is nobody to share a GPU with, and where it
    frees nothing."""
    offer = placed.offer
    found = _shared_by_all(offer, market, attempt, rollout=False) if offer is not None else None
    if offer is None or found is None:
        return None
    then = found[1].then
    usd, _ = saved_dollars(market.plan, then)
    lower = rise(then.cost.usd_per_month_max, market.plan.cost.usd_per_month_max)
    return _said(offer, *found, market) if offer.existing or usd >= 1 or lower >= 1 else None


def with_shared_gpus(violation: Violation, market: Market, attempt: Attempt) -> Violation:
    """A pool that has too few GPUs for its models and a rollout has enough where several share each."""
    if violation.rule != Rule.GPUS_AT_PEAK:
        return violation
    offer = next((each for each in market.pools if each.name == violation.path.split(".")[1]), None)
    found = _shared_by_all(offer, market, attempt, rollout=True) if offer is not None else None
    if offer is None or found is None or (violation.rule, violation.path) in broken_by(found[1].then):
        return violation
    return replace(violation, advice=(*violation.advice, _said(offer, *found, market)))


def _shared_by_all(offer: Offer, market: Market, attempt: Attempt, *, rollout: bool) -> tuple[Sharing, Followed] | None:
    pool = market.plan.pools.get(offer.name)
    if offer.settings is None or offer.sharing is not None or pool is None or pool.peak_gpus < 2:
        return None
    servers = pool.peak_gpus + (pool.surge_gpus if rollout else 0)
    sharing = next((each for each in _ways(offer, servers, market) if _all_fit(offer, each, market)), None)
    if sharing is None:
        return None
    key = f"gpuPools.{offer.name}{'.existing' if offer.existing else ''}.sharing"
    write: Write = tuple((f"{key}.{name}", value) for name, value in sharing.model_dump(by_alias=True).items() if value)
    found = followed(market.plan, write, attempt)
    return (sharing, found) if found is not None else None


def _said(offer: Offer, sharing: Sharing, found: Followed, market: Market) -> Advice:
    usd, of = saved_dollars(market.plan, found.then)
    number = _shared(offer, sharing, market).parts
    said = [f"{count(number, 'server')} on each {offer.gpu}", *_harm(sharing), *([saves(usd, of)] if usd >= 1 else [])]
    return Advice(found.write, f"{written(found.write)} ({'; '.join([*said, *what_follows(market.plan, found.then)])})")


def _harm(sharing: Sharing) -> Iterator[str]:
    if sharing.mig is None:
        yield "they take turns, and nothing separates their memory"


def _ways(offer: Offer, servers: int, market: Market) -> Iterator[Sharing]:
    """Slices of MIG first, the smallest first, of cards that it can cut; then turns, for all of the servers."""
    profiles = market.sizing.catalog.mig.get(offer.gpu, {}).values()
    for each in sorted(profiles, key=lambda each: (each.engine_gib, -each.slices)):
        if each.slices > 1:
            yield Sharing.model_validate({"mig": each.name})
    for number in range(min(MAX_SERVERS, servers), 1, -1):
        yield Sharing.model_validate({"timeSlicing": number})


def _shared(offer: Offer, sharing: Sharing, market: Market) -> Offer:
    parts = parts_of(offer.card, sharing, market.sizing.catalog)
    return replace(offer, card=parts.card, gpus_per_node=offer.gpus_per_node * parts.number, parts=parts.number)


def _all_fit(offer: Offer, sharing: Sharing, market: Market) -> bool:
    """Each model of the pool on one part, for certain."""
    shared = _shared(offer, sharing, market)
    on = [each for each in market.on.get(offer.name, ()) if not each.served.settings.paused]
    if any(each.served.settings.isolated for each in on) and sharing.mig is None:
        return False
    if any(each.gpus != 1 for each in on):
        return False
    return all(smallest_fit(each.served.question, shared, market.sizing, is_certain) is not None for each in on)
