"""A change that stops a model because its rollout is `recreate` names the larger pool without that gap."""

import re

from infra.diff.advice import advice
from infra.diff.difference import Difference
from tests.diff.sides import compared, side

SHORTER = ("32768", "16384")


def ways(found: Difference) -> list[str]:
    return [each for each in advice(found.old, found.new, found.refused, found.notices) if "is `recreate`" in each]


def test_the_larger_pool_is_named_with_its_cost_and_followed_there_is_no_gap() -> None:
    (way,) = ways(compared("dear", SHORTER))
    assert re.fullmatch(
        r"`r1` is down for about \d+ min because its rollout is `recreate`\. Without a gap:"
        r" `models\.r1\.rollout\.strategy: rolling` with `gpuPools\.\S+\.max: 2` \(\+\$\d+ per month at most, for the"
        r" hours of rollouts; quota L-\w+: \d+ vCPUs instead of \d+; the cloud rarely has .* on demand\)\.",
        way,
    )
    followed = compared("dear", SHORTER, ("recreate", "rolling"), ("max: 1", "max: 2"))
    (r1,) = [each for each in followed.notices if each.model == "r1"]
    assert r1.seconds is None
    assert not followed.violations.introduced
    assert ways(followed) == []


def test_a_change_that_stops_nothing_names_no_way() -> None:
    assert ways(compared("dear", ("max: 1", "max: 2"))) == []
    assert side("dear").platform["models"]["r1"]["rollout"] == {"strategy": "recreate"}
