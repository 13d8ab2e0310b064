"""Which nodes a model runs on, and on how many of their GPUs. Each model is placed alone: a new model never
moves another."""

from collections.abc import Iterator, Sequence

from infra.offers.options import smallest_fit
from infra.offers.pools import Offer
from infra.offers.sizing import Sizing
from infra.plan.findings import Decided
from infra.plan.notes import Chosen, Finding
from infra.plan.words import count
from infra.services.serving.misfit import unplaced
from infra.services.serving.placed import Placed, cost
from infra.services.serving.served import Served
from infra.sizing.question import Sized


def place(served: Served, pools: Sequence[Offer], makeable: Sequence[Offer], sizing: Sizing) -> Decided[Placed]:
    """The pool that the model names, else that of the lowest price per replica, else the type of the cheapest nodes.
    Pools of the stack file that can't grow to its maximum of replicas come last."""
    if served.cpu:
        return Placed(served, None, None, (f"on the CPU: {served.path}.gpus is 0",))
    named = served.settings.pool
    separate = [pool for pool in pools if not served.settings.isolated or pool.separates]
    offers = [pool for pool in separate if named in (None, pool.name)] or list(makeable)
    best: tuple[tuple[bool, float, float, str], Offer, Sized] | None = None
    small = list[str]()
    for offer in offers:
        if best is not None and offer.settings is None and _costs_more(offer, best[1], best[0][1]):
            break  # sorted by price, and a replica takes one node at least
        sized = smallest_fit(served.question, offer, sizing)
        if sized is None:
            continue
        key = (_is_too_small(served, offer, sized), *cost(served, offer, sized))
        small += [offer.name] if key[0] else []
        if best is None or key < best[0]:
            best = (key, offer, sized)
    if best is not None:
        too_small = [] if best[0][0] else small
        placed = Placed(served, best[1], best[2], _why(served, best[1], best[2], offers, too_small))
        yield from _choose(placed)
        return placed
    others = [pool for pool in pools if pool not in offers and not pool.existing]
    return (yield from unplaced(served, offers, [*others, *makeable], sizing))


def _is_too_small(served: Served, offer: Offer, sized: Sized) -> bool:
    """Whether a pool of the stack file has fewer GPUs than the model alone needs."""
    nodes = offer.nodes if offer.nodes is not None else offer.settings.max if offer.settings is not None else None
    return nodes is not None and nodes * (offer.gpus_per_node // sized.gpus) < served.replicas.max


def _costs_more(offer: Offer, best: Offer, usd: float) -> bool:
    """Whether it costs more than the best. A price of another region counts as more than every price of this one."""
    return offer.borrowed > best.borrowed or (offer.usd_per_node_hour or 0.0) > usd


def _choose(placed: Placed) -> Iterator[Finding]:
    served, offer, sized = placed.served, placed.offer, placed.sized
    assert offer is not None
    assert sized is not None
    if served.settings.pool is None:
        yield Chosen(f"{served.path}.pool", offer.name, placed.reasons[0])
    if served.settings.gpus is None:
        yield Chosen(f"{served.path}.gpus", sized.gpus, _why_gpus(served, offer, sized))


def _why_gpus(served: Served, offer: Offer, sized: Sized) -> str:
    holds = f"the smallest number of {offer.gpu} that hold {sized.fit.weights_gib * sized.gpus:.1f} GiB of weights"
    if not sized.fit.estimated:
        return f"{holds}; {sized.holds}"
    asked = f"{served.question.concurrency} x " if served.question.concurrency > 1 else ""
    return f"{holds} and {asked}{served.question.max_model_len:,} tokens of context"


def _why(
    served: Served, offer: Offer, sized: Sized, offers: Sequence[Offer], too_small: Sequence[str]
) -> tuple[str, ...]:
    if served.settings.pool is not None:
        first = f"pool {offer.name} is in the stack file: {sized.gpus} x {offer.gpu}"
    elif offer.settings is not None:
        several = f"serves it at the lowest price per replica, of {len(offers)} in the stack file"
        if too_small:
            are = f"{', '.join(too_small)} {'is' if len(too_small) == 1 else 'are'}"
            several += f" ({are} too small for {count(served.replicas.max, 'replica')})"
        which = several if len(offers) > 1 else "is the only one in the stack file"
        first = f"pool {offer.name} {which}: {_price(offer, sized)}"
    else:
        alike = sum(each.borrowed == offer.borrowed for each in offers)
        known = " with a known price" if alike < len(offers) and not offer.borrowed else ""
        price = (
            f"${offer.usd_per_node_hour or 0:.2f} per hour for {offer.gpus_per_node} x {offer.gpu}{offer.price_said}"
        )
        which = f"of the {alike} types in these zones{known}"
        first = f"{offer.instance_type} has the cheapest nodes for its minimum of replicas, {which}: {price}"
    return first, *sized.fit.reasons


def _price(offer: Offer, sized: Sized) -> str:
    gpus = f"{sized.gpus} x {offer.gpu}"
    if offer.usd_per_node_hour is None:
        return gpus
    if set(offer.kinds) == {"block"}:
        return f"{gpus}, paid up front"
    node = f", of a node for ${offer.usd_per_node_hour or 0:.2f}" if sized.gpus < offer.gpus_per_node else ""
    spot = "up to " if offer.capacity == "spot" else ""
    return f"{spot}${offer.usd_per_gpu_hour * sized.gpus:.2f} per hour for {gpus}{node}{offer.price_said}"
