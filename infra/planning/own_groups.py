"""Existing nodes that are divided among models: groups of which none stands in the way of another, and what each model
loses by it. Their nodes are together as many as there are."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product
from typing import Any

from infra.clouds.existing.own_nodes import worse
from infra.offers.pools import Offer
from infra.plan.findings import split
from infra.plan.notes import Violation, Warned
from infra.plan.pools import OwnNodes
from infra.planning.own_pools import NO_FREE_NODE, check_own_nodes
from infra.planning.own_rollouts import with_room
from infra.services.serving.placed import Placed
from infra.services.serving.rollout import surges

_MORE = 4  # nodes of a group that are tried beyond those that its GPUs fill


@dataclass(frozen=True)
class Group:
    """Models that have nodes together. `waiting`: those that may find no node; `worse`: those that lose a protection
    which they have now, against the loss of a node or while they roll."""

    placed: tuple[Placed, ...]
    nodes: int
    waiting: frozenset[str]
    worse: frozenset[str]


Division = tuple[Group, ...]  # of one pool; the first group keeps its name


class Shared:
    """A pool of a counted number of nodes, and the models that run on it now."""

    def __init__(self, offer: Offer, placed: Sequence[Placed], nodes: int, own: OwnNodes, *, one_reader: bool) -> None:
        self._offer, self._placed, self._nodes, self._own = offer, tuple(placed), nodes, own
        self._one_reader = one_reader
        self._judged: dict[tuple[frozenset[str], int], Group | None] = {}

    @cached_property
    def now(self) -> Group | None:
        return self._judge(self._placed, self._nodes)

    def divisions(self) -> list[Division]:
        """Those that end a doubt: first those that take no protection from any model, then by the number of doubts that
        they leave, then by that of their groups and of the models that they move."""
        waiting = self.now.waiting if self.now is not None else frozenset[str]()
        found = [each for groups in self._groupings(waiting) for each in self._sized(groups)]
        return sorted((each for each in found if _waiting(each) < waiting), key=_harm)

    def _groupings(self, waiting: frozenset[str]) -> Iterator[list[tuple[Placed, ...]]]:
        """Replicas of equal size never stand in each other's way: small ones and large ones apart; and one alone."""
        sizes = sorted({each.gpus for each in self._placed})
        for cuts in product((False, True), repeat=len(sizes) - 1):
            if any(cuts):
                number = {size: sum(cuts[:index]) for index, size in enumerate(sizes)}
                groups = [[each for each in self._placed if number[each.gpus] == nth] for nth in range(sum(cuts) + 1)]
                yield sorted(map(tuple, groups), key=len, reverse=True)
        for alone in self._unlike(waiting):
            if others := tuple(each for each in self._placed if each is not alone):
                yield [others, (alone,)]

    def _unlike(self, waiting: frozenset[str]) -> Iterable[Placed]:
        """Of models that are judged alike, the first by name."""
        named = sorted(
            (each for each in self._placed if each.served.name in waiting), key=lambda each: each.served.name
        )
        return {_kind(each): each for each in reversed(named)}.values()

    def _sized(self, groups: Sequence[tuple[Placed, ...]]) -> Iterator[Division]:
        """The first group has the nodes that the others leave."""
        first, *others = groups
        for chosen in product(*(list(self._numbers(each)) for each in others)):
            left = self._nodes - sum(each.nodes for each in chosen)
            rest = self._judge(first, left) if left > 0 else None
            if rest is not None:
                yield rest, *chosen

    def _numbers(self, placed: tuple[Placed, ...]) -> Iterator[Group]:
        """The group on each number of nodes that brings it more than a smaller one."""
        packed = -(-sum(each.served.replicas.max * each.gpus for each in placed) // self._offer.gpus_per_node)
        last: Group | None = None
        for nodes in range(packed, min(packed + _MORE + 1, self._nodes)):
            found = self._judge(placed, nodes)
            if found is None or (last is not None and (found.waiting, found.worse) == (last.waiting, last.worse)):
                continue
            yield (last := found)
            if not found.waiting and not found.worse:
                return

    def _judge(self, placed: tuple[Placed, ...], nodes: int) -> Group | None:
        key = (frozenset(each.served.name for each in placed), nodes)
        if key not in self._judged:
            self._judged[key] = self._planned(placed, nodes)
        return self._judged[key]

    def _planned(self, placed: tuple[Placed, ...], nodes: int) -> Group | None:
        """As the plan judges a pool of these nodes; None: they are too few."""
        offer = _of(self._offer, nodes)
        there = [replace(each, offer=offer) for each in placed]
        there = with_room(there, {offer.name: there})
        surge = max((each.gpus for each in there if surges(each, one_reader=self._one_reader)), default=0)
        own, found = split(check_own_nodes(offer, there, nodes, surge))
        if own is None or any(isinstance(each, Violation) for each in found):
            return None
        waiting = {each.path for each in found if isinstance(each, Warned) and each.kind == NO_FREE_NODE}
        lost = {name for name, loss in own.lose_one.items() if worse(loss, self._own.lose_one.get(name))}
        stops = {new.served.name for old, new in zip(placed, there, strict=True) if old.room and not new.room}
        return Group(
            placed,
            nodes,
            frozenset(each.served.name for each in placed if f"{each.served.path}.pool" in waiting),
            frozenset(lost | stops),
        )


def _of(offer: Offer, nodes: int) -> Offer:
    """The same pool with another number of nodes."""
    assert offer.settings is not None
    assert offer.settings.existing is not None
    existing = offer.settings.existing.model_copy(update={"nodes": nodes})
    return replace(offer, settings=offer.settings.model_copy(update={"existing": existing, "max": None}))


def _kind(placed: Placed) -> tuple[Any, ...]:
    """All that decides which nodes and neighbours are enough for it."""
    given = placed.served.settings
    return (placed.gpus, placed.served.replicas, bool(placed.room), repr(given.rollout), repr(given.schedule))


def _waiting(division: Division) -> frozenset[str]:
    return frozenset(name for group in division for name in group.waiting)


def _harm(division: Division) -> tuple[bool, int, int, int, int]:
    lost = sum(len(group.worse) for group in division)
    moved = sum(len(group.placed) for group in division[1:])
    return lost > 0, len(_waiting(division)), lost, len(division), moved
