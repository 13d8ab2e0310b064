"""A model that needs little of the GPUs that it takes whole, and where it would need less."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from infra.offers.fixes import Changes
from infra.offers.options import smallest_fit
from infra.offers.pools import Offer
from infra.offers.sizing import Sizing
from infra.plan.findings import warned
from infra.plan.notes import Advice, Finding, Warned
from infra.plan.plan import Plan
from infra.plan.words import saves
from infra.plan.writes import written
from infra.planning.advice import completed
from infra.planning.cheaper import Market, new_pool
from infra.planning.saving import saved
from infra.planning.trial import Attempt, followed, what_follows
from infra.planning.without_gpu import without_gpu
from infra.services.serving.placement import Placed
from infra.sizing.question import Sized

# Shown if less than this share of a card is needed, and at least EMPTY_GIB of it stay empty: there is no
# smaller card that would leave less empty.
NEEDED_SHARE, EMPTY_GIB = 0.25, 16.0
KIND = "mostly-empty"  # of the warning


def warn_of_waste(placed: Placed) -> Iterator[Finding]:
    """Which smaller place is enough is said once there is a plan: see say_where_less."""
    sized = placed.sized
    needed = _needed_gib(sized) if sized is not None and sized.fits and sized.fit.estimated else None
    if sized is None or needed is None or placed.served.settings.paused:
        return
    whole = sized.gpu.engine_gib or 0.0
    if needed > NEEDED_SHARE * whole or whole - needed < EMPTY_GIB:
        return
    cards = "an" if sized.gpus == 1 and sized.gpu.name[0] in "ALHR" else "a" if sized.gpus == 1 else "each of its"
    yield warned(
        f"{placed.served.path}.pool",
        f"{placed.served.name} uses {needed:.1f} of {whole:.0f} GiB of {cards} {sized.gpu.name}, and the rest stays"
        f" empty",
        kind=KIND,
        detail=f"{needed:.1f} of {whole:.0f} GiB of {cards} {sized.gpu.name}",
    )


def say_where_less(warnings: Iterable[Warned], market: Market, attempt: Attempt) -> tuple[Warned, ...]:
    """The plan's warnings; those of mostly empty GPUs with a place that was planned, and what it saves."""
    by_path = {f"{each.served.path}.pool": each for each in market.placed}
    found = tuple(warnings)
    small = {each.path: by_path[each.path] for each in found if each.kind == KIND}
    places = {path: place for path, each in small.items() if (place := _smaller_place(each, market)) is not None}
    together = _together(small, places, market, attempt)
    return tuple(
        _placed(each, small[each.path], places.get(each.path), together.get(each.path), market, attempt)
        if each.kind == KIND
        else each
        for each in found
    )


def _together(
    small: Mapping[str, Placed], places: Mapping[str, Offer], market: Market, attempt: Attempt
) -> dict[str, Advice]:
    """By path of the warning, the move of several models to one new pool at once."""
    found: dict[str, Advice] = {}
    for name in dict.fromkeys(place.name for place in places.values()):
        first, *others = (path for path, place in places.items() if place.name == name)
        moved = [small[path] for path in (first, *others)]
        way = _to(places[first], moved, market, attempt) if others else None
        if way is not None:
            found |= dict.fromkeys((first, *others), way)
    return found


def _placed(
    warned: Warned,
    placed: Placed,
    place: Offer | None,
    together: Advice | None,
    market: Market,
    attempt: Attempt,
) -> Warned:
    pool = together or (_to(place, [placed], market, attempt) if place is not None else None)
    ways = ", or ".join([pool.text if pool else "a pool of smaller GPUs", *_on_cpu(placed, market)])
    advice = (pool,) if pool is not None else ()
    return replace(warned, message=f"{warned.message}: {ways}", detail=f"{warned.detail}: {ways}", advice=advice)


def _needed_gib(sized: Sized) -> float | None:
    """GiB of each GPU; None where the number of requests isn't given, since then the cache can use the whole GPU."""
    fit, question = sized.fit, sized.question
    used = sum(term.gib for term in fit.terms)
    if fit.kv_cache_gib is None or question.task != "chat":
        return used
    if fit.kv_bytes_per_token is None or (question.engine.limits.takes_batch and question.concurrency == 1):
        return None
    return used + question.concurrency * question.max_model_len * fit.kv_bytes_per_token / 2**30


def _smaller_place(placed: Placed, market: Market) -> Offer | None:
    """A pool of the stack file, else a new one with the same capacity."""
    offer, sized = placed.offer, placed.sized
    if offer is None or sized is None:
        return None
    new = market.makeable_on_spot if offer.capacity == "spot" else market.makeable
    return _smaller(sized, market.pools, market.sizing) or _smaller(sized, new, market.sizing)


def _to(smaller: Offer, moved: Sequence[Placed], market: Market, attempt: Attempt) -> Advice | None:
    """None where the next plan breaks a rule, be it one that is broken already: its own fixes say what goes with it."""
    own = tuple(write for each in moved for write in each.served.write(_keys(each, smaller)))
    pool = new_pool(smaller) if market.is_new(smaller) else ()
    found = followed(market.plan, completed(market.plan, (*pool, *own)), attempt)
    if found is None or found.then.violations:
        return None
    all_ = f"{' and '.join(each.served.name for each in moved)} together: " if len(moved) > 1 else ""
    said = "; ".join(_comes_to(smaller, market.plan, found.then))
    return Advice(found.write, f"{written(found.write)} ({all_}{said})")


def _keys(placed: Placed, smaller: Offer) -> Changes:
    sized = placed.sized
    gpus = (("gpus", sized.gpus),) if sized is not None and placed.served.settings.gpus else ()
    return ("pool", smaller.name), *gpus


def _comes_to(smaller: Offer, before: Plan, then: Plan) -> Iterator[str]:
    price = smaller.usd_per_node_hour
    yield smaller.gpu if price is None else f"{smaller.gpu}, a node for ${price:.2f} per hour"
    usd, of = saved(before, then)
    if abs(usd) >= 1:
        yield saves(usd, of)
    yield from what_follows(before, then)


def _on_cpu(placed: Placed, market: Market) -> Iterator[str]:
    """Where this program makes no nodes."""
    on_cpu = without_gpu(placed, market.sizing.catalog) if not market.makeable else None
    if on_cpu is not None:
        keys = ", ".join(f'{key}: "{value}"' if key == "model" else f"{key}: {value}" for key, value in on_cpu.changes)
        yield f"{placed.served.path}: {{{keys}}} on the CPU{on_cpu.harm}"


def _smaller(sized: Sized, offers: Sequence[Offer], sizing: Sizing) -> Offer | None:
    """The smallest card that serves it with no more GPUs than now, on the cheapest node that has it."""
    below = [offer for offer in offers if (offer.card.engine_gib or 0.0) < (sized.gpu.engine_gib or 0.0)]
    serving = [
        offer
        for offer in below
        if (found := smallest_fit(sized.question.but(gpus=None), offer, sizing)) is not None
        and found.gpus <= sized.gpus
    ]
    return min(
        serving, key=lambda o: (o.card.engine_gib or 0.0, o.borrowed, o.usd_per_node_hour or 0.0, o.name), default=None
    )
