"""What would serve a model for less: other nodes, smaller weights, GPUs that stand idle; each with what it saves."""

from collections.abc import Iterator, Mapping, Sequence

from infra.plan.money import HOURS_A_MONTH, Cheaper
from infra.plan.notes import Write
from infra.plan.plan import Plan
from infra.plan.words import count
from infra.planning.advice import PINNED_FIRST, pool_pins
from infra.planning.mends import Changes, smaller_weights
from infra.planning.nodes import nodes_for
from infra.planning.options import Option, fewest, serving
from infra.planning.placement import Placed, by_pool
from infra.planning.pools import Offer, usd_bound
from infra.planning.sizing import Sizing, can_run
from infra.sizing.question import Question, Sized

# Less than this is noise of the price list, not a reason to move a model.
LEAST_USD_A_MONTH, LEAST_SHARE = 10.0, 0.02
# Requests that a replica must hold more, for the same money, to be worth a line.
WORTH_A_LINE = 1.5


def cheaper_ways(
    plan: Plan,
    placed: Sequence[Placed],
    pools: Sequence[Offer],
    makeable: Sequence[Offer],
    zones: int,
    sizing: Sizing,
) -> dict[str, tuple[Cheaper, ...]]:
    """By model, what saves most first. Dollars of whole nodes, at the fewest replicas."""
    on = by_pool(placed)
    found = {each.served.name: tuple(_ways(plan, each, on, pools, makeable, zones, sizing)) for each in placed}
    return {name: ways for name, ways in found.items() if ways}


def _ways(
    plan: Plan,
    each: Placed,
    on: Mapping[str, list[Placed]],
    pools: Sequence[Offer],
    makeable: Sequence[Offer],
    zones: int,
    sizing: Sizing,
) -> Iterator[Cheaper]:
    offer, sized = each.offer, each.sized
    if offer is None or sized is None or offer.existing or not sized.fits or each.served.settings.paused:
        return
    if not sized.fit.estimated:
        return  # nobody knows whether it fits elsewhere
    if offer.capacity == "spot":
        return  # a spot price is of one moment: too little to move a model by
    now = _nodes_usd(offer, on[offer.name]) - _nodes_usd(offer, [other for other in on[offer.name] if other != each])
    known = {pool.name: pool for pool in (*makeable, *pools)}
    offers = [pool for pool in known.values() if pool == offer or _differs(pool, offer)]
    asked = each.served.question.but(gpus=None)
    ways: list[tuple[Changes, Question]] = [((), asked), *smaller_weights(asked, sizing.catalog)]
    found = [_best(plan, each, changes, question, offers, on, now, zones, sizing) for changes, question in ways]
    best = {(way.usd_per_month, "quantization" in way.setting): way for way in reversed(found) if way is not None}
    yield from sorted(best.values(), key=lambda way: (-way.usd_per_month, way.setting))
    if not any(smaller for _, smaller in best):
        yield from _more_for_the_same(each, offer, sized, sizing)


def _differs(pool: Offer, offer: Offer) -> bool:
    """Whether a pool has nodes that are ours to make and that the model's own pool doesn't have."""
    return not pool.existing and not set(pool.types) <= set(offer.types)


def _best(
    plan: Plan,
    each: Placed,
    changes: Changes,
    question: Question,
    offers: Sequence[Offer],
    on: Mapping[str, list[Placed]],
    now: float,
    zones: int,
    sizing: Sizing,
) -> Cheaper | None:
    """The way to serve a question that adds least to the bill, where that is less than what the model costs now."""
    options = [option for option in serving(question, offers, sizing) if _has_room(each, option, on)]
    priced = [(_added(each, option, on), option) for option in options]
    best = min(priced, key=lambda pair: (pair[0], pair[1].offer.name if pair[1].offer else ""), default=None)
    if best is None or (offer := best[1].offer) is None or each.offer is None:
        return None
    added, option = best
    saves = (now - added) * HOURS_A_MONTH
    if saves < max(LEAST_USD_A_MONTH, LEAST_SHARE * now * HOURS_A_MONTH):
        return None
    write = _changes(each, option, changes)
    bound = usd_bound(offer, each.served.replicas.max + 1)  # one more for a rollout
    whole = _write(plan, each, option, write)
    new = {f"gpuPools.{offer.name}.instanceTypes", *(f"{each.served.path}.{key}" for key, _ in write)}
    pinned = PINNED_FIRST if {path for path, _ in whole} - new else ""
    return Cheaper(_said(write), saves, _effect(each, option, on, zones) + pinned, whole, bound)


def _added(each: Placed, option: Option, on: Mapping[str, list[Placed]]) -> float:
    """Dollars an hour that a model adds to the nodes of an offer."""
    offer = option.offer
    assert offer is not None
    others = [other for other in on.get(offer.name, ()) if other.served.name != each.served.name]
    moved = Placed(each.served, offer, option.sized, ())
    return _nodes_usd(offer, [*others, moved]) - _nodes_usd(offer, others)


def _nodes_usd(offer: Offer, placed: Sequence[Placed]) -> float:
    """Dollars an hour of the nodes that hold the fewest replicas, on the cheapest of the pool's types."""
    least = offer.settings.min if offer.settings is not None else 0
    nodes = nodes_for(placed, offer.gpus_per_node, at_most=False)
    return max(least, nodes) * (offer.usd_per_node_hour_least or 0.0)


def _has_room(each: Placed, option: Option, on: Mapping[str, list[Placed]]) -> bool:
    """Whether a pool whose most the stack file gives can grow enough for one model more."""
    offer = option.offer
    if offer is None or offer.settings is None or offer.settings.max is None:
        return True
    there = [other for other in on.get(offer.name, ()) if other.served.name != each.served.name]
    placed = [*there, Placed(each.served, offer, option.sized, ())]
    peak = sum(other.served.replicas.max * other.gpus for other in placed if not other.served.settings.paused)
    return peak + max(other.gpus for other in placed) <= offer.settings.max * offer.gpus_per_node


def _changes(each: Placed, option: Option, changes: Changes) -> Changes:
    """Keys of the model in the stack file."""
    offer = option.offer
    assert offer is not None
    if each.offer is not None and offer.name != each.offer.name:
        changes = (*changes, ("pool", offer.name))
    if each.served.settings.gpus not in (None, option.sized.gpus) or not changes:
        changes = (*changes, ("gpus", option.sized.gpus))
    return changes


def _said(changes: Changes) -> str:
    """What to write into the stack file, without the model's path."""
    return ", ".join(f"{key}: {value}" for key, value in changes if value is not None)


def _write(plan: Plan, each: Placed, option: Option, changes: Changes) -> Write:
    """With the pools that are there then, where this makes one or leaves one that the program chose."""
    offer, path = option.offer, each.served.path
    own = tuple((f"{path}.{key}", value) for key, value in changes)
    if offer is None or each.offer is None or offer.name == each.offer.name:
        return own
    pins = dict(pool_pins(plan, each.served.name))
    if offer.name not in plan.settings.gpu_pools:
        pins[f"gpuPools.{offer.name}.instanceTypes"] = tuple(each.name for each in offer.types)
    return (*pins.items(), *own)


def _effect(each: Placed, option: Option, on: Mapping[str, list[Placed]], zones: int) -> str:
    offer = option.offer
    assert offer is not None
    new = offer.settings is None and offer.name not in on
    parts = [f"{option.where} of a new pool {{instanceTypes: [{offer.instance_type}]}}" if new else option.where]
    if offer.name in on and each.offer is not None and offer.name != each.offer.name:
        parts.append(f"on nodes of {', '.join(other.served.name for other in on[offer.name])}")
    if 0 < len(offer.zone_ids) < zones:
        parts.append(f"in {len(offer.zone_ids)} of {count(zones, 'zone')} only")
    parts += [offer.price_note] if offer.price_note else []
    parts.append(option.sized.holds)
    return "; ".join(parts)


def _more_for_the_same(each: Placed, offer: Offer, sized: Sized, sizing: Sizing) -> Iterator[Cheaper]:
    """The first smaller weights with which the same GPUs hold many more requests."""
    before = sized.fit.max_concurrency
    for changes, question in smaller_weights(sized.question, sizing.catalog):
        smaller = sizing.size(question, sized.gpu, sized.gpus)
        after = smaller.fit.max_concurrency
        if before and after and after >= WORTH_A_LINE * before and can_run(question, sized.gpu, sizing.catalog):
            length = sized.question.max_model_len
            effect = f"the same GPUs hold {after:.1f} requests of {length:,} tokens instead of {before:.1f}"
            chosen = fewest(question.but(gpus=each.served.settings.gpus), offer, sizing)
            if chosen is not None and chosen.gpus != sized.gpus:
                changes = (*changes, ("gpus", sized.gpus))  # fewer would be chosen, and hold less
            write = tuple((f"{each.served.path}.{key}", value) for key, value in changes)
            yield Cheaper(_said(changes), 0.0, effect, write)
            return
