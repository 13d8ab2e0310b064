"""Replicas on a given number of nodes: which node holds which, what is idle, and what the loss of one costs."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from infra.offers.worst_case import may_find_none, may_wait
from infra.plan.pools import Loss, OwnNode

_WORST_LAST: tuple[Loss, ...] = ("serves", "restarts", "may_wait", "waits")


@dataclass(frozen=True)
class Wanted:
    """Replicas of a model, each on this number of GPUs of one node."""

    name: str
    gpus: int
    replicas: int


Fits = Callable[[Sequence[Wanted]], bool]


@dataclass(frozen=True)
class Rolling:
    """A rollout to other GPUs per replica."""

    old: Wanted  # with the replicas that run
    new: Wanted  # with those that are wanted
    beside: Sequence[Wanted]  # what other models hold all the time

    def is_in_its_own_way(self, unavailable: int, nodes: int, gpus_per_node: int) -> bool:
        """Whether there is no GPU for its next new pod while the old ones stay that may only end after it, however many
        new ones have started by then. `unavailable`: pods of those wanted that may be missing meanwhile."""
        for started in range(self.new.replicas):
            left = _but(self.old, old_pods_left(self.old.replicas, self.new.replicas, unavailable, started))
            there = [*self.beside, left, _but(self.new, started)]
            comes = Wanted(f"next {self.new.name}", self.new.gpus, 1)
            fits, goes_on = (pack(each, nodes, gpus_per_node) for each in (there, [*there, comes]))
            if left.replicas and fits is not None and goes_on is None:
                return True
        return False


def old_pods_left(running: int, wanted: int, unavailable: int, started: int = 0) -> int:
    """Old pods that are there until more new ones are ready than have started."""
    return max(0, min(running, wanted - unavailable - started))


def pack(wanted: Sequence[Wanted], nodes: int, gpus_per_node: int) -> tuple[OwnNode, ...] | None:
    """Replicas packed on nodes, the largest first, those of one model on different nodes if that leaves room; None:
    they don't fit."""
    return grow([OwnNode({}, gpus_per_node)] * nodes, wanted)


def grow(nodes: Sequence[OwnNode], wanted: Sequence[Wanted]) -> tuple[OwnNode, ...] | None:
    """More replicas packed beside those that are there, none of which is moved; None: they don't fit."""
    return _packed(nodes, wanted, spread=True) or _packed(nodes, wanted, spread=False)


def in_turn(
    wanted: Sequence[Wanted], first: Mapping[str, int], nodes: int, gpus_per_node: int
) -> tuple[tuple[OwnNode, ...], tuple[OwnNode, ...]] | None:
    """The nodes with the first replicas of each model; then with all, those of scaling and of a rollout included. A pod
    that runs isn't moved for one that comes later. None: they don't fit."""
    holding = pack([_but(each, _first(each, first)) for each in wanted], nodes, gpus_per_node)
    later = [_but(each, each.replicas - _first(each, first)) for each in wanted]
    grown = grow(holding, later) if holding is not None else None
    return (holding, grown) if holding is not None and grown is not None else None


def _first(wanted: Wanted, first: Mapping[str, int]) -> int:
    return min(wanted.replicas, first.get(wanted.name, 0))


def _but(wanted: Wanted, replicas: int) -> Wanted:
    return replace(wanted, replicas=replicas)


def _packed(nodes: Sequence[OwnNode], wanted: Sequence[Wanted], *, spread: bool) -> tuple[OwnNode, ...] | None:
    free, holds = [node.free_gpus for node in nodes], [dict(node.holds) for node in nodes]
    for each in sorted(wanted, key=lambda each: (-each.gpus, -each.replicas, each.name)):
        for _ in range(each.replicas):
            fitting = [node for node in range(len(nodes)) if free[node] >= each.gpus]
            if not fitting:
                return None
            node = min(fitting, key=lambda node: (spread and each.name in holds[node], free[node], node))
            free[node] -= each.gpus
            holds[node][each.name] = holds[node].get(each.name, 0) + 1
    return tuple(OwnNode(held, left) for held, left in zip(holds, free, strict=True))


def losses(nodes: Sequence[OwnNode], gpus: Mapping[str, int]) -> dict[str, Loss]:
    """What each model loses when the node is lost that is worst for it. `gpus`: per replica, by model."""
    worst: dict[str, Loss] = {}
    for index, lost in enumerate(nodes):
        for name, loss in _lost(lost, [*nodes[:index], *nodes[index + 1 :]], gpus):
            if _WORST_LAST.index(loss) >= _WORST_LAST.index(worst.get(name, "serves")):
                worst[name] = loss
    return dict(sorted(worst.items()))


def worse(then: Loss, now: Loss | None) -> bool:
    """Whether a model loses more then. None: nothing runs now."""
    return now is not None and _WORST_LAST.index(then) > _WORST_LAST.index(now)


def _lost(lost: OwnNode, others: Sequence[OwnNode], gpus: Mapping[str, int]) -> Iterator[tuple[str, Loss]]:
    """What becomes of the models on a lost node. Nobody knows which pod gets the free GPUs first, or which nodes the
    others have: a pod that finds room only if it comes first, or beside packed ones, may wait."""
    serving = {name for node in others for name in node.holds}
    each_has = lost.free_gpus + sum(gpus[name] * number for name, number in lost.holds.items())
    for name in lost.holds:
        beside = [
            Wanted(other, gpus[other], n)
            for node in (lost, *others)
            for other, n in node.holds.items()
            if other != name
        ]
        if name in serving:
            yield name, "serves"
        elif max((node.free_gpus for node in others), default=0) < gpus[name]:
            yield name, "waits"
        else:
            may_wait = may_find_none(gpus[name], _pods(beside), len(others), each_has)
            yield name, "may_wait" if may_wait else "restarts"


def blocked(wanted: Sequence[Wanted], nodes: int, gpus_per_node: int) -> list[str]:
    """Models of which a replica may find no node with enough free GPUs, though all replicas fit: that depends on the
    nodes that Kubernetes chooses for the others."""
    waiting = may_wait(_pods(wanted), nodes, gpus_per_node)
    return [each.name for each in wanted if each.replicas and each.gpus in waiting]


def _pods(wanted: Iterable[Wanted]) -> Counter[int]:
    """The number of replicas by their GPUs."""
    return Counter(each.gpus for each in wanted for _ in range(each.replicas))


def fewer(wanted: Sequence[Wanted], minimum: Mapping[str, int], fits: Fits) -> list[dict[str, int]]:
    """Changes of one model's replicas with which all fit, those first that keep its minimum; else one change of several
    models. `minimum`: replicas by model; a model that isn't in it keeps its replicas.
    """
    best = {
        each.name: number
        for each in wanted
        if each.name in minimum and (number := _largest(wanted, each, fits)) and number < each.replicas
    }
    if best:
        order = sorted(best, key=lambda name: (best[name] < minimum[name], name))
        return [{name: best[name]} for name in order]
    return [_several(wanted, minimum, fits)]


def _largest(wanted: Sequence[Wanted], changed: Wanted, fits: Fits) -> int:
    """The largest number of replicas of one model with which all fit; 0: not even one."""
    low, high = 0, changed.replicas
    while low < high:
        middle = (low + high + 1) // 2
        if fits(_with(wanted, {changed.name: middle})):
            low = middle
        else:
            high = middle - 1
    return low


def _several(wanted: Sequence[Wanted], names: Collection[str], fits: Fits) -> dict[str, int]:
    """The smallest model paused, if that is enough. Else one replica after the other goes, always of the model that has
    the largest number of GPUs, until all fit. Where one replica of each is still too much, the smallest model whose
    pause is enough is paused (0), else the largest ones."""
    now = {each.name: each.replicas for each in wanted}
    gpus = {each.name: each.gpus for each in wanted}
    while not fits(_with(wanted, now)) and any(now[name] for name in names):
        paused = _one_paused(wanted, now, names, fits)
        if paused is not None:
            now[paused] = 0
        else:
            now[max(names, key=lambda name: (now[name] > 1, now[name] * gpus[name], name))] -= 1
    return {each.name: now[each.name] for each in wanted if now[each.name] < each.replicas}


def _one_paused(wanted: Sequence[Wanted], now: Mapping[str, int], names: Collection[str], fits: Fits) -> str | None:
    """The smallest model of one replica whose pause is enough: before any replica goes, and once each model has one."""
    if any(now[each.name] < each.replicas for each in wanted) and any(now[name] > 1 for name in names):
        return None
    single = sorted((each.gpus, each.name) for each in wanted if each.name in names and now[each.name] == 1)
    return next((name for _, name in single if fits(_with(wanted, {**now, name: 0}))), None)


def _with(wanted: Sequence[Wanted], replicas: Mapping[str, int]) -> list[Wanted]:
    return [_but(each, replicas.get(each.name, each.replicas)) for each in wanted]
