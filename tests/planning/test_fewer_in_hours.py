"""Fewer replicas of a model whose schedule asks for more: its windows are lowered too, and the next plan holds."""

from typing import Any

import pytest

from tests.planning.following import follow, outcome
from tests.planning.stacks import changed, plan
from tests.planning.test_own_nodes import ONE, OWN, existing

DAY = {"days": "mon-fri", "from": "08:00", "to": "18:00", "timezone": "Europe/Vienna"}
SATURDAY = DAY | {"days": "sat"}


@pytest.mark.parametrize(
    ("low", "windows", "nodes", "write"),
    [
        (1, [DAY | {"min": 4}], 4, {"models.b.replicas.max": 3, "models.b.schedule": [DAY | {"min": 3}]}),
        (1, [DAY | {"min": 2}], 4, {"models.b.replicas.max": 3}),
        (
            1,
            [DAY | {"min": 4}, SATURDAY | {"min": 2}],
            4,
            {"models.b.replicas.max": 3, "models.b.schedule": [DAY | {"min": 3}, SATURDAY | {"min": 2}]},
        ),
        (1, [DAY | {"min": 4}], 2, {"models.b.replicas.max": 1, "models.b.schedule": None}),
        (2, [DAY | {"min": 3}], 3, {"models.b.replicas.max": 2, "models.b.schedule": None}),
    ],
)
def test_fewer_replicas_are_fewer_in_the_hours_of_a_schedule_too(
    low: int, windows: list[dict[str, Any]], nodes: int, write: dict[str, Any]
) -> None:
    """One replica of a, and up to four of b, on nodes of one GPU."""
    busy = {**ONE, "replicas": {"min": low, "max": 4}, "schedule": windows}
    stack = {
        **changed(OWN, **existing(gpusPerNode=1, nodes=nodes)),
        "models": {"a": ONE, "b": busy},
        "addons": {"keda": "install", "prometheus": "install"},
    }
    (refused,) = plan(stack).violations
    assert write in [dict(each.write) for each in refused.advice]
    for each in refused.advice:
        assert outcome(follow(stack, dict(each.write))).violations == ()
