"""Rollouts on existing nodes with a counted number: where the new pod fits beside every replica, or why no place is."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from infra.clouds.existing.own_nodes import Wanted, blocked, in_turn
from infra.plan.pools import OwnNode
from infra.plan.words import count
from infra.planning.own_pools import ROLLOUT, max_nodes, minimum_of, one_more, running_of, wanted_of
from infra.services.serving.placed import Placed


def with_room(placed: Sequence[Placed], on: Mapping[str, Sequence[Placed]]) -> list[Placed]:
    """Models on counted nodes, with the place of a rollout's new pod in addition to every replica, or the reason why no
    place is certain. `on`: the models by pool."""
    return [_with_room(each, on[each.offer.name]) if each.offer is not None else each for each in placed]


def _with_room(placed: Placed, on: Sequence[Placed]) -> Placed:
    room = _room(placed, on)
    return replace(placed, room=room, no_room="" if room else _no_room(placed, running_of(on)))


def _no_room(placed: Placed, running: Sequence[Placed]) -> str:
    """Why no place for a rollout's pod is certain: the GPUs that are free while every model has its maximum of
    replicas."""
    offer = placed.offer
    if offer is None or offer.nodes is None:
        return ""
    if placed not in running:
        return f"no {offer.unit} is kept for a paused model"
    free = max_nodes(offer, offer.nodes) * offer.gpus_per_node - sum(w.gpus * w.replicas for w in wanted_of(running))
    scaled = [each.served for each in running if each.served.replicas.max > each.served.replicas.min]
    at = ", ".join(f"{each.name} at {count(each.replicas.max, 'replica')}" for each in scaled)
    limit = max_nodes(offer, offer.nodes)
    counted = f"the {count(limit, 'node')} of {offer.name} that max counts" if limit < offer.nodes else offer.name
    return f"{f'with {at} ' if at else ''}{_what_is_free(counted, free, placed.gpus, offer.unit)}"


def _what_is_free(pool: str, free: int, needed: int, unit: str) -> str:
    if free >= needed:
        return f"it isn't certain that one node of {pool} has {count(needed, unit)} free"
    if free <= 0:
        return f"no {unit} of {pool} is free"
    return f"only {count(free, unit)} of {pool} {'is' if free == 1 else 'are'} free"


def _room(placed: Placed, on: Sequence[Placed]) -> str:
    """The node on which a rollout's new pod fits in addition to every replica, whichever nodes Kubernetes chooses for
    the smaller replicas; blank if no place is certain."""
    offer = placed.offer
    if offer is None or offer.nodes is None or placed not in (running := running_of(on)):
        return ""
    nodes, each_has, wanted = max_nodes(offer, offer.nodes), offer.gpus_per_node, wanted_of(running)
    beside = in_turn([*wanted, Wanted(ROLLOUT, placed.gpus, 1)], minimum_of(running), nodes, each_has)
    name = placed.served.name
    if beside is None or name in blocked(one_more(wanted, name), nodes, each_has):
        return ""
    without = in_turn(wanted, minimum_of(running), nodes, each_has)
    number, free = _free_node(without[1] if without else (), beside[1], placed.gpus)
    return f"after the others are placed, node {number} of {offer.name} has {count(free, offer.unit)} free"


def _free_node(without: Sequence[OwnNode], beside: Sequence[OwnNode], gpus: int) -> tuple[int, int]:
    """The number of a node on which the new pod fits, and its free GPUs: if no node has them as packed without that
    pod, the node on which it is packed together with the replicas."""
    found = [(number, node.free_gpus) for number, node in enumerate(without, 1) if node.free_gpus >= gpus]
    found += [(number, node.free_gpus + gpus) for number, node in enumerate(beside, 1) if ROLLOUT in node.holds]
    return found[0]
