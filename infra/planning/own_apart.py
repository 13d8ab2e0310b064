"""Existing nodes that are reserved for some of their models: separate pools, with labels that the other nodes lack."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

from infra.clouds.existing.own_nodes import worse
from infra.offers.pools import Offer
from infra.plan.labels import POOL_LABEL
from infra.plan.notes import Advice, Warned, Write
from infra.plan.plan import Plan
from infra.plan.pools import Loss
from infra.plan.writes import written
from infra.planning.advice import completed
from infra.planning.cheaper import Market
from infra.planning.own_groups import Division, Shared
from infra.planning.own_pools import NO_FREE_NODE, running_of
from infra.planning.trial import Attempt, Followed, followed, noted
from infra.services.serving.placed import Placed

_TRIED = 3  # divisions of a pool, of those that should hold
_UNTIL: Mapping[Loss, str] = {
    "restarts": "it has started on another",
    "may_wait": "it has started on another or that node is back",
    "waits": "that node is back",
}


def say_how_to_reserve(warnings: Iterable[Warned], market: Market, attempt: Attempt) -> tuple[Warned, ...]:
    """The warnings; those of models that may find no node with enough free GPUs say what to write so that they do. It
    is one way for all of a pool, and those of two pools don't contradict each other."""
    ways = _ways(market, attempt)
    ended = {path for way in ways for path in _ended(market.plan, way)}
    own = {_path(each): each.served.name for each in market.placed if each.offer is not None and each.offer.existing}
    left = [own[path] for path in _waiting(market.plan) if path in own and path not in ended]
    said = tuple(warnings)
    for way in ways:
        said = _advised(said, way, left, own, market.plan)
    return said


def _ways(market: Market, attempt: Attempt) -> list[Followed]:
    """A way that writes what the way of another pool writes otherwise is left to the next plan."""
    ways: list[Followed] = []
    put: dict[str, Any] = {}
    for name in sorted(market.on):
        offer = market.on[name][0].offer
        found = _way(offer, market, attempt) if offer is not None else None
        if found is not None and all(put.get(path, value) == value for path, value in found.write):
            put |= dict(found.write)
            ways.append(found)
    return ways


def _ended(plan: Plan, way: Followed) -> list[str]:
    return [path for path in _waiting(plan) if path not in _waiting(way.then)]


def _advised(
    warnings: Iterable[Warned], found: Followed, left: Sequence[str], names: Mapping[str, str], plan: Plan
) -> tuple[Warned, ...]:
    """The whole way stands at the first model whose doubt it ends, and the others name that one. `left`: models whose
    doubt stays; `names`: by the path."""
    ended = _ended(plan, found)
    notes = [*_taken(plan, found.then), *([f"{', '.join(left)} may still find none: plan again then"] if left else ())]
    way = Advice(found.write, written(found.write))
    way = noted(way, "; ".join(notes)) if notes else way

    def one(warned: Warned) -> Warned:
        if warned.kind != NO_FREE_NODE or warned.path not in ended:
            return warned
        detail = way.text if warned.path == ended[0] else f"what stands at {names[ended[0]]} ends this too"
        return replace(
            warned,
            message=f"{warned.message}: {way.text}",
            detail=f"{warned.detail}: {detail}",
            advice=(way,),
        )

    return tuple(map(one, warnings))


def _way(offer: Offer, market: Market, attempt: Attempt) -> Followed | None:
    """None where the number of nodes isn't in the stack file, or no division of them ends a doubt."""
    plan, nodes = market.plan, offer.nodes
    pool = plan.pools[offer.name]
    placed = running_of(market.on[offer.name])
    before, paths = _waiting(plan), set(map(_path, placed))
    if nodes is None or pool.own is None or pool.max < nodes or before.keys().isdisjoint(paths):
        return None
    shared = Shared(offer, placed, nodes, pool.own, one_reader=plan.cache.one_reader)
    writes = (_apart(offer, each, plan) for each in islice(shared.divisions(), _TRIED))
    tried = (followed(plan, completed(plan, write), attempt) for write in writes if write)
    return next((each for each in tried if each is not None and _waiting(each.then).keys() < before.keys()), None)


def _path(placed: Placed) -> str:
    return f"{placed.served.path}.pool"


def _waiting(plan: Plan) -> dict[str, None]:
    """The paths of models that may find no node, in the order of the warnings."""
    return {each.path: None for each in plan.warnings if each.kind == NO_FREE_NODE}


def _apart(offer: Offer, division: Division, plan: Plan) -> Write:
    """Empty where a pool of that name is there."""
    assert offer.settings is not None
    assert offer.settings.existing is not None
    existing = offer.settings.existing
    given = existing.model_dump(mode="json", by_alias=True, exclude_unset=True)
    kept, *others = division
    write: list[tuple[str, Any]] = []
    for group in others:
        name = f"{offer.name}-{group.placed[0].served.name}"
        if name in plan.pools:
            return ()
        selector = {**existing.selector, POOL_LABEL: name}
        write.append((f"gpuPools.{name}.existing", {**given, "nodes": group.nodes, "selector": selector}))
        write += [(f"{each.served.path}.pool", name) for each in group.placed]
    path = f"gpuPools.{offer.name}.existing"
    selector = {**existing.selector, POOL_LABEL: offer.name}
    return (*write, (f"{path}.nodes", kept.nodes), (f"{path}.selector", selector))


def _taken(before: Plan, then: Plan) -> Iterator[str]:
    """What the loss of a node, and a rollout, do to models that they do less to now."""
    was, lost = _losses(before), _losses(then)
    said: dict[Loss, list[str]] = {}
    for name, loss in sorted(lost.items()):
        if worse(loss, was.get(name)):
            said.setdefault(loss, []).append(name)
    for loss, names in said.items():
        who = names[0] if len(names) == 1 else f"each of {', '.join(names)}"
        yield f"the loss of its node then stops {who} until {_UNTIL[loss]}"
    ends = [
        name
        for name, each in then.models.items()
        if each.rollout.strategy != "rolling" and before.models[name].rollout.strategy == "rolling"
    ]
    if ends:
        yield f"a rollout then ends the old pod first: {', '.join(ends)}"


def _losses(plan: Plan) -> dict[str, Loss]:
    return {name: loss for pool in plan.pools.values() if pool.own for name, loss in pool.own.lose_one.items()}
