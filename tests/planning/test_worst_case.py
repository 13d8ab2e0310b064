"""The judgement that a pod may find no node agrees with every order and every choice of nodes on small clusters."""

from collections import Counter
from itertools import combinations_with_replacement

import pytest

from infra.clouds.existing.own_nodes import Wanted, blocked, pack
from infra.offers.worst_case import may_find_none
from infra.planning.capacity import spread_nodes


def waiting(pods: tuple[int, ...], nodes: int, gpus_per_node: int) -> set[int]:
    """The GPUs of pods that find no node after some order of the others, on some nodes: each state is looked at."""
    found: set[int] = set()
    states = seen = {(pods, (gpus_per_node,) * nodes)}
    while states:
        found |= {gpus for left, free in states for gpus in left if gpus > max(free)}
        states = {
            ((*left[:pod], *left[pod + 1 :]), tuple(sorted((*free[:node], free[node] - left[pod], *free[node + 1 :]))))
            for left, free in states
            for pod in range(len(left))
            for node in range(nodes)
            if free[node] >= left[pod]
        } - seen
        seen = seen | states
    return found


@pytest.mark.parametrize(("nodes", "gpus_per_node"), [(2, 2), (2, 3), (2, 4), (3, 2), (3, 4), (2, 8)])
def test_a_model_may_wait_exactly_where_a_bad_order_exists(nodes: int, gpus_per_node: int) -> None:
    sizes = [size for size in (1, 2, 3, 4, 6, 8) if size <= gpus_per_node]
    judged = Counter[bool]()
    for number in range(1, 7):
        for pods in combinations_with_replacement(sizes, number):
            wanted = [Wanted(str(index), gpus, 1) for index, gpus in enumerate(pods)]
            if pack(wanted, nodes, gpus_per_node) is None:
                continue
            waits = waiting(pods, nodes, gpus_per_node)
            names = set(blocked(wanted, nodes, gpus_per_node))
            assert {each.gpus for each in wanted if each.name in names} == waits, pods
            judged[bool(waits)] += 1
    assert judged[True]
    assert judged[False]


@pytest.mark.parametrize("gpus_per_node", [2, 3, 4])
def test_nodes_are_as_few_as_no_order_leaves_a_pod_without_one(gpus_per_node: int) -> None:
    more = Counter[int]()
    for number in range(1, 5):
        for pods in combinations_with_replacement(range(1, gpus_per_node + 1), number):
            nodes = spread_nodes(pods, gpus_per_node)
            packed = [Wanted(str(index), gpus, 1) for index, gpus in enumerate(pods)]
            assert not waiting(pods, nodes, gpus_per_node), pods
            fewer = nodes - 1
            assert fewer == 0 or waiting(pods, fewer, gpus_per_node), pods
            more[fewer > 0 and pack(packed, fewer, gpus_per_node) is not None] += 1
    assert more[True]
    assert more[False]


def test_a_large_cluster_is_judged_at_once() -> None:
    """Sizes that divide each other exactly; others by their sum."""
    assert may_find_none(2, Counter({8: 300, 1: 100 * 7}), 400, 8)
    assert not may_find_none(2, Counter({8: 300, 1: 100 * 7 - 1}), 400, 8)
    assert may_find_none(3, Counter({5: 400, 1: 800}), 400, 8)
    assert not may_find_none(3, Counter({5: 400, 3: 133}), 400, 8)
