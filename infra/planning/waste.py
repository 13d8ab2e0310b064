"""A model that needs little of the GPUs that it takes whole: fewer of them, a smaller card, or the CPU, where that is
enough."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from infra.offers.fixes import Changes
from infra.offers.options import is_certain, smallest_fit, tries
from infra.offers.pools import Offer, new_pool
from infra.offers.sizing import Sizing
from infra.plan.findings import warned
from infra.plan.money import rise
from infra.plan.notes import Advice, Finding, Violation, Warned
from infra.plan.plan import Plan
from infra.plan.rules import Rule
from infra.plan.words import count, saves
from infra.plan.writes import written
from infra.planning.advice import completed
from infra.planning.cheaper import MIN_USD_PER_MONTH, Market
from infra.planning.on_cpu import on_cpu
from infra.planning.saving import saved_dollars
from infra.planning.share_gpus import share_gpus
from infra.planning.trial import Attempt, Followed, followed, what_follows
from infra.services.serving.placed import Placed
from infra.sizing.question import Sized

# Shown if less than this share of a card is needed, and at least EMPTY_GIB of it stay empty: there is no
# smaller card that would leave less empty.
NEEDED_SHARE, EMPTY_GIB = 0.25, 16.0
KIND = "mostly-empty"  # of the warning


def warn_of_waste(placed: Placed) -> Iterator[Finding]:
    """Which smaller place is enough is said once there is a plan: see say_where_less."""
    if placed.sized is not None and _mostly_empty(placed.sized):
        yield from _waste(placed)


def _waste(placed: Placed) -> Iterator[Warned]:
    sized = placed.sized
    needed = _needed_gib(sized) if sized is not None and sized.fits and sized.fit.estimated else None
    if sized is None or needed is None or placed.served.settings.paused:
        return
    whole = sized.gpu.engine_gib or 0.0
    cards = "an" if sized.gpus == 1 and sized.gpu.name[0] in "ALHR" else "a" if sized.gpus == 1 else "each of its"
    part = f"{needed:.1f} of {whole:.0f} GiB of {cards} {sized.gpu.name}"
    more = _held_beyond(sized)
    if more is None:
        said = f"uses {part}, and the rest stays empty"
    else:
        requests = count(sized.question.concurrency, "request")
        rest = f"for {more:,} more" if more else "for more than it takes at once"
        said = f"needs {part} for {requests} at once, and the rest is cache {rest}"
    yield warned(f"{placed.served.path}.pool", f"{placed.served.name} {said}", kind=KIND, detail=part)


def _held_beyond(sized: Sized) -> int | None:
    """The requests at once that the whole cache holds beyond those that are asked for; None where the engine makes no
    cache of the memory that is left."""
    held, question = sized.fit.max_concurrency, sized.question
    if held is None or question.task != "chat" or not question.engine.limits.takes_batch:
        return None
    return max(0, int(held) - question.concurrency)


def say_where_less(
    warnings: Iterable[Warned], violations: Sequence[Violation], market: Market, attempt: Attempt
) -> tuple[Warned, ...]:
    """The plan's warnings; those of mostly empty GPUs with a place that was planned, and what it saves. Without such a
    place, none of a model whose GPUs are refused: the refusal itself says what to do with it. A budget hides none."""
    by_path = {f"{each.served.path}.pool": each for each in market.placed}
    found = tuple(warnings)
    small = {each.path: by_path[each.path] for each in found if each.kind == KIND}
    places = {
        path: place for path, each in small.items() if (place := _smaller_place(each, market, attempt)) is not None
    }
    together = _together(small, places, market, attempt)
    said = [
        _placed(each, small[each.path], places.get(each.path), together.get(each.path), market, attempt)
        if each.kind == KIND
        else each
        for each in found
    ]
    kept = (each for each in said if each.kind != KIND or each.advice or not _is_refused(small[each.path], violations))
    more = _that_need_no_card(market, attempt)
    return tuple(sorted((*kept, *more), key=lambda each: (each.path, each.message, each.kind, each.detail)))


def _that_need_no_card(market: Market, attempt: Attempt) -> Iterator[Warned]:
    """Models that leave a small card mostly empty, and for which the CPU is fast enough, where that saves something."""
    for each in market.placed:
        sized = each.sized
        small = sized is not None and _needs_little(sized) and not _mostly_empty(sized)
        said = list(_waste(each)) if small and each.served.question.task == "embed" else []
        way = on_cpu(each, market, attempt, saves_usd=MIN_USD_PER_MONTH) if said else None
        yield from (_with_ways(one, way.text, (way,)) for one in said if way is not None)


def _is_refused(placed: Placed, violations: Iterable[Violation]) -> bool:
    """Whether a broken rule of GPUs, or its advice, is about the model or its pool."""
    own = [f"{placed.served.path}.", *([f"gpuPools.{placed.offer.name}."] if placed.offer is not None else [])]
    of_gpus = (each for each in violations if each.rule != Rule.BUDGET)
    paths = (path for each in of_gpus for path in (each.path, *(p for way in each.advice for p, _ in way.write)))
    return any(f"{path}.".startswith(each) for path in paths for each in own)


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
    found = _moved(place, [placed], market, attempt) if place is not None and pool is None else None
    more = found is not None and _costs_more(market.plan, found.then)
    other = f"{_named(place, market)}{' costs more, because these nodes stay' if more else ''}"
    fewer = _on_fewer_gpus(placed, market, attempt)
    ways = (fewer, pool, share_gpus(placed, market, attempt), on_cpu(placed, market, attempt))
    advice = tuple(each for each in ways if each is not None)
    can_be = [other] if pool is None and fewer is None and market.makeable else []
    return _with_ways(warned, ", or ".join([*can_be, *(each.text for each in advice)]), advice)


def _named(place: Offer | None, market: Market) -> str:
    if place is None:
        return "a pool of smaller GPUs"
    kind = f"{place.gpus_per_node} x {place.gpu}"
    return f"a pool of {place.types[0].name} ({kind})" if market.is_new(place) else f"pool {place.name} ({kind})"


def _on_fewer_gpus(placed: Placed, market: Market, attempt: Attempt) -> Advice | None:
    """Of the smaller numbers of GPUs of the same nodes on which a replica certainly fits, and with which no rule is
    broken: the largest that it doesn't leave mostly empty, else the smallest."""
    if placed.offer is None or placed.gpus < 2:
        return None
    question = placed.served.question.but(gpus=None)
    certain = filter(is_certain, tries(question, placed.offer, market.sizing))
    fewer = sorted((each for each in certain if each.gpus < placed.gpus), key=lambda each: -each.gpus)
    best = next((each for each in fewer if not _mostly_empty(each)), next(reversed(fewer), None))
    write = placed.served.write((("gpus", best.gpus),)) if best is not None else ()
    found = followed(market.plan, write, attempt) if write else None
    if best is None or found is None or _costs_more(market.plan, found.then):
        return None
    if found.then.models[placed.served.name].pool != placed.offer.name:
        return None
    said = [f"{best.gpus} x {best.gpu.name}; {best.holds}", *_bills(market.plan, found.then)]
    return Advice(found.write, f"{written(found.write)} ({'; '.join(said)})")


def _with_ways(warned: Warned, ways: str, advice: tuple[Advice, ...]) -> Warned:
    if not ways:
        return warned
    return replace(warned, message=f"{warned.message}: {ways}", detail=f"{warned.detail}: {ways}", advice=advice)


def _needs_little(sized: Sized) -> bool:
    needed = _needed_gib(sized)
    return needed is not None and needed <= NEEDED_SHARE * (sized.gpu.engine_gib or 0.0)


def _mostly_empty(sized: Sized) -> bool:
    return _needs_little(sized) and (sized.gpu.engine_gib or 0.0) - (_needed_gib(sized) or 0.0) >= EMPTY_GIB


def _needed_gib(sized: Sized) -> float | None:
    """GiB of each GPU; None where the number of requests isn't given, since then the cache can use the whole GPU."""
    fit, question = sized.fit, sized.question
    used = sum(term.gib for term in fit.terms)
    if fit.kv_cache_gib is None or question.task != "chat":
        return used
    if fit.kv_bytes_per_token is None or (question.engine.limits.takes_batch and question.concurrency == 1):
        return None
    return used + question.concurrency * question.max_model_len * fit.kv_bytes_per_token / 2**30


def _smaller_place(placed: Placed, market: Market, attempt: Attempt) -> Offer | None:
    """A pool of the stack file, or a new one with the same capacity: the first to which it can move, else the first."""
    if placed.offer is None:
        return None
    new = _smaller(placed, market.new_like(placed.offer), market.sizing)
    places = [*_smaller(placed, market.pools, market.sizing), *new[:1]]
    free = (each for each in places if _to(each, [placed], market, attempt) is not None)
    return next(free, next(iter(places), None))


def _to(smaller: Offer, moved: Sequence[Placed], market: Market, attempt: Attempt) -> Advice | None:
    """None where the next plan breaks another rule, and where it costs more at every number of replicas, because the
    nodes that it leaves stay."""
    found = _moved(smaller, moved, market, attempt)
    if found is None or _costs_more(market.plan, found.then):
        return None
    all_ = f"{' and '.join(each.served.name for each in moved)} together: " if len(moved) > 1 else ""
    said = "; ".join(_comes_to(smaller, market.plan, found.then))
    return Advice(found.write, f"{written(found.write)} ({all_}{said})")


def _moved(smaller: Offer, moved: Sequence[Placed], market: Market, attempt: Attempt) -> Followed | None:
    own = tuple(write for each in moved for write in each.served.write(_keys(each, smaller)))
    pool = new_pool(smaller) if market.is_new(smaller) else ()
    return followed(market.plan, completed(market.plan, (*pool, *own)), attempt)


def _costs_more(before: Plan, then: Plan) -> bool:
    one, other = before.cost, then.cost
    return other.usd_per_month_min > one.usd_per_month_min and other.usd_per_month_max > one.usd_per_month_max


def _keys(placed: Placed, smaller: Offer) -> Changes:
    sized = placed.sized
    gpus = (("gpus", sized.gpus),) if sized is not None and placed.served.settings.gpus else ()
    return ("pool", smaller.name), *gpus


def _comes_to(smaller: Offer, before: Plan, then: Plan) -> Iterator[str]:
    price = smaller.usd_per_node_hour
    yield smaller.gpu if price is None else f"{smaller.gpu}, a node for ${price:.2f} per hour"
    yield from _bills(before, then)


def _bills(before: Plan, then: Plan) -> Iterator[str]:
    usd, of = saved_dollars(before, then)
    if abs(usd) >= 1:
        yield saves(usd, of)
    less = rise(then.cost.usd_per_month_max, before.cost.usd_per_month_max)
    if usd < 0 and less >= 1:
        yield f"the maximum is then ${then.cost.usd_per_month_max:,.0f}, ${less:,.0f} less"
    yield from what_follows(before, then)


def _smaller(placed: Placed, offers: Sequence[Offer], sizing: Sizing) -> list[Offer]:
    """Nodes with a smaller card that serves it with no more GPUs than now, and that it fills better or that costs less,
    the cheapest first: another card that stays as empty at the same price is no better place."""
    sized, now = placed.sized, placed.offer
    if sized is None or now is None:
        return []
    serving: list[Offer] = []
    for offer in offers:
        if (offer.card.engine_gib or 0.0) < (sized.gpu.engine_gib or 0.0):
            found = smallest_fit(sized.question.but(gpus=None), offer, sizing)
            better = offer.usd_per_gpu_hour < now.usd_per_gpu_hour or (found is not None and not _mostly_empty(found))
            if found is not None and found.gpus <= sized.gpus and better:
                serving.append(offer)
    return sorted(serving, key=_expense)


def _expense(offer: Offer) -> tuple[bool, float, float, str]:
    """Of nodes that exist, a GPU is what is taken from the others; nodes that are made are paid whole."""
    price = offer.usd_per_gpu_hour if offer.existing else offer.usd_per_node_hour or 0.0
    return offer.borrowed, price, offer.card.engine_gib or 0.0, offer.name
