"""Existing nodes that are reserved for one model: a separate pool, with a label that the other nodes lack."""

from collections.abc import Iterable
from dataclasses import replace

from infra.clouds.existing.own_nodes import Wanted, pack
from infra.offers.pools import Offer
from infra.plan.labels import POOL_LABEL
from infra.plan.notes import Advice, Warned, Write
from infra.plan.writes import written
from infra.planning.advice import completed
from infra.planning.cheaper import Market
from infra.planning.own_pools import NO_FREE_NODE, asks_to_roll
from infra.planning.trial import Attempt, followed
from infra.services.serving.placed import Placed


def say_how_to_reserve(warnings: Iterable[Warned], market: Market, attempt: Attempt) -> tuple[Warned, ...]:
    """The warnings; those of a model that may find no node with enough free GPUs say what to write so that it does."""
    by_path = {f"{each.served.path}.pool": each for each in market.placed}
    return tuple(
        _advised(each, by_path[each.path], market, attempt) if each.kind == NO_FREE_NODE else each for each in warnings
    )


def _advised(warned: Warned, placed: Placed, market: Market, attempt: Attempt) -> Warned:
    write = _apart(placed, market)
    found = followed(market.plan, completed(market.plan, write), attempt) if write else None
    if found is None or any((each.kind, each.path) == (NO_FREE_NODE, warned.path) for each in found.then.warnings):
        return warned
    way = Advice(found.write, written(found.write))
    said = f"{warned.message}: {way.text}"
    return replace(warned, message=said, detail=f"{warned.detail}: {way.text}", advice=(way,))


def _apart(placed: Placed, market: Market) -> Write:
    """As few of the nodes as hold its replicas and its rollout. Empty where their number isn't in the stack file, or
    none is left for the others."""
    offer = placed.offer
    existing = offer.settings.existing if offer is not None and offer.settings is not None else None
    if (
        offer is None
        or existing is None
        or existing.nodes is None
        or market.plan.pools[offer.name].max < existing.nodes
    ):
        return ()
    own = _nodes(placed, offer, existing.nodes)
    if not own:
        return ()
    given = existing.model_dump(mode="json", by_alias=True, exclude_unset=True)
    name, path = f"{offer.name}-{placed.served.name}", f"gpuPools.{offer.name}.existing"
    reserved = {**given, "nodes": own, "selector": {**existing.selector, POOL_LABEL: name}}
    return (
        (f"gpuPools.{name}.existing", reserved),
        (f"{placed.served.path}.pool", name),
        (f"{path}.nodes", existing.nodes - own),
        (f"{path}.selector", {**existing.selector, POOL_LABEL: offer.name}),
    )


def _nodes(placed: Placed, offer: Offer, nodes: int) -> int:
    """0: none would be left."""
    pods = placed.served.replicas.max + asks_to_roll(placed)
    wanted = [Wanted(placed.served.name, placed.gpus, pods)]
    return next((each for each in range(1, nodes) if pack(wanted, each, offer.gpus_per_node) is not None), 0)
