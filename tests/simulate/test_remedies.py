"""What would help: each change is played, and only what helps is said."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from infra.plan.models import Scaling
from infra.simulate.arrivals import Arrivals
from infra.simulate.platform import Platform
from infra.simulate.remedies import Remedy, changes, remedies
from infra.simulate.run import run
from tests.simulate.platforms import SCALING, SLEEPING, arrivals, platform, server
from tests.simulate.test_run import by_chance

BUSY = arrivals(by_chance(1.2, 3_600), output=100, seconds=3_600)


def would_help(of: Platform, traffic: Arrivals = BUSY) -> tuple[Remedy, ...]:
    return remedies(of, traffic, run(of, traffic, 1))


@pytest.mark.parametrize(
    ("low", "high", "scaling", "expected"),
    [
        (1, 1, None, [{"replicas.min": 2, "replicas.max": 2}]),
        (1, 3, SCALING, [{"replicas.max": 4}, {"replicas.min": 2}]),
        (1, 2, SCALING, [{"replicas.max": 3}, {"replicas.min": 2}]),
        (0, 2, SLEEPING, [{"replicas.max": 3}, {"replicas.min": 1}]),
    ],
)
def test_one_replica_more_at_either_end(
    low: int, high: int, scaling: Scaling | None, expected: list[Mapping[str, int]]
) -> None:
    found = list(changes(server(low, high, scaling=scaling)))
    assert [settings for settings, _ in found] == expected
    for settings, changed in found:
        assert changed.min == settings.get("replicas.min", low)
        assert changed.max == settings.get("replicas.max", high)
        assert (changed.scaling is None) == (changed.min == changed.max)
        assert changed.min == 0 or changed.scaling is None or changed.scaling.held is None


def test_a_replica_more_helps_where_one_is_too_few() -> None:
    (found,) = would_help(platform(server(1, 1)))
    assert found.settings == {"replicas.min": 2, "replicas.max": 2}
    assert found.new.lost <= found.old.lost
    assert (found.new.p95 or 0) < (found.old.p95 or 0)
    assert (found.new.usd or 0) > (found.old.usd or 0)


def test_a_pool_that_is_too_small_says_how_large_it_has_to_be() -> None:
    assert would_help(platform(server(1, 1), nodes=1))[0].nodes == 2
    assert would_help(platform(server(1, 1), nodes=2))[0].nodes is None


def test_nodes_of_somebody_else_are_not_more_for_asking() -> None:
    small = platform(server(1, 1), nodes=1)
    assert would_help(replace(small, pools=(replace(small.pools[0], made=False),))) == ()


def test_where_nobody_waits_nothing_is_proposed() -> None:
    assert would_help(platform(server(1, 1)), arrivals([10.0, 60.0, 120.0])) == ()


def test_the_best_stands_first_and_each_helps() -> None:
    found = would_help(
        platform(server(1, 2, scaling=SCALING)), arrivals(by_chance(3, 3_600), output=100, seconds=3_600)
    )
    assert found
    assert all(each.helps for each in found)
    assert [each.rank for each in found] == sorted((each.rank for each in found), reverse=True)
