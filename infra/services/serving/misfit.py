"""A model that fits none of its nodes: why, and what would make it fit."""

from collections.abc import Iterable, Sequence

from infra.catalog import AT_LOAD, Catalog
from infra.offers.fixes import STORED_METHOD, Changes, Fix, smaller_weights, ways_to_fit
from infra.offers.host import SERVER_CPU, SERVER_GIB, WORKER_CPU, WORKER_GIB, has_room
from infra.offers.host import share as share_of_node
from infra.offers.options import serving, tries
from infra.offers.pools import Offer, new_pool
from infra.offers.sizing import Sizing, why_not
from infra.plan.findings import Decided
from infra.plan.notes import Advice, Violation, Write
from infra.plan.rules import Rule
from infra.plan.words import NO_START, count, decimals_that_differ, memory
from infra.plan.writes import written
from infra.services.serving.elsewhere import Elsewhere
from infra.services.serving.placed import GPUS_OF_A_NODE, Placed, cost
from infra.services.serving.served import Served
from infra.sizing.question import Question, Sized
from infra.sizing.weights import in_16_bit


def unplaced(served: Served, offers: Sequence[Offer], others: Sequence[Offer], sizing: Sizing) -> Decided[Placed]:
    """Refuses the model with what would make it fit, and leaves it where most of it fits, so that there is a plan.
    `others`: pools that it could have instead, those of the stack file and those that the planner could make."""
    near = [(sized, offer) for offer in offers for sized in tries(served.question, offer, sizing)]
    own, made = ([each for each in others if (each.settings is None) is new] for new in (False, True))
    if not near:
        path, why = f"{served.path}.pool", _runs(served, offers, sizing.catalog)
        ways = Elsewhere(served, offers, own, made, sizing).fixes(GPUS_OF_A_NODE, smaller=False)
        yield Violation(
            Rule.FIT,
            path,
            f"{served.name}: {count(len(offers), 'pool')} to choose from, and none can run it{why}",
            f"a pool of nodes that can run it below gpuPools, and its name as {path}",
            (*_on_one_node(served, offers, sizing), *_advice(served, ways, offers, own)),
        )
        return Placed(
            served, None, None, (f"{NO_START}: {count(len(offers), 'pool')} to choose from, and none can run it",)
        )
    sized, offer = _nearest(served, near)
    more = tries(served.question.but(gpus=None), offer, sizing)
    here = list(ways_to_fit(sized, (), more, sizing))
    own, made = ([each for each in some if each.types != offer.types] for some in (own, made))
    elsewhere = Elsewhere(served, [offer], own, made, sizing).fixes(sized.gpus, smaller=all(map(_takes, here)))
    yield Violation(
        Rule.FIT,
        f"{served.path}.maxModelLen",
        _why_not_there(served, offer, sized),
        f"{served.path}.model: a smaller one{smaller_repository(served, offers, sizing)}",
        _advice(served, (*here, *elsewhere), offers, own),
    )
    return Placed(
        served,
        offer,
        sized,
        (f"{NO_START}: nothing in the stack fits; {sized.gpus} x {offer.gpu} comes nearest", *sized.fit.reasons),
    )


def _takes(fix: Fix) -> bool:
    """Whether it takes requests at once or tokens of a request away."""
    return any(key in ("maxModelLen", "concurrency") for key, _ in fix.changes)


def smaller_repository(served: Served, offers: Sequence[Offer], sizing: Sizing) -> str:
    """A repository whose weights were made smaller beforehand, if these fit with all that the stack file asks for: with
    its keys if it is known, else where to look for it."""
    shape, question = served.settings.like or served.settings.model, served.question
    if question.engine.library is not None or question.shape is None or not in_16_bit(question.shape):
        return ""
    known = sizing.catalog.quantized_repositories.get((shape, STORED_METHOD))
    stored = sizing.catalog.as_stored(question.shape, known) if known is not None else question.shape
    smaller = question.but(shape=stored, quantization=STORED_METHOD, own_repository=False)
    if not any(smaller.obstacle(each.sized.gpus) is None for each in serving(smaller, offers, sizing)):
        return ""
    if known is not None:
        keys = (("model", known), ("like", shape), ("quantization", STORED_METHOD), ("revision", None))
        return f", or {written(served.write(keys))}"
    find = f"huggingface.co/models?search={shape.rpartition('/')[2]}"
    without = f", without {served.path}.quantization" if served.settings.quantization else ""
    add = f"which `llm-platform model add` reads{without}"
    return f", or, if {find} has one, a repository of it in {STORED_METHOD}, {add}"


def _on_one_node(served: Served, offers: Sequence[Offer], sizing: Sizing) -> tuple[Advice, ...]:
    """A replica is on one node: where the stack's nodes have fewer GPUs than are asked for, how many are enough."""
    question = served.question.but(gpus=None)
    smaller = [way for way in smaller_weights(question, sizing.catalog) if way[1].quantization in AT_LOAD]
    ways: list[tuple[Changes, Question]] = [((), question), *smaller]
    for changes, each in ways:
        options = serving(each, offers, sizing) if served.settings.gpus else []
        if options:
            keys = (("gpus", options[0].sized.gpus), *changes)
            write = tuple((f"{served.path}.{key}", value) for key, value in keys)
            return (Advice(write, written(write)),)
    return ()


def _nearest(served: Served, near: Sequence[tuple[Sized, Offer]]) -> tuple[Sized, Offer]:
    """The cheapest with room for some of the cache, else for the weights, so that the bill of a refused plan isn't that
    of the most expensive type."""
    for holds in (_holds_some, _holds_weights):
        holding = [each for each in near if holds(each[0])]
        if holding:
            return min(holding, key=lambda each: (each[1].borrowed, cost(served, each[1], each[0])))
    return max(near, key=lambda each: (_room(each[0]), -each[0].gpus, each[1].name))


def _holds_some(sized: Sized) -> bool:
    return bool(sized.fit.kv_cache_tokens)


def _holds_weights(sized: Sized) -> bool:
    return sized.fit.weights_gib < (sized.gpu.engine_gib or 0.0)


def _room(sized: Sized) -> float:
    """How much fits: tokens of cache, or GiB of free memory (negative) where no token fits."""
    return sized.fit.kv_cache_tokens or (sized.fit.usable_gib - sum(term.gib for term in sized.fit.terms))


def _runs(served: Served, offers: Sequence[Offer], catalog: Catalog) -> str:
    asked, place = served.settings.gpus or 0, max(offers, key=lambda each: each.gpus_per_node, default=None)
    largest = place.gpus_per_node if place else 0
    as_written = f", as gpuPools.{place.name}.existing.gpusPerNode says" if place and place.existing else ""
    gpus = f" on {count(asked, 'GPU')}" if asked else ""
    method = f" in {served.question.quantization}" if served.question.quantization else ""
    one_node = (
        f": all GPUs of a replica must be on one node, and no node has more than {largest}{as_written}"
        if asked > largest > 0
        else ""
    )
    reasons = (why_not(served.question, each.card, catalog) or _no_room(each) for each in offers)
    why = "; ".join(dict.fromkeys(reason for reason in reasons if reason))
    return f"{gpus}{method}{one_node}{f': {why}' if why else ''}"


def _no_room(offer: Offer) -> str | None:
    """Why a server on one of its GPUs finds no room on the node beside them; None: it does."""
    if has_room(offer.types, 1, offer.parts):
        return None
    cpu, gib = share_of_node(offer.types, 1, offer.parts)
    part = f"its part of {offer.instance_type} (1 of {offer.gpus_per_node} x {offer.gpu})"
    return (
        f"a server needs {SERVER_CPU + WORKER_CPU:g} cores and {SERVER_GIB + WORKER_GIB:g} GiB of the node, and {part}"
        f" is {cpu:.1f} cores and {gib:.1f} GiB"
    )


def _why_not_there(served: Served, offer: Offer, sized: Sized) -> str:
    fit = sized.fit
    where = f"{served.name} on {sized.gpus} x {offer.gpu} (pool {offer.name})"
    if fit.kv_cache_tokens is None:
        return f"{where}: {fit.weights_gib:.1f} GiB of weights; the engine may use {fit.usable_gib:.1f}"
    requests = sized.question.concurrency
    need = requests * served.question.max_model_len * (fit.kv_bytes_per_token or 0) / 2**30
    left = fit.kv_cache_gib.mid if fit.kv_cache_gib else 0.0
    engine = sum(term.gib for term in fit.terms[1:])
    taken = f"{fit.weights_gib:.1f} of weights and {engine:.1f} of the engine itself"
    if left < 0:
        return f"{where}: {fit.usable_gib:.1f} GiB that the engine may use are {memory(-left)} too few for {taken}"
    decimals = decimals_that_differ(left, need)
    return (
        f"{where}: {fit.usable_gib:.1f} GiB that the engine may use leave {left:.{decimals}f} for the cache after"
        f" {taken}; {requests} x {served.question.max_model_len:,} tokens need {need:.{decimals}f}"
    )


def _advice(served: Served, ways: Iterable[Fix], offers: Sequence[Offer], own: Sequence[Offer]) -> tuple[Advice, ...]:
    has_pools = any(offer.settings is not None for offer in offers)
    return tuple(_written(served, fix, own, has_pools=has_pools) for fix in ways)


def _written(served: Served, fix: Fix, own: Sequence[Offer], *, has_pools: bool) -> Advice:
    """As it stands in the stack file, with what a new pool would be. A pool that the planner makes has no key: there
    another number of GPUs is enough."""
    if fix.offer is not None and not has_pools:
        write: Write = ((f"{served.path}.gpus", fix.gpus),)
        return Advice(write, f"{written(write)} ({fix.effect})")
    if fix.offer is None:
        write = served.write(fix.changes)
        return Advice(write, written(write))
    keys = [change for change in fix.changes if change[0] != "instanceType"]
    write = (*served.write(keys), (f"{served.path}.pool", fix.offer.name))
    if served.settings.gpus not in (None, fix.gpus):
        write += ((f"{served.path}.gpus", fix.gpus),)
    if fix.offer not in own:
        write = (*new_pool(fix.offer), *write)
    return Advice(write, f"{written(write)} ({fix.effect})")
