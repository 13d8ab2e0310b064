"""The worst that Kubernetes may do: each pod goes to any node with room, in any order, and none that runs is moved."""

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

EXACT_NODES = 8  # of sizes that don't divide each other; more nodes are judged by the sum of all pods alone

Pods = Counter[int]  # the number of pods by their GPUs


def may_wait(pods: Pods, nodes: int, gpus_per_node: int) -> set[int]:
    """The GPUs of those of which one may find no node, whichever places the others have, or some of them."""
    return {gpus for gpus in pods if may_find_none(gpus, pods - Counter([gpus]), nodes, gpus_per_node)}


def may_find_none(gpus: int, others: Pods, nodes: int, gpus_per_node: int) -> bool:
    """Whether other pods, or some of them, can have places with which no node has these GPUs free."""
    low = gpus_per_node - gpus + 1  # that they have to take of each node
    if sum(others.elements()) < nodes * low:
        return False
    if all(large % small == 0 for small, large in pairwise(sorted(others))):
        return _each_is_taken(others, nodes, low, gpus_per_node)
    return nodes > EXACT_NODES or _some_way_takes_each(others, nodes, low, gpus_per_node, set())


def _each_is_taken(pods: Pods, nodes: int, low: int, high: int) -> bool:
    """Of sizes that divide each other, no choice for a node is better than the smallest sum, of the largest pods."""
    while nodes > 0:
        chosen = min(_combinations(pods, low, high), key=lambda one: (sum(one), [-size for size in one]), default=())
        need = Counter(chosen)
        times = min((pods[size] // number for size, number in need.items()), default=0)
        if not times:
            return False
        pods = pods - Counter({size: times * number for size, number in need.items()})
        nodes -= times
    return True


def _some_way_takes_each(pods: Pods, nodes: int, low: int, high: int, failed: set[tuple[int, ...]]) -> bool:
    """Of any sizes: each choice for a node is tried, and none twice."""
    if nodes == 0:
        return True
    left = (nodes, *sorted(pods.elements()))
    if left in failed or sum(pods.elements()) < nodes * low:
        return False
    ways = (pods - Counter(one) for one in set(_combinations(pods, low, high)))
    if any(_some_way_takes_each(rest, nodes - 1, low, high, failed) for rest in ways):
        return True
    failed.add(left)
    return False


def _combinations(pods: Pods, low: int, high: int) -> Iterator[tuple[int, ...]]:
    """Pods that take between these numbers of GPUs together, the largest first, of which none can be left out."""
    if low <= 0:
        yield ()
        return
    for size in sorted((size for size in pods if pods[size] and size <= high), reverse=True):
        others = Counter({each: number for each, number in pods.items() if each <= size}) - Counter([size])
        yield from ((size, *rest) for rest in _combinations(others, low - size, high - size))
