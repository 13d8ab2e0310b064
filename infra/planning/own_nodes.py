"""Replicas on nodes whose number is given: which node holds which, what is idle, and what the loss of one takes."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from infra.plan.cluster import Loss, OwnNode

_WORST_LAST: tuple[Loss, ...] = ("serves", "restarts", "waits")


@dataclass(frozen=True)
class Wanted:
    """Replicas of a model, each on so many GPUs of one node."""

    name: str
    gpus: int
    replicas: int


def pack(wanted: Sequence[Wanted], nodes: int, gpus_per_node: int) -> tuple[OwnNode, ...] | None:
    """The largest replicas first, those of one model on different nodes where that leaves room; None: no room."""
    return _packed(wanted, nodes, gpus_per_node, spread=True) or _packed(wanted, nodes, gpus_per_node, spread=False)


def _packed(wanted: Sequence[Wanted], nodes: int, gpus_per_node: int, *, spread: bool) -> tuple[OwnNode, ...] | None:
    free, holds = [gpus_per_node] * nodes, [dict[str, int]() for _ in range(nodes)]
    for each in sorted(wanted, key=lambda each: (-each.gpus, -each.replicas, each.name)):
        for _ in range(each.replicas):
            fitting = [node for node in range(nodes) if free[node] >= each.gpus]
            if not fitting:
                return None
            node = min(fitting, key=lambda node: (spread and each.name in holds[node], free[node], node))
            free[node] -= each.gpus
            holds[node][each.name] = holds[node].get(each.name, 0) + 1
    return tuple(OwnNode(held, left) for held, left in zip(holds, free, strict=True))


def losses(nodes: Sequence[OwnNode], gpus: Mapping[str, int]) -> dict[str, Loss]:
    """Of each model, when the node is lost that is worst for it. `gpus`: of a replica, by model."""
    worst: dict[str, Loss] = {}
    for index, lost in enumerate(nodes):
        for name, loss in _lost(lost, [*nodes[:index], *nodes[index + 1 :]], gpus):
            if _WORST_LAST.index(loss) >= _WORST_LAST.index(worst.get(name, "serves")):
                worst[name] = loss
    return dict(sorted(worst.items()))


def _lost(lost: OwnNode, others: Sequence[OwnNode], gpus: Mapping[str, int]) -> Iterator[tuple[str, Loss]]:
    """Models with replicas elsewhere are taken to be first at the free GPUs: nobody says which pod comes first."""
    serving = {name for node in others for name in node.holds}
    free = [node.free_gpus for node in others]
    for name in sorted(lost.holds, key=lambda name: (name not in serving, -gpus[name], name)):
        placed = [_take(free, gpus[name]) for _ in range(lost.holds[name])]
        yield name, "serves" if name in serving else "restarts" if any(placed) else "waits"


def _take(free: list[int], gpus: int) -> bool:
    fitting = [node for node, left in enumerate(free) if left >= gpus]
    if fitting:
        free[min(fitting, key=lambda node: free[node])] -= gpus
    return bool(fitting)


def blocked(wanted: Sequence[Wanted], nodes: int, gpus_per_node: int) -> list[str]:
    """Models that may find no node with enough free GPUs, where Kubernetes spreads the smaller ones over the nodes."""
    return [
        each.name
        for each in wanted
        if each.gpus > 1 and each.replicas and _room_after(wanted, each, nodes, gpus_per_node) < each.replicas
    ]


def _room_after(wanted: Sequence[Wanted], large: Wanted, nodes: int, gpus_per_node: int) -> int:
    """Replicas that still fit once everything smaller is there, one GPU per node before the second of any."""
    free = [gpus_per_node] * nodes
    for small in sorted(wanted, key=lambda each: each.gpus):
        for _ in range(small.replicas if small.gpus < large.gpus else 0):
            node = max(range(nodes), key=lambda node: free[node])
            free[node] -= small.gpus
    return sum(max(0, left) // large.gpus for left in free)


def fewer(wanted: Sequence[Wanted], nodes: int, gpus_per_node: int, least: Mapping[str, int]) -> list[dict[str, int]]:
    """Changes of one model's replicas with which all fit, those first that keep `least`; else one change of several.

    What isn't in `least` stays as it is.
    """
    best = {
        each.name: number
        for each in wanted
        if each.name in least and (number := _largest(wanted, each, nodes, gpus_per_node)) and number < each.replicas
    }
    if best:
        order = sorted(best, key=lambda name: (best[name] < least[name], name))
        return [{name: best[name]} for name in order]
    return [_several(wanted, nodes, gpus_per_node, least)]


def _largest(wanted: Sequence[Wanted], changed: Wanted, nodes: int, gpus_per_node: int) -> int:
    """Of one model, the most replicas with which all fit; 0: not even one."""
    low, high = 0, changed.replicas
    while low < high:
        middle = (low + high + 1) // 2
        if pack(_with(wanted, {changed.name: middle}), nodes, gpus_per_node) is None:
            high = middle - 1
        else:
            low = middle
    return low


def _several(wanted: Sequence[Wanted], nodes: int, gpus_per_node: int, names: Collection[str]) -> dict[str, int]:
    """One replica less of the model that has most GPUs, until all fit; a model's last one goes last (0: paused)."""
    now = {each.name: each.replicas for each in wanted}
    gpus = {each.name: each.gpus for each in wanted}
    while pack(_with(wanted, now), nodes, gpus_per_node) is None and any(now[name] for name in names):
        now[max(names, key=lambda name: (now[name] > 1, now[name] * gpus[name], name))] -= 1
    return {each.name: now[each.name] for each in wanted if now[each.name] < each.replicas}


def _with(wanted: Sequence[Wanted], replicas: Mapping[str, int]) -> list[Wanted]:
    return [Wanted(each.name, each.gpus, replicas.get(each.name, each.replicas)) for each in wanted]
